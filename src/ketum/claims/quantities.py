"""Where a figure is read: outputs over time, end points, parameters, emulated studies, and what is made of them.

Every reader returns one series a causal setting: first the value with every parameter at its table value, then
one value a parameter set (of a study: a resample of its replicates).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from ketum.claims.emulated import Emulated, study_series
from ketum.claims.model import REPLICATES, RESAMPLES, SETS, Figure, Values
from ketum.claims.persons import explained_share
from ketum.claims.plan import ClaimPlan, Quantity
from ketum.claims.sets import parameter_series
from ketum.errors import EvidenceError
from ketum.evidence import parse_quantity
from ketum.scenario import Scenario

Array = NDArray[np.float64]
Series = Mapping[str, Array]
"""By causal setting: the value at table values, then the values in the parameter sets."""


class Ran(Protocol):
    """A finished run, as `ketum.run` returns it."""

    @property
    def folder(self) -> Path:
        """The run folder."""

    @property
    def scenario(self) -> Scenario:
        """The resolved scenario."""

    @property
    def dataset(self) -> xr.Dataset:
        """Outputs by arm, setting, draw, statistic and time."""

    @property
    def endpoints(self) -> pd.DataFrame:
        """End points at table values."""

    @property
    def draws(self) -> pd.DataFrame | None:
        """End points in each parameter set; None without them."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What quantities of one claim are read from: runs by scenario, studies by name, and the quantities read before."""

    runs: Mapping[str, Ran]
    studies: Mapping[str, Emulated]
    done: dict[str, Series]

    def read(self, quantity: Quantity) -> Series:
        """Read a quantity, and keep it for those that are made of it.

        Raises
        ------
        EvidenceError
            If the run or the study does not hold what the ledger asks for.
        """
        try:
            series = _READERS[quantity.read](self, quantity)
        except (KeyError, IndexError) as error:
            where = f"the study {quantity.study!r}" if quantity.study else f"the run of {quantity.scenario!r}"
            raise EvidenceError(f"ledger.toml: quantity {quantity.name!r}: {error} is not in {where}") from None
        series = {setting: values * quantity.scale for setting, values in series.items()}
        self.done[quantity.name] = series
        return series


def figure(quantity: Quantity, series: Series, plan: ClaimPlan, bound: float | None, *, judged: bool) -> Figure:
    """Return a quantity of a claim as a figure of its record."""
    values = tuple(Values(setting, float(v[0]), tuple(map(float, v[1:]))) for setting, v in series.items())
    return Figure(
        quantity.name,
        quantity.label,
        quantity.unit,
        quantity.digits,
        ", ".join(sources(quantity, plan)),
        ranges_over(quantity, plan),
        values,
        bound,
        judged,
    )


def sources(quantity: Quantity, plan: ClaimPlan) -> tuple[str, ...]:
    """Return the scenarios and studies that a quantity comes from, through what it is made of."""
    if quantity.read != "made":
        return quantity.studies or (quantity.scenario,)
    return tuple(dict.fromkeys(name for part in _parts(quantity, plan) for name in sources(part, plan)))


def ranges_over(quantity: Quantity, plan: ClaimPlan) -> str:
    """Return what the range of a quantity is over, in words."""
    if quantity.read == "made":
        return ranges_over(_parts(quantity, plan)[0], plan)
    return {"explained": RESAMPLES, "study": REPLICATES}.get(quantity.read, SETS)


def _parts(quantity: Quantity, plan: ClaimPlan) -> list[Quantity]:
    return [next(q for q in plan.quantity if q.name == name) for name in quantity.of]


def _settings(reader: Reader, quantity: Quantity) -> Sequence[str]:
    return quantity.settings or reader.runs[quantity.scenario].scenario.setting.causal


def _course(reader: Reader, quantity: Quantity, setting: str) -> xr.DataArray:
    """Return an output of an arm, or of an arm minus another in the same persons, as (draw, time)."""
    data = reader.runs[quantity.scenario].dataset
    if quantity.against:
        pair = f"{quantity.arm} minus {quantity.against}"
        whole = data[f"difference:{quantity.output}"].sel(pair=pair)
    else:
        whole = data[quantity.output].sel(arm=quantity.arm)
    return whole.sel(setting=setting, statistic=quantity.statistic)


def _output(reader: Reader, quantity: Quantity) -> Series:
    found: dict[str, Array] = {}
    for setting in _settings(reader, quantity):
        course = _course(reader, quantity, setting)
        if quantity.between is None:
            found[setting] = np.asarray(course.sel(time_h=parse_quantity(quantity.at, "time")), dtype=float)
        else:
            first, last = (parse_quantity(text, "time") for text in quantity.between)
            chosen = course.where((course["time_h"] >= first) & (course["time_h"] <= last), drop=True)
            folded = getattr(chosen, quantity.fold)("time_h")
            found[setting] = np.asarray(folded, dtype=float)
    return found


def _lasting(reader: Reader, quantity: Quantity) -> Series:
    """Return the time after which an output stays below a share of its highest, h."""
    found: dict[str, Array] = {}
    for setting in _settings(reader, quantity):
        course = _course(reader, quantity, setting)
        times = np.asarray(course["time_h"], dtype=float)
        levels = np.asarray(course.transpose("draw", "time_h"), dtype=float)
        found[setting] = np.array([lasting(times, level, quantity.share) for level in levels])
    return found


def lasting(times: Array, level: Array, share: float) -> float:
    """Return the time of the first record after which `level` stays at or below `share` of its highest.

    Infinite if the record ends before, not a number if the level never rises.

    Examples
    --------
    >>> lasting(np.arange(5.0), np.array([0.0, 1.0, 0.6, 0.2, 0.1]), 0.5)
    3.0
    """
    top = level.max()
    if not top > 0.0:
        return float("nan")
    above = np.flatnonzero(level > share * top)[-1]
    return float(times[above + 1]) if above + 1 < len(times) else float("inf")


def _endpoint(reader: Reader, quantity: Quantity) -> Series:
    run = reader.runs[quantity.scenario]
    arm = f"{quantity.arm} minus {quantity.against}" if quantity.against else quantity.arm
    return {
        setting: np.concatenate(
            [
                _rows(table, arm, setting, quantity)["value"].to_numpy(dtype=float)
                for table in (run.endpoints, run.draws)
                if table is not None
            ]
        )
        for setting in _settings(reader, quantity)
    }


def _rows(table: pd.DataFrame, arm: str, setting: str, quantity: Quantity) -> pd.DataFrame:
    """Return the rows of one statistic of an end point, in the order of parameter sets."""
    chosen = table[
        (table["arm"] == arm)
        & (table["setting"] == setting)
        & (table["endpoint"] == quantity.endpoint)
        & (table["statistic"] == quantity.statistic)
    ]
    if chosen.empty:
        raise KeyError(f"{quantity.endpoint} ({quantity.statistic}) of {arm} in {setting}")
    return chosen.sort_values("draw", key=lambda draws: draws.astype(int)) if "draw" in chosen else chosen


def _parameter(reader: Reader, quantity: Quantity) -> Series:
    run = reader.runs[quantity.scenario]
    series = parameter_series(run.scenario, quantity.symbol)
    return dict.fromkeys(_settings(reader, quantity), series)


def _study(reader: Reader, quantity: Quantity) -> Series:
    return study_series(quantity, reader.studies)


def _made(reader: Reader, quantity: Quantity) -> Series:
    parts = [reader.done[name] for name in quantity.of]
    if len({len(values) for part in parts for values in part.values()}) > 1:
        raise EvidenceError(
            f"ledger.toml: quantity {quantity.name!r}: its parts have ranges over different numbers of sets"
        )
    settings = quantity.settings or tuple(dict.fromkeys(s for part in parts for s in part))
    return {s: _WAYS[quantity.how](*(_in(part, s) for part in parts)) for s in settings}


def _in(part: Series, setting: str) -> Array:
    """Return a part in a setting; what was read in one setting alone holds in all (arms without kratom)."""
    return part[setting] if setting in part else next(iter(part.values()))


def _explained(reader: Reader, quantity: Quantity) -> Series:
    run = reader.runs[quantity.scenario]
    series = explained_share(run.folder / "persons.csv", run.scenario, quantity.endpoint, quantity.factors)
    return dict.fromkeys(_settings(reader, quantity), series)


def _difference(reader: Reader, quantity: Quantity) -> Series:
    return _output(reader, quantity)


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0.0)


_WAYS: dict[str, Callable[..., Array]] = {
    "minus": lambda a, *others: a - sum(others),
    "ratio": _ratio,
    "one minus square ratio": lambda a, b: 1.0 - _ratio(a, b) ** 2,
    "complement": lambda a: 1.0 - a,
    "difference of products": lambda a, b, c, d: a * b - c * d,
    "ceiling": lambda gain, efficacy: gain * efficacy / (1.0 + gain * efficacy),
}
_READERS: dict[str, Callable[[Reader, Quantity], Series]] = {
    "output": _output,
    "difference": _difference,
    "endpoint": _endpoint,
    "parameter": _parameter,
    "lasting": _lasting,
    "made": _made,
    "explained": _explained,
    "study": _study,
}
