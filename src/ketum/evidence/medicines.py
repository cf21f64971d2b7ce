"""Medicines by substance and brand name, and what is known of them beside kinetics: pharmacodynamic flags.

Flags are general pharmacology, mostly from memory; what was seen with kratom itself stands in the observations and the
safety rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.evidence.observations import VERIFIED, Verified, load_observations
from ketum.evidence.provenance import PROVENANCES, Provenance
from ketum.evidence.records import SEVERITIES, Severity, load_rows
from ketum.evidence.sources import cited
from ketum.evidence.tables import Row, read_table, shipped, unique

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

_MEDICINES = ("name", "brands", "class", "flags", "basis", "source", "verified", "observations", "note")
_FLAGS = ("flag", "label", "meaning", "severity", "rule", "note")


@dataclass(frozen=True, slots=True)
class Flag:
    """A pharmacodynamic flag: what a medicine does that can add to, or work against, kratom.

    Attributes
    ----------
    name, label : str
    meaning : str
        What it says.
    severity : str
        ``caution``, ``warning`` or ``danger``, as in the safety rule.
    rule : str
        The safety rule that it belongs to; empty where there is none.
    note : str
    """

    name: str
    label: str
    meaning: str
    severity: Severity
    rule: str
    note: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """A substance that is taken beside kratom.

    Attributes
    ----------
    name : str
        The substance, lower case, words joined by underscores.
    brands : tuple of str
        Brand names and other names of the same substance.
    cls : str
        Its class, such as ``SSRI`` or ``benzodiazepine``.
    flags : tuple of str
        Names of flags.
    basis, source, verified : str
        What the flags rest on: provenance class, keys of the bibliography, and whether the text was seen.
    observations : tuple of str
        Identifiers of the observations that are about it.
    note : str
    """

    name: str
    brands: tuple[str, ...]
    cls: str
    flags: tuple[str, ...]
    basis: Provenance
    source: str
    verified: Verified
    observations: tuple[str, ...]
    note: str


@cache
def medicine_flags() -> Mapping[str, Flag]:
    """Return the flags by name.

    Examples
    --------
    >>> medicine_flags()["breathing"].severity
    'danger'
    """
    rules = {rule.id for rule in load_rows("safety_rules")}
    found = {}
    for row in unique(read_table(shipped("medicine_flags.csv"), _FLAGS), "flag"):
        if row.cells["rule"] and row.cells["rule"] not in rules:
            raise row.error("rule", f"give a rule of safety_rules.csv, {nearest(row.cells['rule'], rules)}")
        found[row.text("flag")] = Flag(
            name=row.text("flag"),
            label=row.text("label"),
            meaning=row.text("meaning"),
            severity=row.choice("severity", SEVERITIES),
            rule=row.cells["rule"],
            note=row.cells["note"],
        )
    return MappingProxyType(found)


def load_medicines(path: Path | None = None) -> Mapping[str, Medicine]:
    """Return the medicines by substance.

    Parameters
    ----------
    path : Path, optional
        A file with the same columns; without it, the shipped one.

    Raises
    ------
    EvidenceError
        A row cannot be used, or a name stands for two substances.

    Examples
    --------
    >>> load_medicines()["sertraline"].cls
    'SSRI'
    """
    return _shipped() if path is None else _read(path)


def find_substance(name: str) -> Medicine:
    """Return the medicine of a substance or brand name, however its letters are written.

    Raises
    ------
    EvidenceError
        There is none of that name; the message holds the nearest.

    Examples
    --------
    >>> find_substance("Zoloft").name
    'sertraline'
    >>> find_substance("St John's wort").name
    'st_johns_wort'
    """
    medicines, names = load_medicines(), _by_name()
    found = names.get(_plain(name))
    if found is None:
        known = [*medicines, *(brand for medicine in medicines.values() for brand in medicine.brands)]
        raise EvidenceError(f"medicine {name!r} is not known; {nearest(name, known)}")
    return medicines[found]


def _plain(name: str) -> str:
    """Return a name as it is compared: lower case, letters and digits only.

    >>> _plain("St John's wort")
    'stjohnswort'
    """
    return "".join(c for c in name.casefold() if c.isalnum())


@cache
def _by_name() -> Mapping[str, str]:
    return MappingProxyType({_plain(name): m.name for m in load_medicines().values() for name in (m.name, *m.brands)})


@cache
def _shipped() -> Mapping[str, Medicine]:
    return _read(shipped("medicines.csv"))


def _read(file: Traversable) -> Mapping[str, Medicine]:
    rows = unique(read_table(file, _MEDICINES), "name")
    found = {row.text("name"): _medicine(row) for row in rows}
    taken: dict[str, str] = {}
    for row, medicine in zip(rows, found.values(), strict=True):
        for name in (medicine.name, *medicine.brands):
            if taken.setdefault(_plain(name), medicine.name) != medicine.name:
                raise row.error("brands", f"{name!r} stands for {taken[_plain(name)]} already")
    return MappingProxyType(found)


def _medicine(row: Row) -> Medicine:
    flags, observations = several(row, "flags"), several(row, "observations")
    for flag in flags:
        if flag not in medicine_flags():
            raise row.error(
                "flags", f"give flags of medicine_flags.csv separated by ';', {nearest(flag, medicine_flags())}"
            )
    check_observations(row, observations)
    return Medicine(
        name=row.text("name"),
        brands=several(row, "brands"),
        cls=row.text("class"),
        flags=flags,
        basis=row.choice("basis", PROVENANCES),
        source=cited(row),
        verified=row.choice("verified", VERIFIED),
        observations=observations,
        note=row.cells["note"],
    )


def several(row: Row, column: str) -> tuple[str, ...]:
    """Return the words of a cell that are separated by ';'."""
    return tuple(word.strip() for word in row.cells[column].split(";") if word.strip())


def check_observations(row: Row, ids: tuple[str, ...], column: str = "observations") -> None:
    """Refuse a cell that names an observation of interactions that is not in the tables."""
    known = {o.id for o in load_observations("ddi")}
    for name in ids:
        if name not in known:
            raise row.error(
                column, f"give identifiers of observations/ddi.csv separated by ';', {nearest(name, known)}"
            )
