"""The model as Antimony text and as SBML, filled from the parameter table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.util import find_spec
from math import inf
from typing import NamedTuple

from ketum.errors import KetumError
from ketum.evidence import load_parameters
from ketum.reference.mood import MoodPerson, constants, mood_text


class Dose(NamedTuple):
    """One dose: time in h, name of the product, mg of its substance (leaf and extract: mg mitragynine).

    `mg_7oh` is 7-OH that a leaf product contains besides, in mg.
    """

    time_h: float
    product: str
    mg: float
    mg_7oh: float = 0.0


class Comed(NamedTuple):
    """Co-medication from `time_h` on: factors on liver and gut CYP3A activity, 1 = none."""

    time_h: float
    liver: float
    gut: float


F_REL = {"leaf_tea": "F_rel_tea", "leaf_powder": "F_rel_leaf", "extract": "F_rel_ext"}
MEDICINES = {
    "morphine": "mor",
    "methadone": "met",
    "buprenorphine": "bup",
    "naloxone": "nal",
    "naltrexone": "ntx",
}
PRODUCTS = (*F_REL, "7oh_tablet", *MEDICINES)


def doses_in_order(doses: Iterable[tuple[float, str, float] | Dose]) -> list[Dose]:
    """Doses by time, each checked for its product and a non-negative amount.

    Raises
    ------
    KetumError
        If a product is unknown, or a time or an amount is negative.
    """
    ordered = sorted((Dose(*dose) for dose in doses), key=lambda dose: dose.time_h)
    for dose in ordered:
        if dose.product not in PRODUCTS:
            raise KetumError(f"dose at {dose.time_h} h: product {dose.product!r}; allowed: {', '.join(PRODUCTS)}")
        if not all(0 <= number < inf for number in (dose.time_h, dose.mg, dose.mg_7oh)):
            raise KetumError(f"{dose}: time and amounts must be numbers, 0 or more")
    return ordered


def comed_in_order(comed: Iterable[tuple[float, float, float] | Comed]) -> list[Comed]:
    """Co-medication by time, each checked.

    Raises
    ------
    KetumError
        If a time or a factor is negative or no number.
    """
    ordered = sorted(Comed(*change) for change in comed)
    for change in ordered:
        if not all(0 <= number < inf for number in change):
            raise KetumError(f"{change}: time and factors must be numbers, 0 or more")
    return ordered


def additions(dose: Dose, *, mood: bool = False) -> list[tuple[str, float, tuple[str, ...]]]:
    """Return what a dose adds: state, mg, and the quantities whose product is the nmol added per mg.

    With mood it also adds to `dose_eq_today`, mg; a reference medicine adds nothing there (joined model, section 5).
    """
    added = _to_gut(dose)
    if mood and dose.product in F_REL:
        added.append(("dose_eq_today", dose.mg, (f"eq_{dose.product}",)))
        added.append(("dose_eq_today", dose.mg_7oh, (f"eq_7oh_{dose.product}",)))
    elif mood and dose.product == "7oh_tablet":
        added.append(("dose_eq_today", dose.mg, ("eq_7oh_tablet",)))
    return added


def _to_gut(dose: Dose) -> list[tuple[str, float, tuple[str, ...]]]:
    if dose.product in F_REL:
        F_rel = F_REL[dose.product]
        added: list[tuple[str, float, tuple[str, ...]]] = [
            ("amt_gut1", dose.mg, (F_rel, "mg_to_gut1")),
            ("amt_7gut1", dose.mg, (F_rel, "mg_to_7gut1")),
            ("amt_sp_gut", dose.mg, (F_rel, "mg_to_sp_gut")),
        ]
        if dose.mg_7oh:
            added.append(("amt_7gut1", dose.mg_7oh, (F_rel, "oh7_to_7gut1")))
        return added
    if dose.product == "7oh_tablet":
        return [("amt_7gut1", dose.mg, ("oh7_to_7gut1",))]
    name = MEDICINES[dose.product]
    return [(f"amt_{name}_gut", dose.mg, (f"{name}_to_gut",))]


def _events(doses: list[Dose], comed: list[Comed], *, mood: bool) -> str:
    """Antimony events. Each reads the state left by the one before it, so doses at one time add up."""
    lines = [(c.time_h, [f"liver_comed = {c.liver!r}", f"gut_comed = {c.gut!r}"]) for c in comed]
    for dose in doses:
        terms: dict[str, list[str]] = {}
        for state, mg, factors in additions(dose, mood=mood):
            terms.setdefault(state, [state]).append("*".join([repr(float(mg)), *factors]))
        assigned = [f"{state} = {' + '.join(sums)}" for state, sums in terms.items()]
        if dose.product in F_REL:
            assigned.append(f"gut_3a = gut_3a*exp(-kappa_gut*{float(dose.mg)!r}*{F_REL[dose.product]})")
        lines.append((dose.time_h, assigned))
    order = "t0=false, fromTrigger=false, priority="
    return "\n".join(
        f"  at (time >= {float(time)!r}), {order}{len(lines) - i}: {', '.join(assigned)};"
        for i, (time, assigned) in enumerate(lines)
    )


def antimony_text(
    parameters: Mapping[str, float] | None = None,
    *,
    person: Mapping[str, float] | None = None,
    doses: Iterable[tuple[float, str, float] | Dose] = (),
    comed: Iterable[tuple[float, float, float] | Comed] = (),
    mood: MoodPerson | None = None,
) -> str:
    """Antimony text of one person.

    Parameters
    ----------
    parameters
        Values by symbol; what is missing comes from the shipped table. The half-gain level P_W follows them.
    person
        Values of this person by symbol, such as ``{"WT": 75}``; they do not move P_W (section 6).
        The switch ``gut_auto`` and the constant distress ``Dist`` are symbols like any other.
    doses, comed
        Doses (h, product, mg) and co-medication (h, liver factor, gut factor), written as events.
    mood
        Constants of this person's mood. With them the text holds the deterministic part of mood as well, updated by
        an event at each midnight, and `distress_day` follows severity (mood specification, section 3; joined model,
        sections 3 to 5). Without, distress is the constant ``Dist``.

    Raises
    ------
    KetumError
        If a symbol, a product or an amount cannot be used.

    Examples
    --------
    >>> "ka = 4.1;" in antimony_text()
    True
    >>> text = antimony_text(person={"ka": 2.0}, doses=[(8.0, "leaf_tea", 39.0)])
    >>> "ka = 2.0;" in text and "at (time >= 8.0)" in text
    True
    """
    values = load_parameters("body").plain()
    for given in (parameters or {}, person or {}):
        if unknown := sorted(set(given) - set(values)):
            raise KetumError(f"not symbols of parameters_body.csv: {', '.join(unknown)}")
    if mood and "Dist" in (person or {}):
        raise KetumError("Dist: distress follows severity where mood is given")
    values |= {symbol: float(value) for symbol, value in (parameters or {}).items()}
    given_doses, given_comed = doses_in_order(doses), comed_in_order(comed)
    filled = {"mood": "", "unsubstituted": "1"}
    if mood:
        filled["mood"] = mood_text(mood, values, len(given_doses) + len(given_comed))
        filled["unsubstituted"] = "(1 - bup_W*treat_substitution)"
    half_gain = values["p_WP"] / (1 + values["h_Pon"] / (values["E_WP"] * values["h_Poff"]))
    values |= {symbol: float(value) for symbol, value in (person or {}).items()}
    if mood:
        values["Dist"] = constants(mood)["distress_day"]
    filled |= {symbol: repr(value) for symbol, value in values.items()} | {
        "half_gain": repr(half_gain),
        "events": _events(given_doses, given_comed, mood=mood is not None),
    }
    template = resources.files(__package__).joinpath("kratom.ant").read_text(encoding="utf-8")
    if missing := sorted(set(re.findall(r"\{(\w+)\}", template)) - set(filled)):
        raise KetumError(f"parameters_body.csv lacks symbols of the model: {', '.join(missing)}")
    return re.sub(r"\{(\w+)\}", lambda match: filled[match[1]], template)


def need(package: str, distribution: str) -> None:
    """Raise `KetumError` with the command that installs `distribution` if `package` cannot be imported."""
    if find_spec(package) is None:
        raise KetumError(f"this needs the package {distribution}: pip install 'ketum[reference]'")


def sbml(
    parameters: Mapping[str, float] | None = None,
    *,
    person: Mapping[str, float] | None = None,
    doses: Iterable[tuple[float, str, float] | Dose] = (),
    comed: Iterable[tuple[float, float, float] | Comed] = (),
    mood: MoodPerson | None = None,
) -> str:
    """SBML of one person; arguments and errors as `antimony_text`. Needs the package antimony.

    Whoever solves it in libRoadRunner should set the tolerance of each state as `simulate` does.
    """
    need("antimony", "antimony")
    import antimony

    text = antimony_text(parameters, person=person, doses=doses, comed=comed, mood=mood)
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise KetumError(f"kratom.ant: {antimony.getLastError()}")
    return str(antimony.getSBMLString("ketum_body"))
