"""Absorption, distribution and clearance: linear blocks, stepped exactly (body.md sections 3.1, 3.3 to 3.5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketum.body.fields import ANTAGONISTS, MITRAGYNINE_PROPAGATOR, REFERENCE_OPIOIDS
from ketum.compiled import inlined, kernel

Array = NDArray[np.float64]
Numbers = Mapping[str, Array]

_G1, _G2, _H1, _H2, _C, _V, _M = range(7)
_TAYLOR_TERMS = 14
_SMALL_NORM = 0.25
_LARGEST_NORM = 1e100  # beyond it the matrix is no rate matrix, and its exponential no number
# Where the entries of MITRAGYNINE_PROPAGATOR stand in expm(M dt).
_ENTRIES = np.array(
    [
        (_G1, _G1),
        (_G2, _G1),
        (_C, _G1),
        (_C, _G2),
        (_C, _C),
        (_C, _V),
        (_V, _G1),
        (_V, _G2),
        (_V, _C),
        (_V, _V),
        (_M, _G1),
        (_M, _G2),
        (_M, _H1),
        (_M, _H2),
        (_M, _C),
        (_M, _V),
        (_M, _M),
    ]
)


def size_factors(p: Numbers) -> tuple[Array, Array]:
    """Return the allometric factors of clearances and of volumes, (WT/WT_ref)^b."""
    ratio = p["WT"] / p["WT_ref"]
    return ratio ** p["b_CL"], ratio ** p["b_V"]


def rate_matrix(p: Numbers, liver: float = 1.0) -> Array:
    """Return M of x' = M x for x = (G1, G2, H1, H2, C, V, M) in nmol (body.md section 3.1).

    Parameters
    ----------
    p : mapping of symbol to (P,) array
        Person parameters.
    liver : float
        Co-medication factor i_L; 1 is none. The factor of the gut acts at the dose event only.

    Returns
    -------
    (P, 7, 7) array, 1/h
    """
    f_cl, f_v = size_factors(p)
    a_liver = p["a_3A"] * liver
    total = p["CL_MG"] * f_cl * (1 - p["fm_3A"] + p["fm_3A"] * a_liver)
    total_7 = p["CL_7"] * f_cl * (1 - p["fm_7"] + p["fm_7"] * a_liver)
    formation = p["f_sys"] * a_liver * p["CL_MG"] * f_cl
    flow = p["Q_MG"] * f_cl
    v1, v2, v7 = p["V1_MG"] * f_v, p["V2_MG"] * f_v, p["V_7"] * f_v
    ka = p["ka"]
    m = np.zeros((*np.shape(a_liver), 7, 7))
    m[..., _G1, _G1] = m[..., _G2, _G2] = m[..., _H1, _H1] = m[..., _H2, _H2] = -ka
    m[..., _G2, _G1] = m[..., _H2, _H1] = m[..., _C, _G2] = m[..., _M, _H2] = ka
    m[..., _C, _C] = -(total + flow) / v1
    m[..., _C, _V] = flow / v2
    m[..., _V, _C] = flow / v1
    m[..., _V, _V] = -flow / v2
    m[..., _M, _C] = formation / v1
    m[..., _M, _M] = -total_7 / v7
    return m


@kernel
def _exponentials(matrices: Array, out: Array) -> None:
    """Scaled Taylor series with squaring; safe for the defective matrices of two equal gut rates."""
    n = matrices.shape[1]
    term = np.empty((n, n))
    power = np.empty((n, n))
    for k in range(matrices.shape[0]):
        norm = 0.0
        for i in range(n):
            row = 0.0
            for j in range(n):
                row += abs(matrices[k, i, j])
            norm = max(norm, row)
        squarings = 0
        while _SMALL_NORM < norm < _LARGEST_NORM:
            norm *= 0.5
            squarings += 1
        scale = 0.5**squarings
        for i in range(n):
            for j in range(n):
                power[i, j] = 1.0 if i == j else 0.0
        for order in range(_TAYLOR_TERMS, 0, -1):
            for i in range(n):
                for j in range(n):
                    term[i, j] = 1.0 if i == j else 0.0
            for i in range(n):
                for q in range(n):
                    a = matrices[k, i, q] * scale / order
                    if a != 0.0:
                        for j in range(n):
                            term[i, j] += a * power[q, j]
            power, term = term, power
        for _ in range(squarings):
            for i in range(n):
                for j in range(n):
                    total = 0.0
                    for q in range(n):
                        total += power[i, q] * power[q, j]
                    term[i, j] = total
            power, term = term, power
        for i in range(n):
            for j in range(n):
                out[k, i, j] = power[i, j]


def exponentials(matrices: Array) -> Array:
    """Return expm of each of (P, n, n) matrices.

    Examples
    --------
    >>> import numpy as np
    >>> float(exponentials(np.array([[[-1.0, 0.0], [1.0, -1.0]]]))[0, 1, 0].round(12))
    0.367879441171
    """
    out = np.empty_like(matrices)
    _exponentials(matrices, out)
    return out


def mitragynine_propagator(p: Numbers, dt: float, liver: float = 1.0) -> dict[str, Array]:
    """Return the entries of expm(M dt) by name, each (P,)."""
    full = exponentials(rate_matrix(p, liver) * dt)
    return {
        name: np.ascontiguousarray(full[:, to, source])
        for name, (to, source) in zip(MITRAGYNINE_PROPAGATOR, _ENTRIES, strict=True)
    }


def speciociliatine_propagator(p: Numbers, dt: float) -> dict[str, Array]:
    """Return the entries of the one-compartment block of body.md section 3.3 by name, each (P,)."""
    f_cl, f_v = size_factors(p)
    m = np.zeros((len(f_cl), 2, 2))
    m[:, 0, 0] = -p["ka_SP"]
    m[:, 1, 0] = p["ka_SP"]
    m[:, 1, 1] = -p["CL_SP"] * f_cl / (p["V_SP"] * f_v)
    e = exponentials(m * dt)
    return {"p_s1s1": e[:, 0, 0], "p_scs1": e[:, 1, 0], "p_scsc": e[:, 1, 1]}


def reference_matrix(p: Numbers, drug: str) -> Array:
    """Return M of a reference opioid (depot, central, peripheral) or an antagonist (depot, central), (P, n, n)."""
    f_cl, f_v = size_factors(p)
    n = 3 if drug in REFERENCE_OPIOIDS else 2
    m = np.zeros((len(f_cl), n, n))
    ka, v1 = p[f"ka_{drug}"], p[f"V1_{drug}"] * f_v
    m[:, 0, 0] = -ka
    m[:, 1, 0] = ka
    m[:, 1, 1] = -p[f"CL_{drug}"] * f_cl / v1
    if n == 3:
        flow, v2 = p[f"Q_{drug}"] * f_cl, p[f"V2_{drug}"] * f_v
        m[:, 1, 1] -= flow / v1
        m[:, 1, 2] = flow / v2
        m[:, 2, 1] = flow / v1
        m[:, 2, 2] = -flow / v2
    return m


def reference_propagators(p: Numbers, dt: float) -> dict[str, Array]:
    """Return the propagators of all reference opioids and antagonists by name, each (P,)."""
    entries: dict[str, Array] = {}
    place = {"d": 0, "c": 1, "p": 2}
    for drug in (*REFERENCE_OPIOIDS, *ANTAGONISTS):
        e = exponentials(reference_matrix(p, drug) * dt)
        names = ("dd", "cd", "cc", "cp", "pd", "pc", "pp") if drug in REFERENCE_OPIOIDS else ("dd", "cd", "cc")
        for name in names:
            entries[f"p_{drug}_{name}"] = e[:, place[name[0]], place[name[1]]]
    return entries


@inlined
def gut_step(first: float, second: float, stay: float, move: float) -> tuple[float, float]:
    """Return the two gut stages one step later."""
    return stay * first, move * first + stay * second


@inlined
def blood_step(g1: float, g2: float, c: float, v: float, cg1: float, cg2: float, cc: float, cv: float) -> float:
    """Return one compartment of mitragynine one step later from gut stages and both compartments."""
    return cg1 * g1 + cg2 * g2 + cc * c + cv * v


@inlined
def metabolite_step(
    g1: float,
    g2: float,
    h1: float,
    h2: float,
    c: float,
    v: float,
    m: float,
    mg1: float,
    mg2: float,
    mh1: float,
    mh2: float,
    mc: float,
    mv: float,
    mm: float,
) -> float:
    """Return 7-hydroxymitragynine one step later."""
    return (mg1 * g1 + mg2 * g2) + (mh1 * h1 + mh2 * h2) + (mc * c + mv * v) + mm * m
