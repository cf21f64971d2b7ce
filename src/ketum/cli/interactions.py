"""`ketum interactions`: a serving of kratom and the medicines of the tables: table, single medicines, JSON, page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ketum.errors import ScenarioError

if TYPE_CHECKING:
    from rich.console import Console

    from ketum.interactions import Interaction, Serving

_PRODUCT = "leaf_tea"
_DOSE = "39 mg mitragynine"
"""The one serving that was studied with other medicines in people."""
_INDENT = "  "


def interactions_command(
    names: Sequence[str],
    *,
    product: str | None,
    dose: str | None,
    per_day: int | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Show what kratom and medicines do to each other."""
    from ketum.interactions import interactions
    from ketum.interactions.words import plain

    serving = _serving(product, dose, per_day)
    found = interactions(serving, names)
    if page is not None:
        from ketum.reports.interactions import write_page

        write_page(found, serving, page)
        typer.echo(f"Page: {page}", err=as_json)
    if as_json:
        typer.echo(json.dumps(plain(found, serving), indent=2, ensure_ascii=False))
    elif page is None:
        _show(found, serving, one_by_one=bool(names))


def _serving(product: str | None, dose: str | None, per_day: int | None) -> Serving:
    """Return the serving that is meant; without any word about it the one that was studied."""
    from ketum.interactions import Serving
    from ketum.scenario.doses import find_product, parse_amount

    if product is not None and dose is None:
        raise ScenarioError('--dose: is missing; allowed: an amount of the product, such as "4 g"')
    try:
        known = find_product(product or _PRODUCT)
    except ValueError as error:
        raise ScenarioError(f"--product: {error}") from None
    if known.suffix:
        raise ScenarioError(f"--product: {known.name} is a medicine; allowed: a kratom product, or --with {known.name}")
    try:
        amount = parse_amount(dose or _DOSE, known.name, known.bases)
    except ValueError as error:
        raise ScenarioError(f"--dose: {error}") from None
    return Serving(known.name, amount.value, amount.basis, per_day)


def _show(found: Sequence[Interaction], serving: Serving, *, one_by_one: bool) -> None:
    from rich.console import Console

    from ketum.interactions.severity import STATED
    from ketum.interactions.words import BASES, PURPOSE, READING, serving_words

    console = Console(highlight=False, emoji=False)
    console.print(f"Kratom and medicines: {serving_words(serving)}\n", markup=False)
    if one_by_one:
        for one in found:
            _page(one, console)
    else:
        _table(found, console)
        _classes(found, console)
    console.print(READING, markup=False)
    bases = dict.fromkeys(e.basis for one in found for e in (one.exposure, one.mitragynine, one.day) if e is not None)
    for basis in bases:
        console.print(f"{_INDENT}{basis}: {BASES[basis]}", markup=False)
    console.print(f"Severity: {STATED}", markup=False)
    console.print(PURPOSE, markup=False)


def _table(found: Sequence[Interaction], console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ketum.interactions.words import ratio_words

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name, ratio in (("medicine", 3), ("kratom on it", 3), ("it on mitragynine; 7-OH", 4), ("basis", 2)):
        table.add_column(name, ratio=ratio)
    table.add_column("flags", ratio=4)
    table.add_column("severity", ratio=2)
    for one in found:
        if not one.kinetic:
            continue
        kratom = ratio_words(one.mitragynine)
        if one.hydroxymitragynine is not None:
            kratom += f"; {ratio_words(one.hydroxymitragynine)}"
        basis = next(e.basis for e in (one.exposure, one.mitragynine, one.hydroxymitragynine) if e is not None)
        flags = ", ".join(flag.label for flag in one.flags)
        table.add_row(_name(one.medicine.name), ratio_words(one.exposure), kratom, basis, flags, one.severity)
    console.print(table)


def _classes(found: Sequence[Interaction], console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from ketum.interactions.words import RECALLED, without_kinetics

    groups = without_kinetics(found)
    if not groups:
        return
    title = f"Without a ratio either way: no data on kinetics; flags are {RECALLED}"
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, title=title, title_justify="left")
    for name, ratio in (("class", 3), ("medicines", 6), ("flags", 4), ("severity", 2)):
        table.add_column(name, ratio=ratio)
    for group in groups:
        table.add_row(group.cls, ", ".join(map(_name, group.names)), ", ".join(group.flags), group.severity)
    console.print(table)


def _page(one: Interaction, console: Console) -> None:
    """Print all that is known of one medicine."""
    from ketum.evidence import load_sources
    from ketum.interactions.words import RECALLED, observed, ratio_words

    medicine = one.medicine
    brands = f" ({', '.join(medicine.brands)})" if medicine.brands else ""
    lines = [f"{_name(medicine.name)}{brands}, {medicine.cls}: {one.severity}"]
    lines += [f"{_INDENT}because      {words}" for words in one.because]
    if one.exposure is None:
        lines.append(f"{_INDENT}kratom on it {one.why_not}")
    else:
        lines.append(
            f"{_INDENT}kratom on it {ratio_words(one.exposure)}, {one.exposure.basis}: {one.exposure.mechanism}"
        )
        if one.parent is not None:
            lines.append(f"{_INDENT * 2}with its active metabolite; alone {ratio_words(one.parent)}")
        if one.day is not None:
            lines.append(f"{_INDENT * 2}highest of the day; with the means of the day {ratio_words(one.day)}")
    if one.why_not_kratom:
        lines.append(f"{_INDENT}it on kratom {one.why_not_kratom}")
    for label, estimate in (("mitragynine", one.mitragynine), ("7-hydroxymitragynine", one.hydroxymitragynine)):
        if estimate is not None:
            lines.append(f"{_INDENT}it on {label} {ratio_words(estimate)}, {estimate.basis}: {estimate.mechanism}")
    lines += [f"{_INDENT}{flag.label}: {flag.meaning} ({RECALLED})" for flag in one.flags]
    lines += [f"{_INDENT}measured with kratom: {observed(o)} [{o.id}]" for o in one.measured]
    lines += [f"{_INDENT}note: {medicine.note}"] if medicine.note else []
    lines += [f"{_INDENT}source: {load_sources()[key].reference()}" for key in one.sources]
    console.print("\n".join(lines) + "\n", markup=False)


def _name(name: str) -> str:
    return name.replace("_", " ")
