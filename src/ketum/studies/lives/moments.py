"""Hour by hour: momentary mood and servings of some days, as it comes or with servings by lot (mood.md 9.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ketum.people.streams import MICRO_RANDOMISED, uniforms
from ketum.regimens import Amount
from ketum.regimens.phases import HOURS_PER_DAY
from ketum.regimens.schedule import DOSE, FORCED, Column, Happening, Schedule
from ketum.studies.lives.living import STEPS_PER_HOUR, Living, as_needed, covariates, laid_out
from ketum.studies.lives.people import filled
from ketum.studies.lives.recipe import Keys, Lives, OfEntry


@dataclass(frozen=True, kw_only=True)
class Moments(OfEntry):
    """Users over some days, with their own servings and with servings that are drawn by lot.

    Attributes
    ----------
    lead_days : int
        Use as needed before; 0 for new users.
    days : int
    lot_hours : tuple of int
        Hours of the day at which a serving is taken or skipped by lot.
    lot_dose : Amount
    """

    lead_days: int
    days: int
    lot_hours: tuple[int, ...]
    lot_dose: Amount

    chunk: ClassVar[int] = 512

    def live(self, keys: Keys) -> Lives:
        """Return mood at full hours from hour 0 on, servings of each hour, and relief, for both ways of serving.

        "mood", "servings", "relief" with servings as needed; "lot_mood", "lot_taken" (occasion, person), "lot_relief"
        with servings by lot.
        """
        living = Living(self.people(keys), self.tables, self.setting, self.seed)
        end = self.lead_days + self.days
        use = laid_out(self.tables, [as_needed(end)], end)
        lead = living.live(use, 0, self.lead_days) if self.lead_days else None
        asked = ("momentary_mood", "servings")
        natural = living.live(
            use, self.lead_days, end, after=lead, outputs=asked, every_hours=1, relief_from=self.lead_days
        )
        drawn = self.drawn(keys)
        lots = self._lots(np.resize(np.arange(len(keys)), filled(len(keys))), drawn)
        by_lot = living.live(
            lots[0],
            self.lead_days,
            end,
            after=lead,
            outputs=asked[:1],
            every_hours=1,
            relief_from=self.lead_days,
            groups=lots[1],
        )
        count = len(keys)
        return {
            **covariates(living.people),
            "mood": natural.end.outputs["momentary_mood"][:, :count],
            "servings": natural.end.outputs["servings"][1:, :count],
            "relief": living.relief(natural),
            "lot_mood": by_lot.end.outputs["momentary_mood"][:, :count],
            "lot_taken": drawn.astype(float),
            "lot_relief": living.relief(by_lot),
        }

    def drawn(self, keys: Keys) -> NDArray[np.bool_]:
        """Return on which occasions a serving is taken, (occasion, person): day by day, hour by hour."""
        occasions = np.arange(self.days * len(self.lot_hours))
        taken: NDArray[np.bool_] = uniforms(self.seed, keys, MICRO_RANDOMISED, occasions) < 1 / 2
        return taken

    def _lots(self, places: NDArray[np.int64], drawn: NDArray[np.bool_]) -> tuple[Schedule, NDArray[np.int64]]:
        """Return the lead and then servings by lot, each person a group of its own; and those groups."""
        end = self.lead_days + self.days
        schedule = laid_out(self.tables, [as_needed(self.lead_days)] if self.lead_days else [], end)
        column = schedule.column(Column("leaf_powder", self.lot_dose.basis))
        for occasion, taken in enumerate(drawn):
            day, slot = divmod(occasion, len(self.lot_hours))
            step = STEPS_PER_HOUR * (HOURS_PER_DAY * (self.lead_days + day) + self.lot_hours[slot])
            for person in np.flatnonzero(taken):
                schedule.events.append(Happening(step, 0, DOSE, column, self.lot_dose.value, group=int(person)))
        schedule.events.sort()
        schedule.spells.append((self.lead_days, end, FORCED))
        schedule.groups = drawn.shape[1]
        return schedule, places
