"""How well the parameters are known: sets of parameters, and what their uncertainty does to results.

Between-person variability and uncertainty about parameters are separate axes. A parameter set is a table in which every
uncertain value was drawn from its uncertainty column; all persons of the scenario live in every set, with the same
random numbers. From the sets come intervals of every statistic, the share of their variance by provenance class, and
the conclusions that do not hold within what is assumed.
"""
