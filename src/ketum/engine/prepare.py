"""Persons and an arm's schedule turned into workspaces and a plan for the compiled engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketum.body.fields import KRATOM_AMOUNTS, LEVEL
from ketum.body.pharmacokinetics import (
    mitragynine_propagator,
    reference_propagators,
    size_factors,
    speciociliatine_propagator,
)
from ketum.brain.constants import brain_constants
from ketum.brain.withdrawal import chronicity_half
from ketum.engine.cohort import Tables
from ketum.engine.layout import LANES, PLACES, STATES, WORKSPACE
from ketum.engine.mind import mood_fields
from ketum.engine.plan import (
    COLUMN_ROWS,
    CONTENT_FACTOR,
    LABEL_FACTOR,
    AsNeeded,
    Behaviour,
    Besides,
    Columns,
    Drugs,
    Events,
    Floats,
    Levels,
)
from ketum.evidence import ParameterTable
from ketum.people import Persons
from ketum.products import Content, Product, content, products, units_per_gram
from ketum.regimens.schedule import STEADY_STATE, Schedule

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Persons of a chunk with all that does not depend on the arm.

    Attributes
    ----------
    persons : Persons
        A whole number of blocks.
    table : mapping of symbol to float
        Table values.
    dt : float
        Step, h.
    workspaces : (block, WORKSPACE) array
        States at rest, constants of each person, co-medication of level "none".
    tables : Tables or None
        All tables; None for body and brain alone.
    """

    persons: Persons
    table: Mapping[str, float]
    dt: float
    workspaces: Floats
    tables: Tables | None = None

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.workspaces)

    def first(self, blocks: int) -> Group:
        """Return the persons of the first blocks."""
        return replace(self, persons=self.persons.first(blocks * LANES), workspaces=self.workspaces[:blocks])

    def take(self, places: NDArray[np.int64]) -> Group:
        """Return some persons, by their places; they fill whole blocks."""
        return replace(self, persons=self.persons.take(places), workspaces=chosen(self.workspaces, places))


def prepare_group(
    persons: Persons, body: ParameterTable, dt: float, tables: Tables | None = None, seed: int = 1
) -> Group:
    """Return the persons' workspaces with states at rest.

    Parameters
    ----------
    persons : Persons
        Their number is a multiple of LANES.
    body : ParameterTable
    dt : float
        Step, h; divides 1 h.
    tables : Tables, optional
        With these, the persons have a mood.
    seed : int
        Seed of the first thresholds of episodes.
    """
    p, table = persons.parameters, body.plain()
    _, f_v = size_factors(p)
    fields: dict[str, Array | float] = {
        **_level_rows(p, dt, 1.0),
        **speciociliatine_propagator(p, dt),
        **reference_propagators(p, dt),
        "absorbed": p["F_ind"],
        "q_gut": p["q_gut"],
        "first_pass_yield": np.minimum(p["y_fp"], p["y_cap"]),
        "w_gut": p["w_gut"],
        "r_SP": p["r_SP"],
        "kappa_gut": p["kappa_gut"],
        "gut_3a_keep": np.exp(-p["k_deg"] * dt),
        **brain_constants(p, f_v, chronicity_half(table), dt),
        "t_wake": p["t_wake"],
        "lam_0": p["lam_0"],
        "E_star": p["E_star"],
        "distress_day": p["Dist"],
        "distress_hour": p["Dist"],
        "serving_up": np.exp(p["eta_up"]),
        "serving_down": np.exp(-p["eta_dn"]),
        "too_weak": p["E_star"] * (1.0 - p["band"]),
        "too_strong": p["E_star"] * (1.0 + p["band"]),
        "a_A": p["a_A"],
        "s_E": p["s_E"],
        "gut_3a": 1.0,
        "bound": 1.0,
        "reward_slow": 1.0,
        "lot": 1.0,
        "since_serving": 1e9,
        "in_spell": 1.0,
        "withdrawal_kept": 1.0,
        "serving": p["g_0"] * (p["E_star"] / p["E_ref"]) ** p["gam_g"],
    }
    if tables is not None:
        fields |= mood_fields(persons, tables, seed)
    blocks = len(persons.numbers) // LANES
    workspaces = np.zeros((blocks, WORKSPACE))
    for name, values in fields.items():
        place = PLACES[name]
        workspaces[:, place : place + LANES] = by_block(values, blocks)
    return Group(persons, table, dt, workspaces, tables)


def chosen(blocks: Array, places: NDArray[np.int64]) -> Array:
    """Return blocks (block, field x LANES) of the persons at `places`, whose number fills whole blocks."""
    count, length = blocks.shape
    by_person = blocks.reshape(count, length // LANES, LANES).transpose(0, 2, 1).reshape(count * LANES, -1)
    lanes = by_person[places].reshape(-1, LANES, length // LANES).transpose(0, 2, 1)
    return np.ascontiguousarray(lanes).reshape(-1, length)


def by_block(values: Array | float, blocks: int) -> Array:
    """Return (P,) values (or one number) as (block, LANES)."""
    return np.broadcast_to(np.asarray(values, dtype=float), (blocks * LANES,)).reshape(blocks, LANES)


def _level_rows(p: Mapping[str, Array], dt: float, factor: float) -> dict[str, Array]:
    return {
        **mitragynine_propagator(p, dt, factor),
        "liver_3a": p["a_3A"] * factor,
        "gut_3a_comed": p["a_3A"] * factor,
    }


def build_columns(group: Group, schedule: Schedule) -> Columns:
    """Return what one unit of each dose column brings to each person."""
    n = len(schedule.columns)
    brings = np.zeros((group.blocks, n, COLUMN_ROWS, LANES))
    target = np.full(n, -1, dtype=np.int64)
    from_lot = np.zeros(n, dtype=np.bool_)
    lot_row = np.zeros(n, dtype=np.int64)
    for k, column in enumerate(schedule.columns):
        product = products()[column.product]
        brought = content(product, column.basis, group.persons.parameters, group.table, column.known_mg)
        _lay(brings[:, k], brought)
        target[k] = _depot(product)
        from_lot[k] = column.basis == product.content_basis and column.content is None
        lot_row[k] = CONTENT_FACTOR if column.label_mg is None else LABEL_FACTOR
    serving = np.array([column.serving for column in schedule.columns], dtype=np.bool_)
    own = [_own_fields(products()[column.product].suffix) for column in schedule.columns]
    fields = np.array(own, dtype=np.int64).reshape(-1, 2)
    besides = np.cumsum([0, *(len(column.besides) for column in schedule.columns)]).astype(np.int64)
    return Columns(brings, target, from_lot, lot_row, serving, fields[:, 0].copy(), fields[:, 1].copy(), besides)


def build_besides(group: Group, schedule: Schedule) -> Besides:
    """Return what one unit of each column brings besides its product, column by column."""
    rows = [admixture for column in schedule.columns for admixture in column.besides]
    brings = np.zeros((group.blocks, len(rows), COLUMN_ROWS, LANES))
    for k, admixture in enumerate(rows):
        product = products()[admixture.product]
        brought = content(product, product.alkaloid_basis, group.persons.parameters, group.table)
        _lay(brings[:, k], brought)
        brings[:, k] *= admixture.mg
    target = np.array([_depot(products()[row.product]) for row in rows], dtype=np.int64)
    return Besides(brings, target, np.array([row.in_share for row in rows], dtype=float))


def _lay(brings: Floats, brought: Content) -> None:
    """Put what a unit brings into the rows of a column, (block, COLUMN_ROWS, lane)."""
    rows = (
        brought.to_mitragynine,
        brought.to_7oh,
        brought.to_reference,
        brought.relative_mg,
        brought.alkaloid_mg,
        brought.leaf_g,
        brought.equivalent_mg,
    )
    for row, values in enumerate(rows):
        brings[:, row] = by_block(values, len(brings))


def _depot(product: Product) -> int:
    """Return the offset of the depot of a reference drug, -1 for a kratom product."""
    return PLACES[f"amt_{product.suffix}_depot"] if product.suffix else -1


def build_levels(group: Group, schedule: Schedule) -> Levels:
    """Return the propagators of every level of co-medication; named factors multiply."""
    p = group.persons.parameters
    sets = sorted({names for _, names in schedule.comedication} | {frozenset()}, key=sorted)
    rows = np.empty((group.blocks, len(sets), len(LEVEL), LANES))
    for k, names in enumerate(sets):
        factor = float(np.prod([group.table[f"i3A_{name}"] for name in sorted(names)]))
        for j, values in enumerate(_level_rows(p, group.dt, factor).values()):
            rows[:, k, j] = by_block(values, group.blocks)
    hours = np.array([hour for hour, _ in schedule.comedication], dtype=np.int64)
    levels = np.array([sets.index(names) for _, names in schedule.comedication], dtype=np.int64)
    return Levels(hours, levels, rows)


def build_as_needed(group: Group, schedule: Schedule) -> AsNeeded:
    """Return the phases of as-needed use; a serving is counted in grams of leaf powder."""
    phases = schedule.as_needed
    units = [
        units_per_gram(products()[c.product], c.basis, group.table, c.known_mg)
        for c in (schedule.columns[phase.column] for phase in phases)
    ]
    servings = [
        np.nan if phase.amount is None else phase.amount / per_gram
        for phase, per_gram in zip(phases, units, strict=True)
    ]
    return AsNeeded(
        np.array([phase.first_hour for phase in phases], dtype=np.int64),
        np.array([phase.last_hour for phase in phases], dtype=np.int64),
        np.array([phase.column for phase in phases], dtype=np.int64),
        np.array(units, dtype=float),
        np.array(servings, dtype=float),
        np.array([phase.limit for phase in phases], dtype=float),
    )


def build_events(schedule: Schedule) -> Events:
    """Return the events of an arm as arrays; steady states are numbered in order of time."""
    rows = []
    steady = 0
    for event in schedule.events:
        rows.append((event.step, event.kind, event.column, event.amount, event.wake, event.group, steady))
        steady += event.kind == STEADY_STATE
    fields = list(zip(*rows, strict=True)) if rows else [()] * len(Events._fields)
    return Events(
        *(
            np.array(values, dtype=float if name == "amount" else np.int64)
            for name, values in zip(Events._fields, fields, strict=True)
        )
    )


def _own_fields(suffix: str) -> tuple[int, int]:
    """Return the range of states that are a product's pharmacokinetics: kratom's, or a reference drug's."""
    places = [k for k, name in enumerate(STATES) if name.startswith(f"amt_{suffix}_")] if suffix else []
    own = places or [STATES.index(name) for name in (*KRATOM_AMOUNTS, "gut_3a")]
    return min(own), max(own) + 1


def build_drugs(schedule: Schedule) -> Drugs:
    """Return which reference drugs an arm gives."""
    given = {column.product for column in schedule.columns}
    given |= {admixture.product for column in schedule.columns for admixture in column.besides}
    return Drugs(*(name in given for name in Drugs._fields))


def build_behaviour(table: Mapping[str, float]) -> Behaviour:
    """Return the table values of behaviour."""
    return Behaviour(*(table[symbol] for symbol in Behaviour._fields))


def wake_times(body: ParameterTable) -> tuple[int, ...]:
    """Return the wake-up times that occur between persons."""
    spread = body["t_wake"].between_person
    if spread.kind == "none" or spread.bp_1 is None or spread.bp_2 is None:
        return (int(body.value("t_wake")),)
    return tuple(range(int(spread.bp_1), int(spread.bp_2) + 1))
