"""The body model as plain differential equations, solved tightly: what the fast kernel is compared with.

Written from `design/body.md` alone (sections 3-7), sharing no code with the kernel. Section 5 has exact
discrete updates; read backwards, each solves over one step a linear equation whose drive is held at its mean.
Letting dt go to zero gives the continuous model integrated here (rates k = ln2/h):

    T'  = kTon E (1 - T) - kToff T                        D' = (kDon if E > D else kDoff) (E - D)
    X'  = (kX + k_ant occN) (max(0, D - E) - X)           P0' = kPon E (1 - P0) - kPoff P0
    P'  = kPdel (P0 - P)                                  Rs' = kR (1 - (1 + rho_R E) Rs)
    U'  = kU (u - U)

Every right-hand side is continuous (only slopes jump, where E crosses D), so LSODA needs a restart only at
doses and at changes of co-medication. All times h, amounts nmol, concentrations nM, doses mg.

Second half: closed forms of the kinetics (matrix exponential, residues, areas, superposition, steady state).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import odeint
from scipy.linalg import expm

from ketum.evidence import load_parameters

Array = NDArray[np.float64]

F_REL = {"leaf_tea": "F_rel_tea", "leaf_powder": "F_rel_leaf", "extract": "F_rel_ext"}
OPIOIDS = {"morphine": "mor", "methadone": "met", "buprenorphine": "bup"}
ANTAGONISTS = {"naloxone": "nal", "naltrexone": "ntx"}
PRODUCTS = (*F_REL, "7oh_tablet", *OPIOIDS, *ANTAGONISTS)

BLOCKS = {
    "kratom": ["G1", "G2", "H1", "H2", "C", "V", "M"],
    "sp": ["S1", "Sc"],
    **{s: [f"{s}1", f"{s}2", f"{s}3"] for s in OPIOIDS.values()},
    **{s: [f"{s}1", f"{s}2"] for s in ANTAGONISTS.values()},
}
BRAIN = ["T", "D", "X", "P0", "P", "Rs", "U"]
PK_STATES = [name for block in BLOCKS.values() for name in block]
STATE_NAMES = [*PK_STATES, "Ge", *BRAIN]


def table() -> dict[str, float]:
    """Values of the shipped parameter table by symbol."""
    return load_parameters("body").plain()


def typical() -> dict[str, float]:
    """Table values with the reference weight: the typical person of section 11."""
    values = table()
    return {**values, "WT": values["WT_ref"]}


# --- kinetics (section 3) -------------------------------------------------------------------------


def pk_matrix(p: Mapping[str, float], block: str, i_L: float = 1.0) -> Array:
    """Rate matrix M of x' = M x for one block (states in the order of `BLOCKS`), 1/h."""
    fC = (p["WT"] / p["WT_ref"]) ** p["b_CL"]
    fV = (p["WT"] / p["WT_ref"]) ** p["b_V"]
    n = len(BLOCKS[block])
    M = np.zeros((n, n))
    if block == "kratom":
        a_L = p["a_3A"] * i_L
        CLt = p["CL_MG"] * fC * (1 - p["fm_3A"] + p["fm_3A"] * a_L)
        CL7t = p["CL_7"] * fC * (1 - p["fm_7"] + p["fm_7"] * a_L)
        form = p["f_sys"] * a_L * p["CL_MG"] * fC
        V1, V2, V7, Q = p["V1_MG"] * fV, p["V2_MG"] * fV, p["V_7"] * fV, p["Q_MG"] * fC
        G1, G2, H1, H2, C, V, Mx = range(n)
        M[G1, G1] = M[G2, G2] = M[H1, H1] = M[H2, H2] = -p["ka"]
        M[G2, G1] = M[H2, H1] = M[C, G2] = M[Mx, H2] = p["ka"]
        M[C, C], M[C, V] = -(CLt + Q) / V1, Q / V2
        M[V, C], M[V, V] = Q / V1, -Q / V2
        M[Mx, C], M[Mx, Mx] = form / V1, -CL7t / V7
        return M
    if block == "sp":
        ka, k10, k12, k21 = p["ka_SP"], p["CL_SP"] * fC / (p["V_SP"] * fV), 0.0, 0.0
    else:
        V1 = p[f"V1_{block}"] * fV
        ka, k10, k12, k21 = p[f"ka_{block}"], p[f"CL_{block}"] * fC / V1, 0.0, 0.0
        if n == 3:
            k12, k21 = p[f"Q_{block}"] * fC / V1, p[f"Q_{block}"] * fC / (p[f"V2_{block}"] * fV)
    M[0, 0], M[1, 0], M[1, 1] = -ka, ka, -(k10 + k12)
    if n == 3:
        M[2, 1], M[1, 2], M[2, 2] = k12, k21, -k21
    return M


def concentrations(p: Mapping[str, float], x: Mapping[str, Any]) -> dict[str, Any]:
    """Plasma concentrations, nM, from amounts by state name."""
    fV = (p["WT"] / p["WT_ref"]) ** p["b_V"]
    c = {
        "c_MG": x["C"] / (p["V1_MG"] * fV),
        "c_7": x["M"] / (p["V_7"] * fV),
        "c_SP": x["Sc"] / (p["V_SP"] * fV),
    }
    for s in (*OPIOIDS.values(), *ANTAGONISTS.values()):
        c[f"c_{s}"] = x[f"{s}2"] / (p[f"V1_{s}"] * fV)
    return c


def add_dose(
    p: Mapping[str, float],
    x: dict[str, float],
    product: str,
    mg: float,
    mg_7oh: float = 0.0,
    i_G: float = 1.0,
    i_L: float = 1.0,
    gut_auto: bool = False,
) -> None:
    """Section 3.2: one dose added to the amounts `x` in place (`mg_7oh`: 7-OH that leaf contains)."""
    if product in F_REL:
        F_rel, n = p[F_REL[product]], mg / p["MW_MG"] * 1e6
        a_L, a_G = p["a_3A"] * i_L, p["a_3A"] * i_G
        g = x["Ge"] if gut_auto else 1.0
        n1 = n * F_rel
        k = (1 - p["w_gut"]) * a_L + p["w_gut"] * a_G * g
        y = min(p["y_fp"], p["y_cap"])
        x["G1"] += n1 * p["F_ind"] * (1 + p["q_gut"]) / (1 + p["q_gut"] * a_G * g)
        x["H1"] += n1 * y * k / (1 - y + y * k) + mg_7oh / p["MW_7"] * 1e6 * p["F_7"] * F_rel
        x["S1"] += n1 * p["r_SP"] * p["F_ind"]
        # Section 3.6 follows Ge with the switch off as well; the switch decides only whether g reads it.
        x["Ge"] *= exp(-p["kappa_gut"] * mg * F_rel)
    elif product == "7oh_tablet":
        x["H1"] += mg / p["MW_7"] * 1e6 * p["F_7"]
    elif product in OPIOIDS or product in ANTAGONISTS:
        s = {**OPIOIDS, **ANTAGONISTS}[product]
        x[f"{s}1"] += p[f"F_{s}"] * mg / p[f"MW_{s}"] * 1e6
    else:
        raise ValueError(f"product {product!r}: one of {PRODUCTS}")


# --- receptor, scales (sections 4, 6, 7) ----------------------------------------------------------


def receptor_weights(p: Mapping[str, float]) -> tuple[Array, Array]:
    """Per nM of each concentration in the order of `concentrations`: v (load) and tau v (drive)."""
    load, tau = [], []
    for s in ("MG", "7", "SP"):
        load.append(p["theta"] * p[f"fu_{s}"] * p["Kpuu"] / p[f"K_{s}"])
        tau.append(p[f"tau_{s}"])
    for s in OPIOIDS.values():
        load.append(p[f"theta_{s}"] * p[f"fu_{s}"] * p[f"Kpuu_{s}"] / p[f"K_{s}"])
        tau.append(p[f"tau_{s}"])
    for s in ANTAGONISTS.values():
        load.append(1 / p[f"K_{s}"])
        tau.append(0.0)
    return np.array(load), np.array(load) * np.array(tau)


def half_gain(p: Mapping[str, float]) -> float:
    """P_W of section 6, from table values (never a person's)."""
    return p["p_WP"] / (1 + p["h_Pon"] / (p["E_WP"] * p["h_Poff"]))


def outputs(p: Mapping[str, float], P_W: float, x: Mapping[str, Array], dist: float | Array) -> dict[str, Array]:
    """Everything that is read off the states: concentrations, effect, withdrawal, scales, acute effects."""
    out = concentrations(p, x)
    load, drive = receptor_weights(p)
    c = np.array([out[name] for name in out])
    den = 1 + load @ c
    stimulus0 = p["A"] * (drive @ c) / den
    stimulus = stimulus0 / (1 + (p["phi_T"] - 1) * x["T"])
    E, E0 = stimulus / (1 + stimulus), stimulus0 / (1 + stimulus0)
    w = np.clip(x["X"], 0.0, np.maximum(0.0, x["D"] - E))  # round-off may leave X at -1e-16
    F = x["P"] ** p["n_WP"] / (P_W ** p["n_WP"] + x["P"] ** p["n_WP"])
    W = 1 - np.exp(-p["g_W"] * F * w)
    b = p["sows_0"] + p["sows_D"] * dist
    u = out["c_MG"] / (p["EC_A"] + out["c_MG"])
    A = p["a_A"] * (u - x["U"]) - p["s_E"] * E**2
    m = p["b_E"] * E + p["b_A"] * A - p["b_W"] * W - p["b_P"] * x["P"]
    return out | {
        "occN": (load[-2:] @ c[-2:]) / den,
        "gain_shift": 1 + (p["phi_T"] - 1) * x["T"],
        "E": E,
        "E0": E0,
        "w": w,
        "F": F,
        "W": W,
        "Wpot": 1 - np.exp(-p["psi_pk"] * p["g_W"] * F * x["D"]),
        "SOWS": b + (p["sows_max"] - b) * W,
        "COWS": p["cows_max"] * W ** p["cows_pow"],
        "u": u,
        "A": A,
        "m": m,
        "R": x["Rs"] * (1 - p["c_RW"] * W) * (1 - p["c_RP"] * x["P"]),
        "calm": p["b_calmE"] * E - p["b_calmW"] * W,
    }


# --- the solver -----------------------------------------------------------------------------------


class _Equations:
    """Right-hand side over the blocks in use: amounts first, then the seven states of `BRAIN`."""

    def __init__(self, p: Mapping[str, float], blocks: Sequence[str]) -> None:
        self.p, self.blocks = p, blocks
        self.names = [name for block in blocks for name in BLOCKS[block]]
        self.n = len(self.names)
        load, drive = receptor_weights(p)
        unit = concentrations(p, dict.fromkeys(PK_STATES, 1.0))
        holder = {"c_MG": "C", "c_7": "M", "c_SP": "Sc"}
        self.read = np.zeros((4, self.n))  # rows: total load, drive, antagonist load, c_MG
        for c_name, v, tau_v in zip(unit, load, drive, strict=True):
            state = holder.get(c_name, c_name.removeprefix("c_") + "2")
            if state in self.names:
                i = self.names.index(state)
                is_antagonist = c_name.removeprefix("c_") in ANTAGONISTS.values()
                self.read[:, i] = [v, tau_v, v * is_antagonist, c_name == "c_MG"]
                self.read[:, i] *= unit[c_name]
        k = {h: log(2) / p[h] for h in p if h.startswith("h_")}
        self.rates = [k[f"h_{s}"] for s in ("Ton", "Toff", "Don", "Doff", "X", "Pon", "Poff", "Pdel", "R", "U")]
        self.set_factors(1.0)

    def set_factors(self, i_L: float) -> None:
        M = np.zeros((self.n + 4, self.n))
        at = 0
        for block in self.blocks:
            size = len(BLOCKS[block])
            M[at : at + size, at : at + size] = pk_matrix(self.p, block, i_L)
            at += size
        M[self.n :] = self.read
        self.M = M

    def __call__(self, _t: float, y: Array) -> list[float]:
        p = self.p
        linear: list[float] = (self.M @ y[: self.n]).tolist()
        den, drive, antagonist, c_MG = linear[self.n :]
        T, D, X, P0, P, Rs, U = y[self.n :].tolist()
        den += 1
        S = p["A"] / (1 + (p["phi_T"] - 1) * T) * drive / den
        E, u = S / (1 + S), c_MG / (p["EC_A"] + c_MG)
        kTon, kToff, kDon, kDoff, kX, kPon, kPoff, kPdel, kR, kU = self.rates
        return [
            *linear[: self.n],
            kTon * E * (1 - T) - kToff * T,
            (kDon if E > D else kDoff) * (E - D),
            (kX + p["k_ant"] * antagonist / den) * (max(0.0, D - E) - X),
            kPon * E * (1 - P0) - kPoff * P0,
            kPdel * (P0 - P),
            kR * (1 - (1 + p["rho_R"] * E) * Rs),
            kU * (u - U),
        ]


def simulate(
    params: Mapping[str, float],
    doses: Iterable[tuple[Any, ...]],
    t_out: Sequence[float] | Array,
    *,
    person: Mapping[str, float] | None = None,
    dist: float | Array = 0.25,
    comed: Iterable[tuple[float, float, float]] = (),
    gut_auto: bool = False,
    initial: Mapping[str, float] | None = None,
    t0: float = 0.0,
    rtol: float = 1e-9,
    atol_pk: float = 1e-9,
    atol: float = 1e-12,
) -> dict[str, Array]:
    """One person's states and outputs at the times `t_out` (ascending, not before `t0`).

    `params` are table values (P_W comes from them) and `person` overrides them. A dose is (h, product, mg)
    or, for leaf that contains 7-OH, (h, product, mg, mg 7-OH). `comed` lists (h, i_L, i_G), each valid from
    its time on. `dist` is a number or one value per output time. `initial` holds any of `STATE_NAMES`; the
    rest is at rest. At the time of a dose the state before it is given (only gut and depot amounts and Ge
    jump).
    """
    p = {**params, **(person or {})}
    x = dict.fromkeys(STATE_NAMES, 0.0) | {"Ge": 1.0, "Rs": 1.0} | dict(initial or {})
    if unknown := set(x) - set(STATE_NAMES):
        raise ValueError(f"initial: unknown states {sorted(unknown)}")
    t_out = np.asarray(t_out, dtype=float)
    doses = sorted((tuple(d) for d in doses), key=lambda d: d[0])
    factors = sorted(comed)
    if any(d[0] < t0 for d in doses) or (len(t_out) and t_out[0] < t0) or np.any(np.diff(t_out) < 0):
        raise ValueError("doses and outputs must not lie before t0, and t_out must ascend")

    used = {"sp"} if any(d[1] in F_REL for d in doses) else set()
    used |= {({**OPIOIDS, **ANTAGONISTS}).get(d[1], "kratom") for d in doses}
    blocks = [b for b in BLOCKS if b in used or any(x[s] for s in BLOCKS[b])]
    eq = _Equations(p, blocks)
    names = [*eq.names, *BRAIN]
    tolerance = np.array([atol_pk] * eq.n + [atol] * len(BRAIN))
    kept = {name: np.full(len(t_out), x[name]) for name in STATE_NAMES}

    i_L = i_G = 1.0
    t_end = t_out[-1] if len(t_out) else t0
    stops = {t0, t_end, *(d[0] for d in doses), *(f[0] for f in factors)}
    edges = sorted(s for s in stops if t0 <= s <= t_end)
    for now, after in zip(edges, [*edges[1:], t_end], strict=True):
        if now == t0:
            first = t_out == t0
            for name in STATE_NAMES:
                kept[name][first] = x[name]
        for t, factor_L, factor_G in factors:
            if t == now or (now == t0 and t < t0):
                i_L, i_G = factor_L, factor_G
                eq.set_factors(i_L)
        for t, product, *amounts in doses:
            if t == now:
                add_dose(p, x, product, *amounts, i_L=i_L, i_G=i_G, gut_auto=gut_auto)
        if after == now:
            break
        inside = np.flatnonzero((t_out > now) & (t_out <= after))
        times, where = np.unique(np.concatenate([[now], t_out[inside], [after]]), return_inverse=True)
        y, info = odeint(
            eq,
            np.array([x[name] for name in names]),
            times,
            tfirst=True,
            rtol=rtol,
            atol=tolerance,
            mxstep=100_000,
            tcrit=[after],  # never step beyond a dose, even when its time is no output time
            full_output=True,
        )
        if info["message"] != "Integration successful.":
            raise RuntimeError(f"LSODA between {now} and {after} h: {info['message']}")
        gut = 1 + (x["Ge"] - 1) * np.exp(-p["k_deg"] * (times - now))
        for j, name in enumerate(names):
            kept[name][inside] = y[where[1:-1], j]
            x[name] = float(y[-1, j])
        kept["Ge"][inside] = gut[where[1:-1]]
        x["Ge"] = float(gut[-1])
    return {"t": t_out, **kept, **outputs(p, half_gain(params), kept, dist)}


# --- regimens and summaries of section 11 ---------------------------------------------------------


def daily(product: str, mg: float, clock: Sequence[float], days: int, every: int = 1) -> list[tuple[float, str, float]]:
    """Doses at the given clock hours on days 0, `every`, 2 `every`, ... below `days`."""
    return [(24.0 * d + h, product, mg) for d in range(0, days, every) for h in clock]


def half_life(t: Array, c: Array, window: tuple[float, float]) -> float:
    """Half-life, h, from the log-linear slope over a window."""
    inside = (t >= window[0]) & (t <= window[1])
    return float(-log(2) / np.polyfit(t[inside], np.log(c[inside]), 1)[0])


def stop_summary(t: Array, sows: Array, last: float, background: float = 2.0) -> dict[str, float]:
    """Section 10: onset, peak, times to 10% of the rise and to background + 2, h after the dose at `last`."""
    after = t >= last
    t, s = t[after] - last, sows[after]
    top = int(np.argmax(s))
    rise = s[top] - background

    def below(level: float) -> float:
        return float(t[top + np.flatnonzero(s[top:] <= level)[0]]) if np.any(s[top:] <= level) else np.inf

    return {
        "onset": float(t[np.flatnonzero(s > background + 0.2 * rise)[0]]),
        "peak": float(s[top]),
        "t_peak": float(t[top]),
        "t_10": below(background + 0.1 * rise),
        "t_2": below(background + 2),
    }


# --- closed forms ---------------------------------------------------------------------------------


def single_dose(M: Array, x0: Array, t: Array) -> Array:
    """Amounts (time, state) after one dose at 0 by matrix exponentials."""
    return np.array([expm(M * s) @ x0 for s in t])


def auc_inf(M: Array, x0: Array) -> Array:
    """Integral of all amounts from 0 to infinity: -inv(M) x0."""
    return np.linalg.solve(-M, x0)


def auc(M: Array, x0: Array, t: float) -> Array:
    """Integral of all amounts from 0 to t: inv(M) (expm(M t) - 1) x0."""
    return np.linalg.solve(M, expm(M * t) @ x0 - x0)


def two_compartment(dose: float, ka: float, k10: float, k12: float, k21: float, t: Array) -> Array:
    """Central amount after `dose` enters two equal gut stages, from the residues of its Laplace transform.

    C(s) = dose ka^2 (s + k21) / ((s + ka)^2 (s + alpha)(s + beta)), with a double pole at -ka.
    """
    total = k10 + k12 + k21
    root = np.sqrt(total**2 - 4 * k10 * k21)
    alpha, beta = (total + root) / 2, (total - root) / 2
    fast = (k21 - alpha) / ((ka - alpha) ** 2 * (beta - alpha))
    slow = (k21 - beta) / ((ka - beta) ** 2 * (alpha - beta))
    a, b, z = alpha - ka, beta - ka, k21 - ka
    secular = z / (a * b)  # multiplies t exp(-ka t)
    plain = (a * b - z * (a + b)) / (a * b) ** 2
    e = np.exp
    return dose * ka**2 * (fast * e(-alpha * t) + slow * e(-beta * t) + (secular * t + plain) * e(-ka * t))


def superposition(M: Array, doses: Iterable[tuple[float, Array]], t: Array) -> Array:
    """Amounts (time, state) under several doses (h, amounts added): the sum of single-dose curves.

    At the time of a dose the state before it is given, as in `simulate`.
    """
    doses = list(doses)
    return np.array([sum((expm(M * (s - at)) @ x0 for at, x0 in doses if at < s), np.zeros(len(M))) for s in t])


def steady_state(M: Array, x0: Array, interval: float) -> Array:
    """Amounts just after a dose once `x0` has been added every `interval` h for ever."""
    return np.linalg.solve(np.eye(len(M)) - expm(M * interval), x0)
