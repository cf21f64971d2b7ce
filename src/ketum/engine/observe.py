"""From workspace rows to outputs: which rows an output needs, how they fold, and the map between them.

Outputs that are linear in states, or rise with them, are made from folded states; the others are signals that the
kernel computes at every record step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.body.pharmacokinetics import size_factors
from ketum.brain.occupancy import LIGANDS, TARGETS, occupancy
from ketum.brain.use_disorder import use_disorder_class, withdrawal_potential
from ketum.brain.withdrawal import chronicity_half
from ketum.engine import measure
from ketum.engine.cohort import Tables
from ketum.engine.exposures import EXPOSURE, enzyme_activity, exposure
from ketum.engine.layout import PLACES
from ketum.engine.measure import Answers
from ketum.engine.mind import Mind
from ketum.engine.outputs import output_catalogue
from ketum.engine.plan import FOLDS, Signals
from ketum.evidence import victims
from ketum.people import Persons
from ketum.people.streams import USE_DISORDER, uniforms

Array = NDArray[np.float64]
SYMPTOMS = (
    "dysphoria",
    "fatigue",
    "irritability",
    "sadness",
    "anxiety",
    "insomnia",
    "gut",
    "aches",
    "craving",
)
SIDE_WEIGHTS = ("n_nausea", "n_dizzy", "n_cogn", "n_drowsy", "n_constip")
_SIDE_EFFECTS = ("nausea", "dizziness", "cognitive_impairment", "drowsiness", "constipation")
_VOLUMES = ("V1_MG", "V_7", "V_SP")
_LIGANDS = {
    "mitragynine": "mg",
    "7-hydroxymitragynine": "7oh",
    "speciociliatine": "sp",
    "morphine": "mor",
    "methadone": "met",
    "buprenorphine": "bup",
    "naloxone": "nal",
    "naltrexone": "ntx",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What a map may look at besides rows.

    The persons, table values of body and brain, the seed; with mood also all tables, the mood of the arm and the
    number of the day of each record.
    """

    persons: Persons
    table: Mapping[str, float]
    seed: int
    tables: Tables | None = None
    mind: Mind | None = None
    visits: NDArray[np.int64] | None = None

    @property
    def answers(self) -> Answers:
        """Whose answers the scales of this scene are."""
        assert self.visits is not None
        return Answers(self.seed, self.persons.numbers, self.visits)


Map = Callable[..., Array]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an output is made: rows while a record is a day or longer, rows at an instant, and the map to the output."""

    over_days: tuple[str, ...]
    instant: tuple[str, ...]
    make: Map


def _cows(scene: Scene, level: Array) -> Array:
    cows: Array = scene.table["cows_max"] * level ** scene.persons.parameters["cows_pow"]
    return cows


def _calm(scene: Scene, effect: Array, level: Array) -> Array:
    p = scene.persons.parameters
    return p["b_calmE"] * effect - p["b_calmW"] * level


def _use_disorder(scene: Scene, adapted: Array, protracted: Array) -> Array:
    half = chronicity_half(scene.table)
    potential = withdrawal_potential(adapted, protracted, scene.persons.parameters["g_W"], half, scene.table)
    u = uniforms(scene.seed, scene.persons.numbers, USE_DISORDER, np.array([0]))[0]
    return (use_disorder_class(potential, u, scene.table) > 0).astype(float)


def _same(scene: Scene, row: Array) -> Array:
    del scene
    return row


def _less_than_one(scene: Scene, row: Array) -> Array:
    del scene
    return 1.0 - row


def _concentration(volume: str) -> Map:
    def make(scene: Scene, amount: Array) -> Array:
        p = scene.persons.parameters
        return amount / (p[volume] * size_factors(p)[1])

    return make


def _occupancy(target: str) -> Map:
    def make(scene: Scene, *amounts: Array) -> Array:
        p = scene.persons.parameters
        plasma = [_concentration(volume)(scene, a) for volume, a in zip(_VOLUMES, amounts, strict=True)]
        return occupancy(target, dict(zip(LIGANDS, plasma, strict=True)), p)

    return make


def _enzyme(route: str) -> Map:
    def make(scene: Scene, amount: Array) -> Array:
        return enzyme_activity(route, _concentration("V1_MG")(scene, amount), scene.table)

    return make


def _exposure(substance: str) -> Map:
    def make(scene: Scene, amount: Array, gut_3a: Array) -> Array:
        return exposure(substance, _concentration("V1_MG")(scene, amount), gut_3a, scene.table)

    return make


def _scale(instrument: Callable[[Answers, Array, Tables], Array]) -> Map:
    def make(scene: Scene, severity: Array) -> Array:
        assert scene.tables is not None
        return instrument(scene.answers, severity, scene.tables)

    return make


def _gad7(scene: Scene, severity: Array, withdrawal: Array) -> Array:
    people, traits, mind = scene.persons.candidates, scene.persons.traits, scene.mind
    assert scene.tables is not None
    assert people is not None
    assert traits is not None
    assert mind is not None
    return measure.gad7(
        scene.answers, severity, withdrawal, traits.trait_anxiety, people.trait, scene.tables, mind.setting.c2
    )


def _pcl5(scene: Scene, severity: Array, g_SSRI: Array, g_CBT: Array) -> Array:
    people, traits = scene.persons.candidates, scene.persons.traits
    assert scene.tables is not None
    assert people is not None
    assert traits is not None
    return measure.pcl5(
        scene.answers, severity, g_SSRI, g_CBT, traits.pcl_mean, people.trait, people.ptsd, scene.tables
    )


def _state(row: str, make: Map = _same) -> Recipe:
    return Recipe((row,), (row,), make)


RECIPES: dict[str, Recipe] = {
    "mitragynine": Recipe(("mean_mg",), ("amt_mg",), _concentration("V1_MG")),
    "7-hydroxymitragynine": Recipe(("mean_7oh",), ("amt_7oh",), _concentration("V_7")),
    "speciociliatine": Recipe(("mean_sp",), ("amt_sp",), _concentration("V_SP")),
    "mor_activation": Recipe(("mean_effect",), ("effect",), _same),
    "analgesia": Recipe(("mean_effect",), ("effect",), _same),
    "tolerance": _state("tolerance"),
    "adapted": _state("adapted"),
    "protracted": _state("protracted"),
    "stimulation": _state("stimulation"),
    "sedation": _state("sedation"),
    "calm": Recipe(("mean_effect", "withdrawal_level"), ("effect", "withdrawal_level"), _calm),
    "withdrawal": _state("sows"),
    "cows": _state("withdrawal_level", _cows),
    "anhedonia": _state("reward", _less_than_one),
    "symptom:anhedonia": _state("reward", _less_than_one),
    "use_disorder": Recipe(("adapted", "protracted"), ("adapted", "protracted"), _use_disorder),
    "servings": _state("total_servings"),
    "dose": _state("total_leaf"),
    "dose_mg": _state("total_alkaloid"),
    **{f"symptom:{name}": _state(f"sym_{name}") for name in SYMPTOMS},
    **{f"mor_occupancy:{name}": _state(f"occupied_{short}") for name, short in _LIGANDS.items()},
    **{
        f"occupancy:{target}": Recipe(
            ("mean_mg", "mean_7oh", "mean_sp"), ("amt_mg", "amt_7oh", "amt_sp"), _occupancy(target)
        )
        for target in TARGETS
    },
    **{f"side_effect:{name}": _state(f"side_{name}") for name in _SIDE_EFFECTS},
    "gut_cyp3a": _state("gut_3a"),
    "cyp2d6": Recipe(("mean_mg",), ("amt_mg",), _enzyme("CYP2D6")),
    **{f"{EXPOSURE}{name}": Recipe(("mean_mg", "gut_3a"), ("amt_mg", "gut_3a"), _exposure(name)) for name in victims()},
    "momentary_mood": _state("momentary_mood"),
    "mood_lift": _state("mood_lift"),
    "prompted_mood": Recipe(("prompted_day",), ("prompted",), _same),
    "severity": _state("severity"),
    "in_episode": _state("in_episode"),
    "in_use": Recipe(("in_spell_today",), ("in_spell",), _same),
    "distress": Recipe(("distress_today",), ("distress_day",), _same),
    "phq9": _state("severity_14d", _scale(measure.phq9)),
    "gad7": Recipe(("severity_14d", "withdrawal_14d"), ("severity_14d", "withdrawal_14d"), _gad7),
    "pcl5": Recipe(("severity_14d", "treat_SSRI", "treat_CBT"), ("severity_14d", "treat_SSRI", "treat_CBT"), _pcl5),
    "bdi2": _state("severity_14d", _scale(measure.bdi2)),
    "hamd17": _state("severity", _scale(measure.hamd17)),
    "madrs": _state("severity", _scale(measure.madrs)),
}


@dataclass(frozen=True, slots=True)
class Observed:
    """The outputs of a run as rows that the kernel keeps.

    `rows` and `folds` are what is kept; `sources` names for each output the kept rows that its map takes.
    """

    outputs: tuple[str, ...]
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]
    sources: tuple[tuple[int, ...], ...]

    def make(self, scene: Scene, records: Array) -> dict[str, Array]:
        """Return each output as (record, person) from the kept (row, record, person) array."""
        return {
            name: RECIPES[name].make(scene, *(records[k] for k in source))
            for name, source in zip(self.outputs, self.sources, strict=True)
        }


def observe(outputs: Sequence[str], *, over_days: bool) -> Observed:
    """Return what the kernel must keep for these outputs.

    Parameters
    ----------
    outputs : sequence of str
        Names of the catalogue that this version computes.
    over_days : bool
        Whether a record folds whole days; otherwise it is a reading at an instant.
    """
    kept: list[tuple[str, str]] = []
    sources = []
    for name in outputs:
        recipe, fold = RECIPES[name], output_catalogue()[name].daily
        source = []
        for row in recipe.over_days if over_days else recipe.instant:
            wanted = (row, fold if over_days or fold in ("total", "any") else "last")
            if wanted not in kept:
                kept.append(wanted)
            source.append(kept.index(wanted))
        sources.append(tuple(source))
    rows = np.array([PLACES[row] for row, _ in kept], dtype=np.int64)
    folds = np.array([FOLDS[fold] for _, fold in kept], dtype=np.int64)
    return Observed(tuple(outputs), rows, folds, tuple(sources))


def needed_signals(outputs: Sequence[str], table: Mapping[str, float]) -> Signals:
    """Return which groups of signals the outputs need."""
    weights = [[table[f"sx_{name}_{on}"] for on in ("W", "P", "D")] for name in SYMPTOMS]
    return Signals(
        acute=any(name in ("stimulation", "sedation", "anhedonia", "symptom:anhedonia") for name in outputs),
        symptoms=any(name.startswith("symptom:") for name in outputs),
        occupancy=any(name.startswith("mor_occupancy:") for name in outputs),
        side_effects=any(name.startswith("side_effect:") for name in outputs),
        symptom_weights=np.array(weights),
        side_weights=np.array([table[symbol] for symbol in SIDE_WEIGHTS]),
        side_hours=round(table["t_side"]),
    )
