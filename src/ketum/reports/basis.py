"""What a run rests on and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketum.evidence import PROVENANCES, load_parameters
from ketum.evidence.words import CLASSES
from ketum.reports.arm import uses
from ketum.reports.in_hand import lots, of_products
from ketum.reports.mood_words import follows_mood
from ketum.reports.phrases import listed, number
from ketum.reports.reader import RunFolder

CLASS_COLOURS = {
    "human_trial": "#0A4E7A",
    "human_observational": "#3E8FC1",
    "animal": "#00725A",
    "in_vitro": "#6FB59F",
    "theory": "#C9A227",
    "assumption": "#B9BEC4",
}


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many parameters rest on one class of evidence."""

    words: str
    colour: str
    numbers: Sequence[int]
    total: int
    share: float


@dataclass(frozen=True, slots=True)
class Basis:
    """Parameters by class of evidence, in all and by table, and a sentence about it."""

    tables: Sequence[str]
    classes: Sequence[ClassCount]
    total: int
    sentence: str


def basis(run: RunFolder) -> Basis:
    """Return on what the parameters rest."""
    by_table: Mapping[str, Mapping[str, int]] = run.provenance["parameters_by_provenance"]
    total = sum(sum(counts.values()) for counts in by_table.values())
    classes = []
    for name in PROVENANCES:
        numbers = [counts.get(name, 0) for counts in by_table.values()]
        words, colour = CLASSES[name], CLASS_COLOURS[name]
        classes.append(ClassCount(words, colour, numbers, sum(numbers), sum(numbers) / total if total else 0.0))
    by_size = dict(zip(PROVENANCES, classes, strict=True))
    people = by_size["human_trial"].total + by_size["human_observational"].total
    parts = [f"{c.total} on {c.words}" for n, c in by_size.items() if c.total and n in ("animal", "in_vitro", "theory")]
    text = f"Of the {number(total, 0)} parameters in the tables, {people} rest on trials or observation of people"
    text += f", {listed(parts)}" if parts else ""
    assumed = by_size["assumption"]
    text += f", and {assumed.total} ({100 * assumed.share:.0f}%) are assumptions."
    return Basis(tuple(by_table), classes, total, text)


def limits(run: RunFolder) -> list[str]:
    """Return what the reader must not take from this report."""
    return [
        _of_uncertainty(run),
        *(_of_mood(run) if follows_mood(run) else ()),
        "The people are virtual. They keep to their arm, and nobody drops out; treatment is taken as the arm says.",
        *of_products(run),
        *_of_lots(run),
        *_of_use(run),
        *_of_counts(run),
        "A result for a group is no prediction for a person, and nothing here recommends kratom, a product, a dose, a "
        "way to stop or a treatment.",
    ]


def _of_uncertainty(run: RunFolder) -> str:
    """Say what the ranges hold of how uncertain parameters are."""
    if not run.sets:
        return (
            f"Every parameter stands at one value ({run.draw}). Ranges show how virtual people differ from one another "
            "at those values. How uncertain the values are is not in any range, and it may well be larger."
        )
    return (
        f"Parameters were drawn {run.sets:,} times, each from its own range and apart from the others: that two of "
        "them may go together is not known and not drawn. The ranges of assumptions are judgement, so an interval is "
        "no wider than they are. How the equations are built is not in any range."
    )


def _of_mood(run: RunFolder) -> list[str]:
    """Say what rests on assumption in mood."""
    said = [
        "No study of people separates relief, withdrawal, the protracted state and selection for kratom. How much each "
        "counts for mood, and what a causal setting adds in the long run, is judgement. In “pharmacology” the mean "
        "cost of use hangs mostly on one assumed weight (w_P): over its range a year of regular use as needed would "
        "cost about 0.6 to 2.4 points.",
        "Associations in surveys fit a benefit with selection as well as a harm without it, so they cannot tell the "
        "settings apart; nor can people’s own impression that kratom helps.",
        "Recovery, relapse and effects of treatment come from other people and treatments, mostly from trials. The "
        "dose of an antidepressant does not change its effect here, and responses to treatments are independent.",
        "Links between scales are linear and mostly assumed: compare within a scale only. GAD-7 and PCL-5 are "
        "specified, not calibrated. Mania, psychosis, suicide and interactions of substances are outside the model.",
    ]
    if any("treatments" in arm for arm in run.scenario["arm"]):
        return said
    return [*said[:2], "Recovery and relapse come from other people, mostly from trials.", said[3]]


def _of_counts(run: RunFolder) -> list[str]:
    """Say that counting is not weighing, where nothing was weighed."""
    if (run.provenance.get("uncertainty") or {}).get("shares"):
        return []
    return ["Counting parameters does not weigh them: a few of the assumed ones may decide a result."]


def _of_lots(run: RunFolder) -> list[str]:
    """Say where steps in curves and bands come from, where a product is taken for longer than a lot lasts."""
    own = run.scenario.get("parameters", {}).get("lot_days")
    days = float(own) if isinstance(own, int | float) else load_parameters("body").value("lot_days")
    if not any(uses(run, k) for k in range(len(run.arms))) or run.record_days <= days:
        return []
    apart = lots([phase for arm in run.phases for phase in arm])
    return [
        f"The content of a product changes from lot to lot, and lots change on the same day for everybody (every "
        f"{number(days, 0)} days{apart}): steps in curves and bands at these days are changes of lot."
    ]


def _of_use(run: RunFolder) -> list[str]:
    """Say what rests on assumption in occasional use and in tablets, where the run has them."""
    phases = [phase for arm in run.phases for phase in arm]
    said = []
    if any("on_days" in phase for phase in phases):
        said.append(
            "That occasional use costs little withdrawal was set by an elicited prior: it was put in, and is no "
            "finding about occasional use."
        )
    if any(str(phase.get("product", "")).startswith("7oh") for phase in phases):
        said.append("Arms with 7-OH tablets compare amounts that nobody has matched in people.")
    return said
