"""Sketches: merging is exact in every order, errors stay in their bounds, what is no number is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ketum.engine.outputs import output_catalogue
from ketum.engine.sketch import _HEADROOM, Axis, Sketch, Sketches, megabytes
from ketum.errors import KetumError

Array = NDArray[np.float64]
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
BIN = 1 / 32
"""Width of a bin, as a share of |x| + resolution: 32 bins to an octave."""
QUICK = settings(max_examples=60, deadline=None, database=None)
SIGNED = Axis("calm", 0.05, 4.0, True)
PLAIN = Axis("withdrawal", 1.0, 64.0, False)


def sketch_of(axis: Axis, values: Array) -> Sketch:
    sketch = Sketch.empty(axis, len(values))
    assert sketch.add(values) == -1
    return sketch


def equal_bits(one: Sketch, other: Sketch) -> bool:
    return all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in ("counts", "sums", "low", "high"))


@st.composite
def values_in_parts(draw: st.DrawFn) -> tuple[Axis, Array, list[Array], list[int]]:
    """Values of some records and persons, the same cut into parts, and an order of the parts."""
    axis = draw(st.sampled_from([SIGNED, PLAIN]))
    records, people = draw(st.integers(1, 4)), draw(st.integers(1, 40))
    low = -axis.top if axis.signed else 0.0
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    values = low + (axis.top - low) * rng.random((records, people)) ** draw(st.sampled_from([1, 4]))
    cuts = sorted(draw(st.lists(st.integers(0, people), max_size=6)))
    parts = np.split(values, cuts, axis=1)
    order = draw(st.permutations(range(len(parts))))
    return axis, values, parts, order


@QUICK
@given(values_in_parts())
def test_any_split_and_order_of_merging_gives_the_same_bits(case: tuple[Axis, Array, list[Array], list[int]]) -> None:
    axis, values, parts, order = case
    whole = sketch_of(axis, values)
    chain = Sketch.empty(axis, len(values))
    for k in order:
        chain.merge(sketch_of(axis, parts[k]))
    assert equal_bits(whole, chain)
    pieces = [sketch_of(axis, parts[k]) for k in order]
    while len(pieces) > 1:  # as a tree, from the right
        right = pieces.pop()
        pieces[-1].merge(right)
        pieces.insert(0, pieces.pop())
    assert equal_bits(whole, pieces[0])
    one = Sketch.empty(axis, len(values))
    for k in order:
        one.add(parts[k])
    assert equal_bits(whole, one)
    assert whole.mean().tobytes() == chain.mean().tobytes()
    assert whole.quantiles(SHARES).tobytes() == chain.quantiles(SHARES).tobytes()


def test_merging_notices_one_value_more() -> None:
    values = np.linspace(0.0, 60.0, 41)[None]
    more = sketch_of(PLAIN, values)
    more.merge(sketch_of(PLAIN, np.array([[30.0]])))
    assert not equal_bits(more, sketch_of(PLAIN, values))
    assert more.counts.sum() == 42


RNG = np.random.default_rng(5)
LARGE: dict[str, tuple[Axis, Array]] = {
    "normal": (SIGNED, RNG.normal(0.0, 0.4, 20_000)),
    "normal shifted": (SIGNED, RNG.normal(-1.5, 0.3, 20_000)),
    "lognormal": (Axis("mitragynine", 0.1, 200_000.0, False), np.exp(RNG.normal(4.0, 1.0, 20_000))),
    "uniform": (Axis("tolerance", 0.05, 1.0, False), RNG.random(20_000)),
    "beta near zero": (Axis("effect", 0.02, 1.0, False), RNG.beta(0.5, 8.0, 20_000)),
    "exponential": (PLAIN, np.minimum(RNG.exponential(6.0, 20_000), 64.0)),
    "two humps": (SIGNED, np.concatenate([RNG.normal(-2.0, 0.2, 8_000), RNG.normal(1.0, 0.5, 12_000)])),
}


@pytest.mark.parametrize(("axis", "values"), LARGE.values(), ids=LARGE.keys())
def test_quantiles_of_many_values(axis: Axis, values: Array) -> None:
    found = sketch_of(axis, values[None]).quantiles(SHARES)[:, 0]
    exact = np.quantile(values, SHARES)
    allowed = BIN * (np.abs(exact) + axis.resolution)
    assert np.all(np.abs(found - exact) <= allowed)
    # Where values lie close, a bin is interpolated well and most of the bound is not needed.
    assert np.all(np.abs(found - exact)[1:4] <= 0.3 * allowed[1:4])


@QUICK
@given(
    axis=st.sampled_from([SIGNED, PLAIN, Axis("nM", 0.1, 200_000.0, False)]),
    units=st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=60),
    share=st.floats(0.0, 1.0),
)
def test_quantiles_of_few_values(axis: Axis, units: list[float], share: float) -> None:
    values = axis.top * np.array(units) if axis.signed else axis.top * np.abs(np.array(units)) ** 5
    found = sketch_of(axis, values[None]).quantiles([share])[0, 0]
    # Between two values far apart numpy interpolates and the sketch stays at one of them: both lie between the two.
    below, above = (np.quantile(values, share, method=method) for method in ("lower", "higher"))
    slack = BIN * (max(abs(below), abs(above)) + axis.resolution) * (1.0 + 1e-9)
    assert below - slack <= found <= above + slack


@pytest.mark.parametrize("name", output_catalogue())
def test_every_output_keeps_the_bound_over_its_range(name: str) -> None:
    axis = Axis.of(output_catalogue()[name])
    sizes = np.concatenate([[0.0], np.geomspace(axis.resolution / 50, axis.top, 200)])
    values = np.concatenate([-sizes, sizes]) if axis.signed else sizes
    found = sketch_of(axis, values[:, None]).quantiles([0.5])[0]  # one value a record: clipped to it
    assert np.all(found == values)
    pairs = np.stack([values, values + np.sign(values + 0.5) * BIN * axis.resolution / 8], axis=1)
    median = sketch_of(axis, pairs).quantiles([0.5])[0]
    assert np.all(np.abs(median - pairs.mean(axis=1)) <= BIN * (np.abs(values) + axis.resolution))
    edges = axis.edges
    assert np.all(np.diff(edges) > 0.0)
    assert edges[-1] >= axis.top
    assert edges[0] == (-edges[-1] if axis.signed else 0.0)
    assert len(edges) == axis.bins + 1


@QUICK
@given(
    units=st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=200),
    axis=st.sampled_from([SIGNED, PLAIN]),
)
def test_mean(units: list[float], axis: Axis) -> None:
    values = axis.top * (np.array(units) if axis.signed else np.abs(np.array(units)))
    found = sketch_of(axis, values[None]).mean()[0]
    assert abs(found - math.fsum(values) / len(values)) <= 1e-10 * axis.top


def test_mean_does_not_drift_with_the_number_of_values() -> None:
    values = np.full((1, 1_000_000), 0.1)
    assert abs(sketch_of(PLAIN, values).mean()[0] - 0.1) <= 1e-10 * PLAIN.top


def test_means_and_quantiles_are_of_each_record() -> None:
    values = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    sketch = sketch_of(PLAIN, values)
    assert sketch.mean() == pytest.approx([2.0, 20.0], abs=1e-8)
    assert sketch.quantiles([0.5])[0] == pytest.approx([2.0, 20.0], rel=0.05)
    assert sketch.low.tolist() == [1.0, 10.0]
    assert sketch.high.tolist() == [3.0, 30.0]


def test_memory_is_counted() -> None:
    (sketch,) = Sketches.empty([SIGNED], 7).by_name.values()
    assert megabytes([SIGNED], 7) == sketch.counts.nbytes / 1e6


LIMIT = _HEADROOM * PLAIN.top
"""The largest value that is taken."""


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e12, 1.001 * LIMIT])
def test_what_is_no_number_is_refused_with_person_arm_and_time(value: float) -> None:
    sketches = Sketches.empty([PLAIN, SIGNED], 3)
    fine = np.zeros((3, 40))
    bad = fine.copy()
    bad[1, 5] = value
    bad[2, 3] = value
    hours = np.array([0.0, 24.5, 48.0])
    with pytest.raises(KetumError) as caught:
        sketches.add({"withdrawal": bad, "calm": fine}, "leaf, daily", 1024, hours)
    message = str(caught.value)
    for fragment in ('arm "leaf, daily"', "withdrawal", "person 1029", "24.5 h", f"is {value:g};", f"up to {LIMIT:g}"):
        assert fragment in message
    assert "\n" not in message


def test_values_up_to_the_headroom_are_taken() -> None:
    sketch = Sketch.empty(PLAIN, 1)
    assert sketch.add(np.array([[LIMIT, 0.0]])) == -1
    assert sketch.mean()[0] == LIMIT / 2
    assert sketch.high[0] == LIMIT
    assert sketch.add(np.array([[0.0, LIMIT * 1.0001]])) == 1


@pytest.mark.parametrize("axis", [PLAIN, SIGNED])
def test_quantiles_hold_for_all_values_that_are_taken(axis: Axis) -> None:
    values = np.linspace(-1.0 if axis.signed else 0.0, 1.0, 1001) * _HEADROOM * axis.top
    found = sketch_of(axis, values[None]).quantiles(SHARES)[:, 0]
    exact = np.quantile(values, SHARES)
    assert np.all(np.abs(found - exact) <= BIN * (np.abs(exact) + axis.resolution))
