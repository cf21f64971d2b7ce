"""The product in the hand, in words: what a phase says of it, and what was reported of such products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ketum.evidence import load_observations
from ketum.products import reported
from ketum.reports.phrases import duration, listed, percent
from ketum.reports.reader import RunFolder

Phase = Mapping[str, Any]
SUPPOSED = ("added_7oh", "hidden_opioid")
"""What a scenario supposes of its products."""
_AS_REPORTED = ("vein", "label", *SUPPOSED)


def in_hand(phase: Phase) -> str:
    """Return what a phase says of its product, in brackets and with a blank before; empty where it says nothing.

    Examples
    --------
    >>> in_hand({"product": "leaf_powder", "dose": "4.0 g leaf", "vein": "red", "content": "20.0 mg/g"})
    ' (red vein, measured content 20 mg/g)'
    >>> in_hand({"product": "leaf_powder", "hidden_opioid": {"name": "morphine", "dose": "5.0 mg", "in_share": 0.1}})
    ' (5 mg of morphine hidden in a serving from 10% of lots)'
    >>> in_hand({"product": "7oh_tablet", "label": "15.0 mg 7-hydroxymitragynine", "lot_every": "7 d"})
    ' (labelled 15 mg 7-hydroxymitragynine, a new lot at its start and every seven days)'
    """
    said = list(_parts(phase))
    return f" ({', '.join(said)})" if said else ""


def _parts(phase: Phase) -> Iterator[str]:
    if "vein" in phase:
        yield f"{phase['vein']} vein"
    if "content" in phase:
        yield f"measured content {_amount(phase['content'])}"
    if "label" in phase:
        yield f"labelled {_amount(phase['label'])}"
    if "added_7oh" in phase:
        yield f"{_amount(phase['added_7oh'])} of 7-OH added"
    if "hidden_opioid" in phase:
        hidden = phase["hidden_opioid"]
        share = float(hidden.get("in_share", 1.0))
        where = f"from {percent(share)} of lots" if share < 1 else "from every lot"
        yield f"{_amount(hidden['dose'])} of {hidden['name']} hidden in a serving {where}"
    if phase.get("new_lot"):
        yield "a new lot at its start"
    if "lot_every" in phase:
        yield f"a new lot at its start and every {duration(phase['lot_every'])}"


def _amount(text: object) -> str:
    value, _, unit = str(text).partition(" ")
    return f"{value.removesuffix('.0')} {unit}"


def of_products(run: RunFolder) -> list[str]:
    """Return what was reported of products as the run has them, with sources; what is supposed is said to be so."""
    phases = [phase for arm in run.phases for phase in arm]
    about = [key for key in _AS_REPORTED if any(key in phase for phase in phases)]
    if any(f"{metal}_above_limit" in points for points in run.endpoints.values() for metal in ("lead", "nickel")):
        about += ["metals", "microbes"]
    said = []
    for key in about:
        text = f"{reported()[key].words} ({sources_of(key)})"
        if key in SUPPOSED:
            text += ". That a product of this run holds it, and how much, is supposed: it says nothing of how often"
        said.append(text + ".")
    return said


def sources_of(about: str) -> str:
    """Return the sources and rows behind what was reported.

    Examples
    --------
    >>> sources_of("vein")
    'huisman2023: products-058; rybarczyk2019: products-036'
    """
    known = {observation.id: observation.source for observation in load_observations("products")}
    rows = reported()[about].rows
    by_source = {known[row]: [other for other in rows if known[other] == known[row]] for row in rows}
    return "; ".join(f"{source}: {listed(of_source)}" for source, of_source in by_source.items())


def lots(phases: list[Phase]) -> str:
    """Return in which way lots of the run change beside their own rule; empty where they do not.

    Examples
    --------
    >>> lots([{"new_lot": True}, {"lot_every": "7 d"}])
    ', and where a phase says so'
    """
    return ", and where a phase says so" if any("new_lot" in p or "lot_every" in p for p in phases) else ""
