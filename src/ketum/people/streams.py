"""Random numbers that depend on nothing but their key: (seed, person, stream, counter).

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). The same key gives the same number
in every arm, chunk and process. One Philox call gives two uniforms: counters 2k and 2k+1 share it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ketum.compiled import inlined, kernel

# Streams: mood.md section 2, body.md section 9, joined.md section 8.
FLUCTUATION = 1
TRANSITIONS = 2
FRAILTY = 3
EPISODE_SEVERITY = 4
SPELL_BEGINS = 5
SPELL_ENDS = 6
COVARIATES = 10
HISTORY = 11
RESPONSE = 12
USER = 13
WEIGHT = 14
TRAIT_ANXIETY = 15
PCL_MEAN = 16
DAY_MEMORY = 17
USUAL_CARE = 18
DAY_MOOD = 30
FAST_MOOD = 31
PROMPTS = 33
PERIOD_ORDER = 40
"""Which period of a pair comes first in a crossover; counter the number of the pair."""
MOTIVES = 50
HELP = 51
DROPOUT = 60
MISSING = 61
ASSIGNMENT = 62
START_WEEK = 63
RECALL = 64
CONCEALED = 65
MICRO_RANDOMISED = 66
"""Of emulated studies: leaving, missing visits, arms, the start of follow-up of comparators, recall, use that is not
told, and servings by lot."""
PERSON_PARAMETERS = 200
LOTS = 201
SERVINGS = 202
USE_DISORDER = 203
ADVERSE_EFFECTS = 204
ACCEPTANCE = 207
ADHERENCE = 208
LABELS = 209
"""What a lot of tablets holds against its label; counter the lot's number, as of all draws by lot."""
ADULTERATED = 210
"""Whether a lot is one of those that hold a hidden opioid."""
CONTAMINANTS = 220
"""Contaminants of a lot: this plus the position of the parameter in its table."""
ITEMS = 1000
"""Items of the PHQ-9 in survey 0; survey v has 1000 + v."""
OTHER_SCALES = 1100
"""Noise of the other scales in survey 0; survey v has 1100 + v."""

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_11 = np.uint64(11)
_1 = np.uint64(1)
_TO_UNIT = 2.0**-53


@inlined
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words (in 64-bit integers) of Philox4x32-10 for a counter and a key."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _MASK, (p0 >> _32) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@inlined
def unit(high: np.uint64, low: np.uint64) -> float:
    """Return a double in the open interval (0, 1) from two 32-bit words."""
    return (np.float64(((high << _32) | low) >> _11) + 0.5) * _TO_UNIT


@inlined
def uniform_pair(seed: np.uint64, person: np.uint64, stream: np.uint64, pair: np.uint64) -> tuple[float, float]:
    """Return the uniforms of counters 2 pair and 2 pair + 1."""
    a, b, c, d = philox(pair & _MASK, stream, person & _MASK, person >> _32, seed & _MASK, seed >> _32)
    return unit(a, b), unit(c, d)


@inlined
def draw(seed: int, person: int, stream: int | np.uint64, counter: int) -> float:
    """Return the uniform of one key; for compiled code."""
    first, second = uniform_pair(np.uint64(seed), np.uint64(person), np.uint64(stream), np.uint64(counter >> 1))
    return second if counter & 1 else first


@kernel
def _fill(
    seed: np.uint64,
    persons: NDArray[np.int64],
    stream: int,
    counters: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    for j in range(counters.shape[0]):
        counter = np.uint64(counters[j])
        for i in range(persons.shape[0]):
            first, second = uniform_pair(seed, np.uint64(persons[i]), np.uint64(stream), counter >> _1)
            out[j, i] = second if counter & _1 else first


def uniforms(seed: int, persons: NDArray[np.int64], stream: int, counters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return uniforms in (0, 1).

    Parameters
    ----------
    seed : int
        Seed of the scenario, 0 to 2^63 - 1.
    persons : (P,) int64
        Person numbers (candidate keys).
    stream : int
        Stream number.
    counters : (J,) int64
        Counters.

    Returns
    -------
    (J, P) float64

    Examples
    --------
    >>> import numpy as np
    >>> one = uniforms(1, np.array([17]), 200, np.array([3]))
    >>> many = uniforms(1, np.arange(100), 200, np.arange(5))
    >>> bool(one[0, 0] == many[3, 17])
    True
    """
    out = np.empty((len(counters), len(persons)))
    _fill(np.uint64(seed), persons, stream, counters, out)
    return out


def normals(seed: int, persons: NDArray[np.int64], stream: int, counters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return standard normals by the inverse distribution function; shapes as in `uniforms`."""
    result: NDArray[np.float64] = ndtri(uniforms(seed, persons, stream, counters))
    return result
