"""The account of each arm: paragraphs under short headings, where what an earlier arm said is not said again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ketum.reports.arm import Arm, KeyNumber
from ketum.reports.certainty import how_well_known
from ketum.reports.mood_words import mood_paragraphs
from ketum.reports.reader import RunFolder
from ketum.reports.regimen import regimen
from ketum.reports.withdrawal_words import scores
from ketum.reports.words import dependence, effect, exposure, key_numbers, kinetics, steady

Told = tuple[str, list[str]]
"""A heading, and the sentences under it."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, the heading that runs into it, and the end points and analytes it is read from."""

    heading: str
    text: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What is said of one arm: its name, what it takes, paragraphs on what came of it, and its key numbers."""

    arm: str
    regimen: str
    paragraphs: tuple[Paragraph, ...]
    numbers: tuple[KeyNumber, ...]


def accounts(run: RunFolder) -> list[Account]:
    """Return the account of every arm."""
    said: list[tuple[str, list[Told]]] = []
    found = []
    for k, name in enumerate(run.arms):
        arm = Arm(run, k)
        told, about = _told(arm)
        paragraphs = [
            Paragraph(heading, _shortened(heading, sentences, said), about[heading]) for heading, sentences in told
        ]
        if run.persons == 1:
            paragraphs = [replace(p, text=_of_one(p.text)) for p in paragraphs]
        said.append((name, told))
        found.append(Account(name, regimen(run.scenario["arm"][k]), tuple(paragraphs), tuple(key_numbers(arm))))
    return found


def _told(arm: Arm) -> tuple[list[Told], dict[str, tuple[str, ...]]]:
    """Return everything that is said of an arm, without empty paragraphs; and what each paragraph is read from."""
    parts: list[tuple[str, Iterable[str]]] = [
        ("Exposure", (sentence for part in (exposure, dependence) for sentence in part(arm))),
        ("Steady state", steady(arm)),
        ("In plasma", kinetics(arm)),
        ("Opioid effect", effect(arm)),
        ("Withdrawal", scores(arm)),
        *mood_paragraphs(arm),
        ("How well this is known", how_well_known(arm)),
    ]
    told: list[Told] = []
    about: dict[str, tuple[str, ...]] = {}
    for heading, sentences in parts:
        arm.asked.clear()
        said = list(sentences)
        if said:
            told.append((heading, said))
            about[heading] = tuple(arm.asked)
    return told, about


def _shortened(heading: str, sentences: list[str], said: list[tuple[str, list[Told]]]) -> str:
    """Return the sentences of a paragraph, but for those that an earlier arm has word for word at the same place.

    Only an arm that has as many sentences under this heading can stand for the rest: one with more says more.
    """
    best, left = "", sentences
    for name, told in said:
        earlier = next((others for head, others in told if head == heading), [])
        if len(earlier) == len(sentences):
            pairs = zip(sentences, earlier, strict=True)
            new = [one for one, other in pairs if _timeless(one) != _timeless(other)]
            if len(new) < len(left):
                best, left = name, new
    if not best:
        return " ".join(sentences)
    return " ".join([*left, f"The rest is as in “{best}”."]) if left else f"As in “{best}”."


def _timeless(sentence: str) -> str:
    """Return a sentence as it is compared: the start of a taper is the moment at which others stop."""
    return sentence.replace("When the taper began, ", "At the stop, ")


def _of_one(text: str) -> str:
    """Return what is said of many people as it is said of one."""
    text = re.sub(r" \((?:half|90%) of people[^()]*\)", "", text)
    return text.replace("The median person", "The person").replace(" in the median person", "")
