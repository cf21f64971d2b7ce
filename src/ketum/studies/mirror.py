"""The exposure of a study as a scenario: what safety findings and the account of evidence are told of."""

from __future__ import annotations

from typing import Any

from ketum.scenario import Scenario, scenario_of_text
from ketum.scenario.grid import in_words
from ketum.studies.facts import scenario_of
from ketum.studies.load import use_in_toml
from ketum.studies.model import Study
from ketum.studies.resolve import reference_regimen
from ketum.studies.shapes import WEEK_H

_YEAR_H = 52 * WEEK_H
_COUNT = 64
_NATURAL = '"natural"'
_AS_NEEDED = '{ product = "leaf_powder", as_needed = true }'


def mirrored(study: Study) -> Scenario:
    """Return a scenario in which one arm takes kratom as participants of the study do, and another never does.

    Numbers of persons are small: it is read, not run.
    """
    if study.scenario:
        return scenario_of(study)
    table: Any = study.table
    population = study.entry.population if study.entry else "us_adults"
    if getattr(table, "source", "") == "regular_users":
        population = "regular_users"
    population = "adults_with_depression" if population == "trial_entrants" else population
    use, length = _use(study, table)
    users = f'[[arm]]\nname = "those who use"\nuse = [{_AS_NEEDED}]\n' if use == _NATURAL else ""
    causal = ", ".join(f'"{setting.name}"' for setting in study.settings)
    text = (
        f'title = "exposure of a study"\nseed = {study.seed}\n[people]\ncount = {_COUNT}\npopulation = "{population}"\n'
        f'[setting]\ncausal = [{causal}]\n[[arm]]\nname = "never"\n[[arm]]\nname = "kratom"\nuse = {use}\n{users}'
        f'[record]\nfor = "{in_words(length)}"\n'
    )
    return scenario_of_text(text, "exposure.toml")


def _use(study: Study, table: Any) -> tuple[str, float]:
    """Return the use of participants as it is written in a scenario, and for how long."""
    if hasattr(table, "treatment"):
        length = table.treatment.for_h
        dose = reference_regimen(study.tables).dose
        assert dose is not None
        reference = f'{{ product = "leaf_powder", dose = "{dose.value!r} mg mitragynine", per_day = 3 }}'
        given = f"[{reference}]" if table.treatment.use is None else use_in_toml(table.treatment.use)
        last = given.rindex("}")
        return f'{given[:last]}, for = "{in_words(length)}" }}, {{ stop = true }}]', length + 4 * WEEK_H
    if hasattr(table, "withdrawal"):
        w = table.withdrawal
        given = f"[{_AS_NEEDED}]" if w.use is None else use_in_toml(w.use)
        last = given.rindex("}")
        return f'{given[:last]}, for = "{in_words(w.lead)}" }}, {{ stop = true }}]', w.lead + _YEAR_H
    if hasattr(table, "crossover"):
        use = table.crossover.use
        return f"[{_AS_NEEDED}]" if use is None else use_in_toml(use), max(table.crossover.experience, 8 * WEEK_H)
    if hasattr(table, "moments"):
        return f"[{_AS_NEEDED}]", max(table.moments.experience, 2 * WEEK_H)
    return _NATURAL, _YEAR_H
