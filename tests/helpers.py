"""Short ways to run the kernel: the typical person of `body.md` section 11, groups, states by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketum.engine.layout import LANES
from ketum.engine.prepare import Group, prepare_group, wake_times
from ketum.engine.simulate import Simulated, Window, resting_states, set_states, simulate
from ketum.evidence import ParameterTable, load_parameters
from ketum.people import typical_persons
from ketum.products import products
from ketum.regimens import Amount, Medicine, Phase
from ketum.regimens.schedule import Grid, Schedule, build_schedule

Array = NDArray[np.float64]

BODY = load_parameters("body")
DAY, YEAR = 24, 365 * 24
STOP = Phase(mode="stop")
UNITS = {"7oh_tablet": "mg 7-hydroxymitragynine"} | dict.fromkeys(
    ("morphine", "methadone", "buprenorphine", "naloxone", "naltrexone"), "mg"
)


def mg(product: str, value: float) -> Amount:
    """An exact amount: mg of the product's alkaloid or medicine."""
    return Amount(value, UNITS.get(product, "mg mitragynine"))  # type: ignore[arg-type]


def once(product: str, value: float, at: float = 0.0) -> Phase:
    """One dose at `at` hours."""
    return Phase(mode="times", product=product, dose=mg(product, value), count=1, at_h=(at,))


def daily(product: str, value: float, clock: Sequence[float], days: float | None = None) -> Phase:
    """The same dose at clock hours of each of `days` days."""
    end = None if days is None else DAY * days
    return Phase(
        mode="per_day",
        product=product,
        dose=mg(product, value),
        count=len(clock),
        at_h=tuple(map(float, clock)),
        for_h=end,
    )


def single(name: str, dose_mg: float, at: float) -> Medicine:
    """One dose of a medicine at an hour, beside the phases."""
    day = at // DAY * DAY
    return Medicine(name=name, dose_mg=dose_mg, per_day=1, at_h=(at - day,), from_h=day, for_h=DAY)


def plan(
    phases: Sequence[Phase],
    days: float,
    dt: float,
    medicines: Sequence[Medicine] = (),
    body: ParameterTable = BODY,
) -> Schedule:
    """Schedule of an arm that starts at hour 0."""
    grid = Grid(
        round(days * DAY),
        0,
        round(1 / dt),
        wake_times(body),
        body.value("awake_h"),
        body.value("taper_end"),
        {name: product.content_basis for name, product in products().items()},
        {name: product.alkaloid_basis for name, product in products().items()},
    )
    return build_schedule(phases, grid, medicines)


def typical_group(dt: float, body: ParameterTable = BODY) -> Group:
    """A block of typical persons."""
    return prepare_group(typical_persons(LANES, body), body, dt)


@dataclass(frozen=True)
class Run:
    """The first person of a run.

    `t` and ``run["..."]`` are times (h) and an output at them; `states` gives a state at the hours of the snapshots.
    """

    t: Array
    simulated: Simulated

    def __getitem__(self, output: str) -> Array:
        return self.simulated.outputs[output][:, 0]

    def at(self, output: str, hours: float | Sequence[float] | Array) -> Any:
        """An output at some hours, linear between records."""
        return np.interp(hours, self.t, self[output])

    def mean(self, output: str, first: float, last: float) -> float:
        """Time average between two hours by trapezoids."""
        inside = (self.t >= first) & (self.t <= last)
        return float(np.trapezoid(self[output][inside], self.t[inside]) / (last - first))

    def states(self, name: str) -> Array:
        """A state at the snapshots."""
        return np.array([self.simulated.snapshot(k, name)[0] for k in range(len(self.simulated.snapshots))])


def typical(
    phases: Sequence[Phase],
    days: float,
    dt: float = 0.25,
    *,
    outputs: Sequence[str] = (),
    every: float = 1.0,
    since: int = 0,
    snapshots: Sequence[int] = (),
    medicines: Sequence[Medicine] = (),
    body: ParameterTable = BODY,
    initial: Mapping[str, float] | None = None,
) -> Run:
    """Run the typical person: outputs from hour `since` on, one in `every` hours; states at the `snapshots`."""
    group = typical_group(dt, body)
    last = round(days * DAY)
    window = Window(0, last, tuple(outputs), since, round(every / dt), snapshots=tuple(snapshots))
    start = set_states(resting_states(group), dict(initial)) if initial else None
    simulated = simulate(group, plan(phases, days, dt, medicines, body), window, start=start)
    count = window.record_count(round(1 / dt))
    return Run(since + every * np.arange(count), simulated)


def arousal(run: Run, values: Mapping[str, float]) -> Array:
    """A of section 7 in SD at the snapshots."""
    drive_above_habit = run.states("arousal_drive") - run.states("arousal_habit")
    return np.asarray(values["a_A"] * drive_above_habit - values["s_E"] * run.states("effect") ** 2)


def mood(run: Run, values: Mapping[str, float]) -> Array:
    """Body's part m of momentary mood, section 7, in SD at the snapshots."""
    return np.asarray(
        values["b_E"] * run.states("effect")
        + values["b_A"] * arousal(run, values)
        - values["b_W"] * run.states("withdrawal_level")
        - values["b_P"] * run.states("protracted")
    )
