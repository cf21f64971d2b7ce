"""The model a second time: the same equations as Antimony text, for other tools and to check the kernel.

`kratom.ant` is the readable model of one person; `antimony_text` fills it from the parameter table, `sbml`
translates it, `simulate` runs it in libRoadRunner. Nothing here shares code with the compiled kernel.
"""

from ketum.reference.solve import simulate
from ketum.reference.text import Comed, Dose, antimony_text, sbml

__all__ = ["Comed", "Dose", "antimony_text", "sbml", "simulate"]
