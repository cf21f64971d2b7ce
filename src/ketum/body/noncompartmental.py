"""Non-compartmental analysis of concentration profiles.

Linear-up, log-down trapezoids; terminal slope by the best adjusted r2 over the last three or more points after Cmax
(Gabrielsson and Weiner 2012, "Non-compartmental analysis", doi 10.1007/978-1-62703-050-2_16).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ketum.compiled import kernel

Array = NDArray[np.float64]
QUANTITIES = ("Cmax", "Tmax", "AUClast", "AUCinf", "t1/2", "CL/F", "Vz/F")
"""Columns of `noncompartmental`."""
UNITS = ("nM", "h", "nM*h", "nM*h", "h", "L/h", "L")
_FEWEST_POINTS = 3


@kernel
def _analyse(time: Array, values: Array, dose: Array, out: Array) -> None:
    n = values.shape[0]
    for i in range(values.shape[1]):
        peak = 0
        last = -1
        for t in range(n):
            if values[t, i] > values[peak, i]:
                peak = t
            if values[t, i] > 0.0:
                last = t
        out[0, i] = values[peak, i]
        out[1, i] = time[peak]
        area = 0.0
        for t in range(1, last + 1):
            before, now, dt = values[t - 1, i], values[t, i], time[t] - time[t - 1]
            if 0.0 < now < before:
                area += dt * (before - now) / np.log(before / now)
            else:
                area += 0.5 * dt * (before + now)
        out[2, i] = area
        # terminal slope: regressions over the last k points, k growing; keep the best adjusted r2
        k = 0
        sx, sy, sxx, sxy, syy = 0.0, 0.0, 0.0, 0.0, 0.0
        best, slope = -np.inf, np.nan
        t = last
        while t > peak:
            x, y = time[t] - time[last], np.log(values[t, i] / values[last, i])
            k += 1
            sx += x
            sy += y
            sxx += x * x
            sxy += x * y
            syy += y * y
            if k >= _FEWEST_POINTS:
                vx, vy, cxy = sxx - sx * sx / k, syy - sy * sy / k, sxy - sx * sy / k
                if vx > 0.0 and vy > 0.0 and cxy < 0.0:
                    adjusted = 1.0 - (1.0 - cxy * cxy / (vx * vy)) * (k - 1) / (k - 2)
                    if adjusted >= best:
                        best, slope = adjusted, -cxy / vx
            t -= 1
        if slope > 0.0:
            infinite = area + values[last, i] / slope
            out[3, i] = infinite
            out[4, i] = np.log(2.0) / slope
            out[5, i] = dose[i] / infinite
            out[6, i] = dose[i] / (infinite * slope)


def noncompartmental(time: Array, values: Array, dose: Array) -> Array:
    """Return the quantities of each profile after one dose.

    Parameters
    ----------
    time : (T,) array
        Times since the dose, h; the first is 0.
    values : (T, P) array
        Concentrations, nM.
    dose : (P,) array
        Dose of the analyte, nmol; not a number where it was not given as such.

    Returns
    -------
    (7, P) array
        In the order of `QUANTITIES`; not a number where the terminal slope cannot be found.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.linspace(0.0, 48.0, 193)
    >>> found = noncompartmental(t, 100.0 * np.exp(-0.1 * t)[:, None], np.array([1000.0]))
    >>> [round(float(x), 3) for x in found[3:6, 0]]
    [1000.0, 6.931, 1.0]
    """
    out = np.full((len(QUANTITIES), values.shape[1]), np.nan)
    _analyse(np.ascontiguousarray(time), np.ascontiguousarray(values), dose, out)
    return out
