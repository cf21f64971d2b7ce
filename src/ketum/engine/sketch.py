"""Means and quantiles of many persons in little memory, the same for every order of adding.

Counts and fixed-point sums are integers, so merging is exact: any chunk size and number of workers give the same bits.
Values fall into bins that are linear below an output's resolution and logarithmic above it, 32 to an octave of
1 + |x|/resolution; a quantile is interpolated inside its bin, so its error is below 3% of |x| + resolution and in
smooth distributions far smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import inlined, kernel
from ketum.engine.outputs import Output
from ketum.errors import KetumError

Array = NDArray[np.float64]
STATISTICS = ("mean", "p05", "p25", "p50", "p75", "p95")
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles among the statistics."""
_BITS = 5  # 2^5 bins to an octave
_SHIFT = 52 - _BITS
_BIAS = 1023 << _BITS
_SUM_BITS = 36
_HEADROOM = 2.0  # times `top`, beyond which a value is refused


@inlined
def _bin(x: float, per_resolution: float) -> np.int64:
    """Return the bin of |x|: the leading bits of 1 + |x|/resolution count octaves and parts of them."""
    y = 1.0 + abs(x) * per_resolution
    return (np.float64(y).view(np.int64) >> _SHIFT) - _BIAS


@kernel
def _add(
    values: Array,
    per_resolution: float,
    to_fixed: float,
    limit: float,
    bins: int,
    signed: bool,
    missing: bool,
    counts: NDArray[np.uint32],
    sums: NDArray[np.int64],
    low: Array,
    high: Array,
) -> int:
    """Add (record, person) values; return -1, or the flat index of the first value that cannot be counted."""
    people = values.shape[1]
    for t in range(values.shape[0]):
        total = np.int64(0)
        for i in range(people):
            x = values[t, i]
            if missing and np.isnan(x):
                continue
            if not abs(x) <= limit:
                return int(t * people + i)
            k = int(_bin(x, per_resolution))
            k = bins - 1 if k >= bins else k
            if signed:
                k = bins + k if x >= 0.0 else bins - 1 - k
            counts[t, k] += np.uint32(1)
            total += np.int64(np.rint(x * to_fixed))
            low[t] = min(low[t], x)
            high[t] = max(high[t], x)
        sums[t] += total
    return -1


@kernel
def _quantiles(counts: NDArray[np.uint32], edges: Array, low: Array, high: Array, shares: Array, out: Array) -> None:
    """Fill (share, record) quantiles: the bin in which a rank falls, linear inside it; nan where nothing was seen."""
    last = counts.shape[1] - 1
    for t in range(counts.shape[0]):
        seen = np.int64(0)
        for k in range(last + 1):
            seen += np.int64(counts[t, k])
        for j in range(len(shares)):
            if seen == 0:
                out[j, t] = np.nan
                continue
            rank = shares[j] * (seen - 1) + 0.5
            before = np.int64(0)
            k = 0
            while k < last and before + np.int64(counts[t, k]) < rank:
                before += np.int64(counts[t, k])
                k += 1
            inside = (rank - before) / max(counts[t, k], 1)
            out[j, t] = min(max(edges[k] + inside * (edges[k + 1] - edges[k]), low[t]), high[t])


@dataclass(frozen=True, slots=True)
class Axis:
    """How one output is binned."""

    name: str
    resolution: float
    top: float
    signed: bool
    missing: bool = False

    @classmethod
    def of(cls, output: Output, *, difference: bool = False) -> Axis:
        """Return the axis of an output, or of its differences between arms."""
        return cls(output.name, output.resolution, output.top, output.signed or difference, output.missing)

    @property
    def half(self) -> int:
        """Number of bins on one side of zero."""
        octaves = float(np.log2(1.0 + _HEADROOM * self.top / self.resolution))
        return int(octaves * 2.0**_BITS) + 2

    @property
    def bins(self) -> int:
        """Number of bins."""
        half = self.half
        return half + half if self.signed else half

    @property
    def edges(self) -> Array:
        """Edges of the bins, (bins + 1,)."""
        k = np.arange(self.half + 1)
        octave, part = k >> _BITS, k & (2**_BITS - 1)
        upper = self.resolution * (2.0**octave * (1.0 + part / 2**_BITS) - 1.0)
        return np.concatenate([-upper[:0:-1], upper]) if self.signed else upper


@dataclass(slots=True)
class Sketch:
    """Counts, sums and extremes of one output over records.

    Attributes
    ----------
    axis : Axis
    counts : (record, bin) uint32
    sums : (record,) int64
        Fixed point, in units of top/2^36.
    low, high : (record,) float
        Smallest and largest value.
    """

    axis: Axis
    counts: NDArray[np.uint32]
    sums: NDArray[np.int64]
    low: Array
    high: Array

    @classmethod
    def empty(cls, axis: Axis, records: int) -> Sketch:
        """Return a sketch without values."""
        return cls(
            axis,
            np.zeros((records, axis.bins), dtype=np.uint32),
            np.zeros(records, dtype=np.int64),
            np.full(records, np.inf),
            np.full(records, -np.inf),
        )

    def add(self, values: Array) -> int:
        """Add (record, person) values; return -1, or the flat index of a value that is no number or far too large."""
        return int(
            _add(
                np.ascontiguousarray(values),
                1.0 / self.axis.resolution,
                2.0**_SUM_BITS / self.axis.top,
                _HEADROOM * self.axis.top,
                self.axis.half,
                self.axis.signed,
                self.axis.missing,
                self.counts,
                self.sums,
                self.low,
                self.high,
            )
        )

    def merge(self, other: Sketch) -> None:
        """Add what another sketch of the same axis has seen."""
        self.counts += other.counts
        self.sums += other.sums
        np.minimum(self.low, other.low, out=self.low)
        np.maximum(self.high, other.high, out=self.high)

    def __getstate__(self) -> tuple[object, ...]:
        """Return what travels between processes: few persons need few bits for their counts."""
        few = int(self.counts.max(initial=0)) <= np.iinfo(np.uint16).max
        return (self.axis, self.counts.astype(np.uint16) if few else self.counts, self.sums, self.low, self.high)

    def __setstate__(self, state: tuple[object, ...]) -> None:
        """Take up what travelled."""
        self.axis, counts, self.sums, self.low, self.high = state  # type: ignore[assignment]
        self.counts = np.asarray(counts, dtype=np.uint32)

    def mean(self) -> Array:
        """Return the mean of each record, exact to 1e-10 of `top`."""
        seen = self.counts.sum(axis=1, dtype=np.int64)
        mean: Array = np.divide(self.sums, seen, out=np.full(len(seen), np.nan), where=seen > 0)
        mean *= self.axis.top / 2.0**_SUM_BITS
        return mean

    def quantiles(self, shares: Sequence[float]) -> Array:
        """Return quantiles, (share, record); linear inside a bin and never beyond the extremes.

        Examples
        --------
        >>> import numpy as np
        >>> sketch = Sketch.empty(Axis("x", 1.0, 64.0, False), 1)
        >>> sketch.add(np.linspace(0.0, 10.0, 1001)[None])
        -1
        >>> bool(abs(sketch.quantiles([0.5])[0, 0] - 5.0) < 0.02)
        True
        """
        out = np.empty((len(shares), len(self.counts)))
        _quantiles(self.counts, self.axis.edges, self.low, self.high, np.asarray(shares, dtype=float), out)
        return out


@dataclass(slots=True)
class Sketches:
    """The sketches of one arm, or of the differences between two arms, by output name."""

    by_name: dict[str, Sketch] = field(default_factory=dict)

    @classmethod
    def empty(cls, axes: Sequence[Axis], records: int) -> Sketches:
        """Return sketches without values."""
        return cls({axis.name: Sketch.empty(axis, records) for axis in axes})

    def add(self, outputs: dict[str, Array], arm: str, first_person: int, hours: Array) -> None:
        """Add (record, person) values of every output.

        Raises
        ------
        KetumError
            If a value is not a number or beyond all bounds: names output, person, arm and time.
        """
        for name, sketch in self.by_name.items():
            values = outputs[name]
            bad = sketch.add(values)
            if bad >= 0:
                record, person = divmod(bad, values.shape[1])
                message = (
                    f'arm "{arm}": {name} of person {first_person + person} at {hours[record]:g} h is '
                    f"{float(values[record, person]):g}; expected a number up to {_HEADROOM * sketch.axis.top:g}. "
                    "A dose or parameter of the scenario is far outside what the model describes."
                )
                raise KetumError(message)

    def merge(self, other: Sketches) -> None:
        """Add what others have seen."""
        for name, sketch in self.by_name.items():
            sketch.merge(other.by_name[name])


def megabytes(axes: Sequence[Axis], records: int) -> float:
    """Return the memory of the sketches of these axes, MB."""
    return sum(axis.bins for axis in axes) * records * np.dtype(np.uint32).itemsize / 1e6
