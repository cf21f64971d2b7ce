"""The model a second time: the same equations as Antimony text, for other tools and to check the kernel.

`kratom.ant` is the readable model of one person; `antimony_text` fills it from the parameter table, `sbml`
translates it, `simulate` runs it in libRoadRunner. Nothing here shares code with the compiled kernel.
With `mood=MoodPerson(...)` each of them holds the deterministic part of mood as well (`mood.ant`), and
`simulate_days` gives one value a day.
"""

from ketum.reference.days import simulate_days
from ketum.reference.mood import MoodPerson
from ketum.reference.solve import simulate
from ketum.reference.text import Comed, Dose, antimony_text, sbml

__all__ = ["Comed", "Dose", "MoodPerson", "antimony_text", "sbml", "simulate", "simulate_days"]
