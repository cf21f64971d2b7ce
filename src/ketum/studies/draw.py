"""Who takes part in a replicate: the next persons of a shuffled pool, nobody twice before everybody was asked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketum.errors import ScenarioError

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Urn:
    """Persons who may be asked.

    Attributes
    ----------
    places : (N,) int64
        Their places in the pool.
    seed : int
    number : int
        Urns of one study are shuffled apart.
    """

    places: Places
    seed: int
    number: int = 0

    def rounds(self, size: int) -> int:
        """Return how many replicates of `size` persons one round through the urn gives."""
        return len(self.places) // size

    def draw(self, replicate: int, size: int) -> tuple[Places, int]:
        """Return the places of the persons of a replicate, and how often the urn was emptied before.

        Replicates of one round have nobody in common; the same persons come in other company in the next round.

        Raises
        ------
        ScenarioError
            If there are fewer than `size`.

        Examples
        --------
        >>> urn = Urn(np.arange(10), seed=1)
        >>> first, second = urn.draw(0, 5)[0], urn.draw(1, 5)[0]
        >>> sorted([*first.tolist(), *second.tolist()])
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        >>> urn.draw(2, 5)[1]
        1
        """
        rounds = self.rounds(size)
        if rounds == 0:
            raise ScenarioError(
                f"pool.persons: the pool holds {len(self.places):,} persons who may take part, and sampling asks for "
                f"{size:,}; allowed: fewer, or a larger pool"
            )
        emptied, within = divmod(replicate, rounds)
        order = _shuffled(len(self.places), self.seed, self.number, emptied)
        return self.places[order[within * size : (within + 1) * size]], emptied

    def reuse(self, replicates: int, size: int) -> float:
        """Return how often each person takes part on average over so many replicates."""
        return replicates * size / max(len(self.places), 1)


_last: dict[tuple[int, int, int, int], Places] = {}


def _shuffled(count: int, seed: int, number: int, emptied: int) -> Places:
    """Return a permutation that depends on its key alone; the last few are kept."""
    key = (count, seed, number, emptied)
    if key not in _last:
        if len(_last) > 8:
            _last.clear()
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number, emptied, 0x5EED])))
        _last[key] = generator.permutation(count)
    return _last[key]
