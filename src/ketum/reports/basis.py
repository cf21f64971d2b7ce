"""What a run rests on and how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ketum.evidence import PROVENANCES
from ketum.reports.phrases import listed, number
from ketum.reports.reader import RunFolder

_WORDS = {
    "human_trial": ("trials in people", "#0A4E7A"),
    "human_observational": ("observation of people", "#3E8FC1"),
    "animal": ("animals", "#00725A"),
    "in_vitro": ("cells and receptors", "#6FB59F"),
    "theory": ("theory or definition", "#C9A227"),
    "assumption": ("assumption", "#B9BEC4"),
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
        words, colour = _WORDS[name]
        classes.append(ClassCount(words, colour, numbers, sum(numbers), sum(numbers) / total if total else 0.0))
    by_size = dict(zip(PROVENANCES, classes, strict=True))
    people = by_size["human_trial"].total + by_size["human_observational"].total
    parts = [f"{c.total} on {c.words}" for n, c in by_size.items() if c.total and n in ("animal", "in_vitro", "theory")]
    text = f"Of the {number(total, 0)} parameters in the tables, {people} rest on trials or observation of people"
    text += f", {listed(parts)}" if parts else ""
    assumed = by_size["assumption"]
    text += f", and {assumed.total} ({100 * assumed.share:.0f}%) are assumptions."
    if run.setting == "body alone":
        text += " The mood half of the model did not run, so most parameters of its table do not act here, "
        text += "and persons are drawn by age, sex, weight and body alone, whatever the population is called."
    return Basis(tuple(by_table), classes, total, text)


def limits(run: RunFolder) -> list[str]:
    """Return what the reader must not take from this report."""
    said = [
        f"Every parameter stands at one value ({run.draw}). Ranges show how virtual people differ from one another at "
        "those values. How uncertain the values are is not in any range, and it may well be larger.",
        "The people are virtual. They take what the arm prescribes, whatever they feel, and nobody drops out.",
        "Counting parameters does not weigh them: a few of the assumed ones may decide a result. "
        "“ketum evidence” shows the source of each.",
        "A result for a group is no prediction for a person, and nothing here recommends kratom, a product, a dose, a "
        "way to stop or a treatment.",
    ]
    if run.setting == "body alone":
        said.insert(2, "The body and the brain are simulated, not the course of mood disorders (setting: body alone).")
    return said
