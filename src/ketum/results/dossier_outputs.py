"""Outputs and end points: which parameters stand behind them, and which of them a parameter stands behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from ketum.engine.outputs import output_catalogue
from ketum.evidence.behind import group_of_parameter, parameters_of_group
from ketum.evidence.parameter import Parameter
from ketum.evidence.provenance import PROVENANCES, Provenance
from ketum.evidence.tables import Row, read_table
from ketum.results.catalogue import endpoint_catalogue

_SAME = "="


@dataclass(frozen=True, slots=True)
class Basis:
    """What an output or end point rests on.

    Attributes
    ----------
    outputs
        The outputs it is read from; an output is read from itself.
    groups
        Groups of parameters behind it, without those that an arm brings in.
    """

    outputs: tuple[str, ...]
    groups: tuple[str, ...]

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters behind it, group by group."""
        return tuple(p for group in self.groups for p in parameters_of_group(group))


def groups_behind(output: str) -> tuple[str, ...]:
    """Return the groups of parameters behind an output, by the first pattern that fits.

    >>> groups_behind("servings")
    ('product',)
    """
    for patterns, names in _output_rows():
        if any(fnmatchcase(output, pattern) for pattern in patterns):
            return names
    raise KeyError(output)


def by_class(parameters: Iterable[Parameter]) -> dict[Provenance, list[Parameter]]:
    """Return parameters by provenance class, the largest class first.

    >>> from ketum.evidence import load_parameters
    >>> list(by_class(load_parameters("covariates").values()))
    ['assumption']
    """
    classes: dict[Provenance, list[Parameter]] = {name: [] for name in PROVENANCES}
    for parameter in parameters:
        classes[parameter.provenance].append(parameter)
    return {name: held for name, held in sorted(classes.items(), key=lambda item: -len(item[1])) if held}


def output_basis(name: str) -> Basis:
    """Return what an output rests on.

    >>> "tolerance" in output_basis("withdrawal").groups
    True
    """
    return Basis((name,), groups_behind(name))


@cache
def endpoint_basis(name: str) -> Basis:
    """Return what an end point rests on: what its outputs do, and what defines it.

    >>> endpoint_basis("says_it_helps").outputs, endpoint_basis("says_it_helps").groups[-1]
    (('momentary_mood',), 'help')
    """
    for patterns, outputs, groups in _endpoint_rows():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            read = (name,) if outputs == (_SAME,) else outputs
            behind = dict.fromkeys((*(group for output in read for group in groups_behind(output)), *groups))
            return Basis(read, tuple(behind))
    raise KeyError(name)


def outputs_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the outputs that a parameter stands behind in every arm."""
    group = group_of_parameter(parameter)
    return tuple(name for name in output_catalogue() if group in output_basis(name).groups)


def endpoints_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the end points that a parameter stands behind in every arm."""
    group = group_of_parameter(parameter)
    return tuple(name for name in endpoint_catalogue() if group in endpoint_basis(name).groups)


def brought_in(parameter: Parameter) -> str | None:
    """Return what a parameter acts on beyond that, by its group or table, or None.

    >>> from ketum.evidence.behind import all_parameters
    >>> brought_in(all_parameters()["body.i3A_ketoconazole"])
    'every output of an arm with medicines that act on CYP3A'
    """
    return conditions().get(group_of_parameter(parameter) or parameter.table)


@cache
def conditions() -> Mapping[str, str]:
    """Return the groups and tables that act only in some arms or persons, and when."""
    return {row.text("group"): row.text("when") for row in _group_rows()}


def brought_in_by_arms(basis: Basis) -> dict[str, str]:
    """Return the groups that an arm can bring in beside those of `basis`, and when.

    >>> "comedication" in brought_in_by_arms(output_basis("mitragynine"))
    True
    """
    rows = (row for row in _group_rows() if row.number("by_arm") and row.text("group") not in basis.groups)
    return {row.text("group"): row.text("when") for row in rows}


@cache
def _group_rows() -> tuple[Row, ...]:
    file = resources.files("ketum.results").joinpath("dossier_groups.csv")
    return read_table(file, ("group", "by_arm", "when"))


@cache
def _output_rows() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    file = resources.files("ketum.results").joinpath("output_groups.csv")
    rows = read_table(file, ("outputs", "groups"))
    return tuple((tuple(row.text("outputs").split()), tuple(row.text("groups").split())) for row in rows)


@cache
def _endpoint_rows() -> tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...]:
    file = resources.files("ketum.results").joinpath("dossier_endpoints.csv")
    return tuple(
        (
            tuple(row.text("endpoints").split()),
            tuple(row.text("outputs").split()),
            tuple(group.strip() for group in row.cells["groups"].split(";") if group),
        )
        for row in read_table(file, ("endpoints", "outputs", "groups"))
    )
