"""A study after its file was read: the tables of its design, who is simulated, what is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from ketum.engine.cohort import Tables
from ketum.mood import CausalSetting
from ketum.regimens import Amount, Phase
from ketum.studies.lives.recipe import Entry
from ketum.studies.schema import RunTable


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study.

    Attributes
    ----------
    table : RunTable
        The file: the shape of its design, every default filled in.
    title : str
    settings : tuple of CausalSetting
        Each is studied by itself.
    tables : Tables
        Parameters of the model, with the file's own values.
    persons : int
        Size of the pool.
    use : tuple of Phase
        Use that the study gives or follows, as its design reads it.
    entry : Entry or None
        Who may take part; None where the design says it.
    lot_dose : Amount or None
        A serving by lot.
    scenario : str
        The resolved scenario of ``scenario_trial``.
    """

    table: RunTable
    title: str
    settings: tuple[CausalSetting, ...]
    tables: Tables
    persons: int
    use: tuple[Phase, ...] = ()
    entry: Entry | None = None
    lot_dose: Amount | None = None
    scenario: str = field(default="", repr=False)

    @property
    def design(self) -> str:
        """Name of the design."""
        return self.table.design

    @property
    def seed(self) -> int:
        """Seed of persons, measurements and draws."""
        return self.table.seed

    @property
    def replicates(self) -> int:
        """How often the study is repeated."""
        return self.table.replicates
