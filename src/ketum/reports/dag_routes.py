"""How an arrow of a diagram runs from box to box without crossing others: a straight line, or the flattest free bow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
_STEPS = 96
_BOWS = tuple(sign * 9.0 * k for k in range(31) for sign in (1.0, -1.0))
_GAP, _CLEAR, _HEAD = 2.0, 7.0, 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its middle and size, px."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, point: Point, margin: float) -> bool:
        """Return whether a point is inside, or within a margin of it.

        Examples
        --------
        >>> Box(0, 0, 10, 4).holds((6.0, 0.0), 0.0), Box(0, 0, 10, 4).holds((6.0, 0.0), 2.0)
        (False, True)
        """
        return abs(point[0] - self.x) < self.width / 2 + margin and abs(point[1] - self.y) < self.height / 2 + margin


def route(source: Box, target: Box, others: Sequence[Box], page: Box) -> list[Point]:
    """Return points of an arrow from the edge of one box to the edge of another.

    Parameters
    ----------
    source, target : Box
    others : sequence of Box
        Boxes to keep clear of.
    page : Box
        What to stay within.

    Examples
    --------
    >>> page = Box(50, 0, 200, 100)
    >>> straight = route(Box(0, 0, 10, 4), Box(100, 0, 10, 4), [], page)
    >>> {y for x, y in straight}
    {0.0}
    >>> around = route(Box(0, 0, 10, 4), Box(100, 0, 10, 4), [Box(50, 0, 10, 4)], page)
    >>> max(abs(y) for x, y in around) > 9
    True
    """
    tried = []
    for bow in _BOWS:
        curve = _clipped(_bowed(source, target, bow), source, target)
        blocked = sum(_blocked(point, others, page) for point in curve)
        if not blocked:
            return curve
        tried.append((blocked, curve))
    return min(tried, key=lambda one: one[0])[1]


def _blocked(point: Point, others: Sequence[Box], page: Box) -> bool:
    return not page.holds(point, 0.0) or any(box.holds(point, _CLEAR) for box in others)


def _bowed(source: Box, target: Box, bow: float) -> list[Point]:
    """Return a parabola between two middles."""
    dx, dy = target.x - source.x, target.y - source.y
    length = math.hypot(dx, dy) or 1.0
    points = []
    for k in range(_STEPS + 1):
        t = k / _STEPS
        off = 4.0 * t * (1.0 - t) * bow
        points.append((source.x + t * dx - off * dy / length, source.y + t * dy + off * dx / length))
    return points


def _clipped(curve: Sequence[Point], source: Box, target: Box) -> list[Point]:
    first = max((k for k, point in enumerate(curve) if source.holds(point, _GAP)), default=0)
    outside = [k for k, point in enumerate(curve) if k > first and not target.holds(point, _GAP)]
    return list(curve[first : (outside[-1] if outside else len(curve) - 1) + 2])


def smooth(curve: Sequence[Point]) -> str:
    """Return the path data of a curve, without its last piece, which the head covers.

    Examples
    --------
    >>> smooth([(0.0, 0.0), (30.0, 0.0)])
    'M0.0 0.0L24.0 0.0'
    """
    end = _before_end(curve, 0.75 * _HEAD)
    kept = [point for point in curve[:-1] if math.dist(point, curve[-1]) > _HEAD]
    steps = [*kept[1:-1:6], end]
    start = kept[0] if kept else curve[0]
    return f"M{start[0]:.1f} {start[1]:.1f}" + "".join(f"L{x:.1f} {y:.1f}" for x, y in steps)


def arrow_head(curve: Sequence[Point]) -> tuple[Point, Point, Point]:
    """Return the corners of a head at the end of a curve.

    Examples
    --------
    >>> arrow_head([(0.0, 0.0), (30.0, 0.0)])
    ((30.0, 0.0), (22.0, 3.6), (22.0, -3.6))
    """
    tip, back = curve[-1], _before_end(curve, _HEAD)
    length = math.dist(tip, back)
    x, y = (tip[0] - back[0]) / length, (tip[1] - back[1]) / length
    wide = 0.45 * _HEAD
    return tip, (back[0] - wide * y, back[1] + wide * x), (back[0] + wide * y, back[1] - wide * x)


def _before_end(curve: Sequence[Point], distance: float) -> Point:
    """Return the point on the curve that stands so far from its end."""
    tip = curve[-1]
    for near, far in zip(reversed(curve[1:]), reversed(curve[:-1]), strict=True):
        if math.dist(far, tip) >= distance:
            left = (distance - math.dist(near, tip)) / (math.dist(far, tip) - math.dist(near, tip))
            return near[0] + left * (far[0] - near[0]), near[1] + left * (far[1] - near[1])
    return curve[0]
