"""Causal diagrams of designs: textbook verdicts, verdicts against linear systems, words without gaps, drawings."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise, product
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest

from ketum.errors import EvidenceError
from ketum.mood.causal import CHANNELS, causal_settings
from ketum.reports.dag import WIDTH, draw
from ketum.reports.study_svg import inline_svg
from ketum.studies.graph import (
    DesignFacts,
    acting,
    causal_graph,
    conditions,
    design_table,
    diagrams,
    hold,
    known_conditions,
)
from ketum.studies.identification import (
    Identified,
    adjustment,
    facts_for,
    identified,
    in_words,
    open_paths,
    reading_of,
    sequential,
)
from ketum.studies.shapes import SHAPES
from ketum.studies.templates import template_of
from ketum.studies.words import (
    estimand_table,
    estimand_words,
    estimands_of,
    estimator_words,
    limitation_table,
    limitations,
    placeholders,
    protocol,
    protocol_table,
)

COVARIATES = diagrams().groups["covariates"]
DESIGNS = tuple(diagrams().designs)
HARM = acting(causal_settings()["harm"])
NULL = acting(causal_settings()["null"])


def facts(design: str, *options: str, **more: object) -> DesignFacts:
    """Facts in the setting `harm` with selection and all covariates, unless told otherwise."""
    given: dict[str, object] = {"channels": HARM, "adjusted": COVARIATES, **more}
    return DesignFacts(design, options=frozenset(options), **given)  # type: ignore[arg-type]


def analyses(design: str) -> Iterator[tuple[str, str]]:
    """All estimands of a design with their estimators, numbers filled in."""
    for estimand in estimands_of(design):
        for estimator in estimand_table().designs[design][estimand].estimators:
            yield estimand.replace("{N}", "8"), estimator.replace("{N}", "4")


ANALYSES = [(design, *names) for design in DESIGNS for names in analyses(design)]


# Textbook graphs ------------------------------------------------------------------------------------------------------

CONFOUNDED = [("c", "x"), ("c", "y"), ("x", "y")]
MEDIATED = [("x", "m"), ("m", "y"), ("x", "y")]
COLLIDER = [("x", "c"), ("y", "c"), ("x", "y"), ("c", "d")]
M_BIAS = [("a", "x"), ("a", "m"), ("b", "m"), ("b", "y"), ("x", "y")]
BUTTERFLY = [*M_BIAS, ("m", "x"), ("m", "y")]
INSTRUMENT = [("z", "x"), ("u", "x"), ("u", "y"), ("x", "y")]


@pytest.mark.parametrize(
    ("arrows", "given", "valid"),
    [
        (CONFOUNDED, "", False),
        (CONFOUNDED, "c", True),
        (MEDIATED, "", True),
        (MEDIATED, "m", False),  # overadjustment
        (COLLIDER, "", True),
        (COLLIDER, "c", False),
        (COLLIDER, "d", False),  # a descendant of a collider opens it too
        (M_BIAS, "", True),
        (M_BIAS, "m", False),
        (M_BIAS, "ma", True),
        (M_BIAS, "mb", True),
        (BUTTERFLY, "", False),
        (BUTTERFLY, "m", False),
        (BUTTERFLY, "ma", True),
        (INSTRUMENT, "z", False),
        (INSTRUMENT, "u", True),
    ],
)
def test_textbook_adjustment(arrows: list[tuple[str, str]], given: str, valid: bool) -> None:
    assert (adjustment(nx.DiGraph(arrows), ["x"], "y", list(given)) == []) is valid


def test_m_bias_names_its_path() -> None:
    assert adjustment(nx.DiGraph(M_BIAS), ["x"], "y", ["m"]) == [("x", "a", "m", "b", "y")]


FEEDBACK = [("a", "l"), ("u", "l"), ("u", "y"), ("l", "b"), ("a", "y"), ("b", "y")]
"""Use a, severity l that it changes and that drives use b, an unmeasured cause u of both severities."""


def test_feedback_needs_the_sequential_rule() -> None:
    graph = nx.DiGraph(FEEDBACK)
    assert adjustment(graph, ["a", "b"], "y", []) != []
    assert adjustment(graph, ["a", "b"], "y", ["l"]) != []
    assert sequential(graph, ["a", "b"], "y", [[], ["l"]]) == []
    assert sequential(graph, ["a", "b"], "y", [[], []]) == [("b", "l", "u", "y")]


def test_what_is_studied_cannot_be_held() -> None:
    with pytest.raises(EvidenceError, match="cannot be held"):
        adjustment(nx.DiGraph(CONFOUNDED), ["x"], "y", ["y"])


# Against linear systems -----------------------------------------------------------------------------------------------


EXACT = 1e-10
"""Rounding error; effects are of the order of one."""


class Linear:
    """A linear system on a graph with random effects: what a regression gives, and what an intervention does."""

    def __init__(self, graph: nx.DiGraph, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.order = list(nx.topological_sort(graph))
        self.at = {name: k for k, name in enumerate(self.order)}
        self.effects = np.zeros((len(self.order), len(self.order)))
        for cause, result in graph.edges:
            self.effects[self.at[result], self.at[cause]] = chance.uniform(0.4, 1.2) * chance.choice([-1, 1])
        spread = np.diag(chance.uniform(0.5, 2.0, len(self.order)))
        through = np.linalg.inv(np.eye(len(self.order)) - self.effects)
        self.covariance = through @ spread @ through.T

    def regression(self, outcome: str, on: Sequence[str], held: Sequence[str]) -> np.ndarray:
        rows = [self.at[name] for name in (*on, *held)]
        inner = self.covariance[np.ix_(rows, rows)]
        return np.linalg.solve(inner, self.covariance[rows, self.at[outcome]])[: len(on)]

    def intervention(self, outcome: str, on: Sequence[str]) -> np.ndarray:
        effects = self.effects.copy()
        effects[[self.at[x] for x in on]] = 0.0
        through = np.linalg.inv(np.eye(len(effects)) - effects)
        return through[self.at[outcome], [self.at[x] for x in on]]


def random_graph(seed: int) -> tuple[nx.DiGraph, list[str]]:
    chance = np.random.default_rng(seed)
    names = [chr(97 + k) for k in range(chance.integers(4, 9))]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(pair for pair in combinations(names, 2) if chance.random() < 0.35)
    held = [name for name in names if chance.random() < 0.35]
    return graph, held


@pytest.mark.parametrize("seed", range(80))
def test_open_paths_agree_with_d_separation(seed: int) -> None:
    graph, held = random_graph(seed)
    for x, y in combinations(graph, 2):
        given = set(held) - {x, y}
        paths = open_paths(graph, x, y, given)
        assert (paths == []) is nx.is_d_separator(graph, {x}, {y}, given)
        assert all(path[0] == x and path[-1] == y and len(set(path)) == len(path) for path in paths)


@pytest.mark.parametrize("seed", range(80))
def test_adjustment_is_valid_exactly_where_a_regression_gives_the_effect(seed: int) -> None:
    graph, held = random_graph(1000 + seed)
    system = Linear(graph, seed)
    for exposure in [*([x] for x in graph), *(list(pair) for pair in combinations(graph, 2))]:
        for y in set(graph) - set(exposure):
            given = sorted(set(held) - {*exposure, y})
            valid = adjustment(graph, exposure, y, given) == []
            found, true = system.regression(y, exposure, given), system.intervention(y, exposure)
            assert bool(np.allclose(found, true, rtol=0.0, atol=EXACT)) is valid, (exposure, y, given)


@cache
def variants(design: str) -> list[DesignFacts]:
    """Facts that differ in the diagram or in the words: every option alone, both selections, an effect or none."""
    found: dict[object, DesignFacts] = {}
    for option in ("", *diagrams().options):
        for selection, channels, carry in product((True, False), (HARM, NULL), (0.0, 30.0)):
            more = {"selection": selection, "channels": channels, "carry_over_d": carry}
            of = facts(design, *filter(None, [option]), **more)
            found.setdefault((frozenset(causal_graph(of).edges), tuple(limitations(of))), of)
    return [*found.values(), *(replace(of, adjusted=COVARIATES[:4]) for of in list(found.values())[:2])]


@pytest.mark.parametrize(("design", "estimand", "estimator"), [a for a in ANALYSES if not reading_of(*a).shows])
def test_verdicts_of_designs_agree_with_linear_systems(design: str, estimand: str, estimator: str) -> None:
    reading = reading_of(design, estimand, estimator)
    for number, of in enumerate(variants(design)):
        graph = causal_graph(facts_for(of, reading))
        verdict = identified(of, estimand, estimator)
        kinds = dict(graph.nodes(data="kind"))
        chosen = {name for name, kind in kinds.items() if kind == "selection"} - set(reading.exposure)
        system = Linear(graph, number)
        if reading.rule == "sequential":
            true = system.intervention(reading.outcome, reading.exposure).sum()
            found = joint_effect(system, reading.exposure, reading.outcome, steps_of(reading.steps, of), chosen)
        else:
            held = {name for name in verdict.adjusted if name in graph} | chosen
            if reading.stable or reading.rule == "within_person":
                held |= {name for name, keeps in graph.nodes(data="stable") if keeps}
            found = system.regression(reading.outcome, reading.exposure, sorted(held)).sum()
            true = system.intervention(reading.outcome, reading.exposure).sum()
        told_wrongly = bool(reading.before) and any(nx.has_path(graph, x, reading.before) for x in reading.exposure)
        assert (verdict.open_paths == ()) is (bool(abs(found - true) < EXACT) and not told_wrongly), of


def steps_of(steps: Sequence[Sequence[str]], of: DesignFacts) -> list[list[str]]:
    return [[node for name in step for node in (of.adjusted if name == "adjusted" else (name,))] for step in steps]


def joint_effect(
    system: Linear, exposure: Sequence[str], outcome: str, steps: Sequence[Sequence[str]], chosen: set[str]
) -> float:
    """Effect of use at two visits by sequential g-estimation (Robins 1986), which is exact in a linear system."""
    first, second = exposure
    early = sorted({*steps[0]} | chosen)
    late = sorted({first, *early, *steps[1]})
    (later,) = system.regression(outcome, [second], late)
    (whole,) = system.regression(outcome, [first], early)
    (follows,) = system.regression(second, [first], early)
    return float(whole - later * follows + later)


# Designs --------------------------------------------------------------------------------------------------------------


def yes(of: DesignFacts, estimand: str, estimator: str) -> bool:
    return identified(of, estimand, estimator).yes


def test_cross_sectional_needs_that_severity_does_not_select() -> None:
    with_selection = facts("cross_sectional")
    assert not yes(with_selection, "log_odds_ratio", "crude")
    assert not yes(with_selection, "log_odds_ratio", "adjusted")
    without = facts("cross_sectional", selection=False)
    assert not yes(without, "log_odds_ratio", "crude")
    assert yes(without, "log_odds_ratio", "adjusted")
    assert not yes(facts("cross_sectional", selection=False, adjusted=COVARIATES[:5]), "log_odds_ratio", "adjusted")
    assert not yes(facts("cross_sectional", "concealed", selection=False), "log_odds_ratio", "adjusted")


@pytest.mark.parametrize("estimator", ["correlation_prevalence", "correlation_balanced"])
def test_a_correlation_is_no_effect(estimator: str) -> None:
    assert not yes(facts("cross_sectional", selection=False), "correlation", estimator)


def test_surviving_as_a_user_is_a_path_of_its_own() -> None:
    """Asking all who ever used closes it; severity before the start stays open."""
    path = ("use", "sampled", "severity_after", "phq_after")
    assert path in identified(facts("cross_sectional"), "log_odds_ratio", "adjusted").open_paths
    ever = identified(facts("cross_sectional", "ever_users"), "log_odds_ratio", "adjusted")
    assert ever.open_paths == (("use", "severity_before", "severity_after", "phq_after"),)


def test_self_report_sees_no_other_life() -> None:
    told = identified(facts("self_report"), "share_better", "help_question")
    assert not told.yes
    assert told.open_paths == (("use", "relief", "help"),)
    for selection in (True, False):
        of = facts("self_report", selection=selection)
        assert not yes(of, "share_worse", "before_after")
        assert yes(of, "mean_change", "before_after") is not selection
    assert not yes(facts("self_report", "recall", selection=False), "mean_change", "before_after")


@pytest.mark.parametrize("selection", [True, False])
def test_case_series_conditions_on_the_outcome(selection: bool) -> None:
    for estimand in ("share_worse", "mean_effect", "mean_effect_users"):
        verdict = identified(facts("case_series", selection=selection), estimand, "before_after")
        assert not verdict.yes
        assert ("use", "series", "phq_after") in verdict.open_paths


@pytest.mark.parametrize("estimator", ["adjusted_enrolment", "adjusted_lead", "adjusted_start"])
def test_no_baseline_closes_selection_by_true_severity(estimator: str) -> None:
    verdict = identified(facts("new_user_cohort"), "effect_26wk", estimator)
    assert ("use", "severity_start", "severity_after", "phq_after") in verdict.open_paths
    assert yes(facts("new_user_cohort", selection=False), "effect_26wk", estimator)
    assert not yes(facts("new_user_cohort", "later_starters_kept", selection=False), "effect_26wk", estimator)
    assert not yes(facts("new_user_cohort", selection=False), "effect_26wk", "crude")


def test_only_the_oracle_knows_severity() -> None:
    of = facts("target_trial")
    told = {name: yes(of, estimand, name) for estimand, name in analyses("target_trial")}
    assert [name for name, good in told.items() if good] == ["iptw_oracle"]
    free = facts("target_trial", selection=False)
    told = {name: yes(free, estimand, name) for estimand, name in analyses("target_trial")}
    assert [name for name, good in told.items() if not good] == ["naive_regression"]


@pytest.mark.parametrize("design", ["parallel_trial", "scenario_trial"])
@pytest.mark.parametrize("estimator", ["ancova", "unadjusted"])
def test_randomisation_identifies_until_severity_decides_who_stays(design: str, estimator: str) -> None:
    estimand = "difference_week_8"
    assert yes(facts(design), estimand, estimator)
    assert yes(facts(design, "missing_answers"), estimand, estimator)
    assert yes(facts(design, "unblinded"), estimand, estimator)
    assert not yes(facts(design, "dropout"), estimand, estimator)
    assert not yes(facts(design, "dropout", "carried_forward"), estimand, estimator)


def test_a_factorial_trial_identifies_the_interaction() -> None:
    assert yes(facts("scenario_trial", "factorial"), "interaction_week_8", "factorial")
    assert not yes(facts("scenario_trial", "factorial", "dropout"), "interaction_week_8", "factorial")


def test_randomised_withdrawal_answers_stopping_and_not_having_used() -> None:
    of = facts("randomised_withdrawal")
    assert yes(of, "stop_continue_week_1", "ancova")
    assert not yes(of, "stop_continue_week_1", "before_after")
    never = identified(of, "used_never_week_1", "ancova")
    assert not never.yes
    assert ("history", "dependence", "withdrawal", "severity_after", "phq_after") in never.open_paths
    assert yes(of, "relapse_hazard", "cox")
    assert yes(of, "relapse_risk", "kaplan_meier")
    assert not yes(facts("randomised_withdrawal", channels=NULL), "used_never_week_1", "ancova")


def test_crossover_needs_days_left_out_for_as_long_as_periods_act() -> None:
    def of(washout: float, discard: float) -> DesignFacts:
        return facts("n_of_1", carry_over_d=14.0, washout_d=washout, discard_d=discard)

    assert not yes(of(0.0, 0.0), "long_run", "paired_t")
    assert not yes(of(0.0, 7.0), "long_run", "paired_t")
    assert not yes(of(7.0, 6.0), "long_run_mean", "meta_dl")
    assert not yes(of(14.0, 7.0), "long_run", "paired_t")  # what is washed out must build up again
    for washout in (0.0, 7.0):
        assert yes(of(washout, 14.0), "long_run", "paired_t")
        assert yes(of(washout, 14.0), "long_run_mean", "mixed")
        assert not yes(of(washout, 14.0), "long_run", "daily_autoregressive")


def test_momentary_assessment_needs_servings_by_lot() -> None:
    of = facts("ema")
    for estimator in ("fixed_effects", "mixed", "event_contingent"):
        assert not yes(of, "relief", estimator)
    assert yes(of, "relief_by_lot", "micro_randomised")
    assert ("serving", "person", "mood_after") in identified(of, "relief", "mixed").open_paths
    assert ("serving", "person", "mood_after") not in identified(of, "relief", "fixed_effects").open_paths


@pytest.mark.parametrize(("design", "estimand", "estimator"), ANALYSES)
def test_a_verdict_does_not_hang_on_the_effect_that_is_asked_for(design: str, estimand: str, estimator: str) -> None:
    for options in ((), ("dropout",)):
        one, other = (
            identified(facts(design, *options, channels=c, carry_over_d=30.0), estimand, estimator)
            for c in (HARM, NULL)
        )
        assert one.yes == other.yes
        assert one.under_null or not one.yes


def test_dropout_by_severity_leaves_the_null_alone() -> None:
    verdict = identified(facts("parallel_trial", "dropout"), "difference_week_8", "ancova")
    assert not verdict.yes
    assert verdict.under_null
    assert not identified(facts("cross_sectional"), "log_odds_ratio", "adjusted").under_null


@pytest.mark.parametrize(("design", "estimand", "estimator"), ANALYSES)
def test_every_verdict_says_why(design: str, estimand: str, estimator: str) -> None:
    for of in variants(design):
        verdict = identified(of, estimand, estimator)
        needs, _, said = verdict.assumption.partition(": ")
        assert needs
        assert said.endswith(".")
        assert "false" in said or not verdict.yes or "true" in said
        assert verdict.yes or "false" in said or "no" in said
        assert not (verdict.yes and verdict.open_paths)
        graph = causal_graph(facts_for(of, reading_of(design, estimand, estimator)))
        for path in verdict.open_paths:
            assert all(graph.has_edge(a, b) or graph.has_edge(b, a) for a, b in pairwise(path))
            assert len(re.split(" [←→] ", in_words(graph, path))) == len(path)


# Graphs and facts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS)
def test_every_diagram_is_acyclic_and_has_one_end(design: str) -> None:
    for of in variants(design):
        graph = causal_graph(of)
        kinds = [kind for _, kind in graph.nodes(data="kind")]
        assert nx.is_directed_acyclic_graph(graph)
        assert kinds.count("outcome") == 1
        assert kinds.count("exposure") >= 1


@pytest.mark.parametrize("design", DESIGNS)
def test_use_without_an_effect_has_no_path_to_the_outcome(design: str) -> None:
    table = design_table(design)
    graph = causal_graph(facts(design, "factorial", channels=(), carry_over_d=30.0))
    (outcome,) = [name for name, kind in graph.nodes(data="kind") if kind == "outcome"]
    reached = {
        x for reading in table.readings for x in reading.exposure if x in graph and nx.has_path(graph, x, outcome)
    }
    assert reached == ({"factor"} if design == "scenario_trial" else set())


@pytest.mark.parametrize("option", diagrams().options)
def test_every_option_changes_a_diagram_a_verdict_or_a_limitation(option: str) -> None:
    pairs = [(facts(d, *more), facts(d, *more, option)) for d in DESIGNS for more in ((), ("dropout",))]
    assert any(
        set(causal_graph(a).edges) != set(causal_graph(b).edges)
        or limitations(a) != limitations(b)
        or any(identified(a, *names) != identified(b, *names) for names in analyses(a.design))
        for a, b in pairs
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"design": "crossectional"}, "nearest known: 'cross_sectional'"),
        ({"options": frozenset({"drop_out"})}, "no option 'drop_out'.*'dropout'"),
        ({"channels": ("longrun_harm",)}, "no channel"),
        ({"adjusted": ("prior_opioid",)}, "no covariate 'prior_opioid'.*'opioid'"),
    ],
)
def test_unknown_names_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        DesignFacts(**{"design": "cross_sectional", **given})  # type: ignore[arg-type]


def test_unknown_analyses_are_refused() -> None:
    with pytest.raises(EvidenceError, match="no estimator 'ancovar' of difference_week_8; nearest known: 'ancova'"):
        identified(facts("parallel_trial"), "difference_week_8", "ancovar")
    with pytest.raises(EvidenceError, match="no estimand 'difference'"):
        estimand_words("parallel_trial", "difference")
    with pytest.raises(EvidenceError, match="no estimator 'iptw'"):
        estimator_words("iptw")


def test_settings_give_their_channels() -> None:
    settings = causal_settings()
    assert acting(settings["null"]) == ("relief_momentary",)
    assert acting(settings["pharmacology"]) == CHANNELS[:4]
    assert acting(settings["benefit"]) == CHANNELS


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(EvidenceError, match="no condition 'selecton'; nearest known: 'selection'"):
        hold(["not selecton"], conditions(facts("ema")))


# Words ----------------------------------------------------------------------------------------------------------------


def test_designs_stand_in_every_table() -> None:
    assert set(DESIGNS) == set(SHAPES) == set(estimand_table().designs) == set(protocol_table().designs)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_estimator_of_a_study_file_is_known(design: str) -> None:
    field = SHAPES[design].model_fields.get("analysis")
    named = {name for _, name in analyses(design)}
    names = field.annotation().estimators if field and field.annotation else ["before_after"]
    for estimator in names:
        assert estimator in named or re.sub(r"\d+", "4", estimator) in named
        assert estimator_words(estimator).description


def test_every_estimator_is_described_once_and_used() -> None:
    used = {
        name for table in estimand_table().designs.values() for words in table.values() for name in words.estimators
    }
    assert used == set(estimand_table().estimators)


@pytest.mark.parametrize("design", DESIGNS)
def test_every_analysis_has_exactly_one_reading(design: str) -> None:
    pairs = [
        (estimand, estimator)
        for reading in design_table(design).readings
        for estimand in reading.estimands
        for estimator in reading.estimators
    ]
    assert len(set(pairs)) == len(pairs)
    for estimand in estimands_of(design):
        words = estimand_table().designs[design][estimand]
        assert template_of(words.main, words.estimators)
        assert {(estimand, estimator) for estimator in words.estimators} <= set(pairs)


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the tables, with where it stands."""
    for design, table in diagrams().designs.items():
        yield from ((f"{design} title", table.title), (f"{design} noun", table.noun), (f"{design} ?", table.question))
        for reading in table.readings:
            yield from ((f"{design} reading", text) for text in (reading.needs, reading.holds))
            yield from ((f"{design} reason", because.text) for because in (*reading.fails, *reading.broken))
        for name, words in estimand_table().designs[design].items():
            where = f"{design} {name}"
            yield from ((where, text) for text in (words.label, words.words, words.symbols, words.noun))
            yield from ((where, text) for text in (words.above, words.below, words.neither))
    for node in [node for table in diagrams().designs.values() for node in table.nodes]:
        yield f"node {node.name}", node.label
    for name, estimator in estimand_table().estimators.items():
        yield from ((name, text) for text in (estimator.label, estimator.description))
    yield from ((one.id, one.text) for one in limitation_table())
    yield from diagrams().options.items()


def test_every_text_says_something() -> None:
    for where, text in texts():
        assert len(text) > 2, where
        assert text == text.strip(), where
        assert "  " not in text, where
    for one in limitation_table():
        assert one.text.endswith("."), one.id
    for words in estimand_table().estimators.values():
        assert words.description.endswith(".")


def test_numbers_of_a_name_are_filled_in() -> None:
    for design, estimand, estimator in ANALYSES:
        words = estimand_words(design, estimand)
        told = estimator_words(estimator)
        filled = " ".join([words.label, words.words, words.symbols, told.label, told.description])
        assert "{N}" not in filled
        if estimand.endswith("_8"):
            assert "week 8" in words.label
    assert estimand_words("new_user_cohort", "effect_26wk").symbols == "E[Y^{a=1}_{26} − Y^{a=0}_{26} | start]"


@pytest.mark.parametrize("design", DESIGNS)
def test_a_protocol_is_filled_without_gaps(design: str) -> None:
    values = {name: f"<{name}>" for name in protocol_table().placeholders}
    filled = protocol(design, values)
    components = [row[0] for row in filled.rows]
    assert len(set(components)) == len(components)
    assert {len(row) for row in filled.rows} == {len(filled.heads)}
    for row in filled.rows:
        for cell in row:
            assert cell.strip()
            assert "{" not in cell
    for missing in placeholders(design):
        with pytest.raises(EvidenceError, match=f"{{{missing}}} is not given"):
            protocol(design, {name: value for name, value in values.items() if name != missing})
    if not design_table(design).randomised and design != "ema":
        assert components == [
            *("Eligibility", "Treatment strategies", "Assignment", "Start of follow-up", "Outcome", "Follow-up"),
            *("Causal contrast", "Analysis"),
        ]


def test_every_placeholder_is_used_and_explained() -> None:
    used = {name for design in DESIGNS for name in placeholders(design)}
    assert used == set(protocol_table().placeholders)
    cells = [cell for table in protocol_table().designs.values() for row in table.rows for cell in row]
    named = {name for cell in cells for _, name, _, _ in string.Formatter().parse(cell) if name is not None}
    assert named == used


def test_limitations_come_and_go_with_their_conditions() -> None:
    assert len({one.id for one in limitation_table()}) == len(limitation_table())
    grounds = [of for design in DESIGNS for of in [*variants(design), facts(design, "dropout", *diagrams().options)]]
    told = [set(limitations(of)) for of in grounds]
    for one in limitation_table():
        assert {word.removeprefix("not ") for each in one.when for word in each.split(" or ")} <= known_conditions()
        shown = [one.text in texts_of for texts_of in told]
        assert any(shown), one.id
        assert all(shown) is (one.when == ()), one.id


def test_limitations_that_must_not_be_missed() -> None:
    def ids(of: DesignFacts) -> set[str]:
        texts_of = set(limitations(of))
        return {one.id for one in limitation_table() if one.text in texts_of}

    for design in DESIGNS:
        assert {"hypotheses", "one_model"} <= ids(facts(design))
    assert "survivors" in ids(facts("cross_sectional"))
    assert "survivors" not in ids(facts("cross_sectional", "ever_users"))
    assert "stop_is_not_never" in ids(facts("randomised_withdrawal"))
    assert {"carry_over", "slow"} <= ids(facts("n_of_1", carry_over_d=30.0))
    assert "carry_over" not in ids(facts("n_of_1", carry_over_d=30.0, discard_d=30.0))
    assert "expectancy" in ids(facts("parallel_trial"))
    assert "expectancy" not in ids(facts("parallel_trial", "unblinded"))
    assert "null_effect" in ids(facts("parallel_trial", channels=NULL))
    assert "judgement" not in ids(facts("parallel_trial", channels=NULL))
    assert {"dropout", "no_dropout"} & ids(facts("parallel_trial", "dropout")) == {"dropout"}


# Drawings -------------------------------------------------------------------------------------------------------------


def drawings() -> Iterator[tuple[str, nx.DiGraph, Identified | None]]:
    for design, estimand, estimator in ANALYSES:
        for of in [
            facts(design, carry_over_d=30.0),
            facts(design, *diagrams().options, carry_over_d=30.0),
            facts(design, "dropout", "regular_user", adjusted=COVARIATES[:4], carry_over_d=30.0),
            facts(design, channels=NULL, selection=False),
        ]:
            yield f"{design} {estimator}", causal_graph(of), identified(of, estimand, estimator)
    for design in DESIGNS:
        yield design, causal_graph(facts(design)), None


DRAWN = [(name, graph, verdict, draw(graph, verdict)) for name, graph, verdict in drawings()]
Rectangle = tuple[float, float, float, float]


def boxes_of(root: ElementTree.Element) -> list[Rectangle]:
    """Boxes of nodes as left, top, right, bottom: the legend stands in groups of its own."""
    found = []
    for rect in root.findall("rect"):
        x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return [box for box in found if not any(inside(box, other) for other in found)]


def inside(box: Rectangle, other: Rectangle) -> bool:
    return (
        box != other
        and all(a >= b for a, b in zip(box[:2], other[:2], strict=True))
        and box[2] <= other[2]
        and box[3] <= other[3]
    )


def apart(a: Rectangle, b: Rectangle) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize(("name", "graph", "verdict", "svg"), DRAWN, ids=[f"{k}-{d[0]}" for k, d in enumerate(DRAWN)])
def test_drawings_are_clean(name: str, graph: nx.DiGraph, verdict: Identified | None, svg: str) -> None:
    del verdict
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(value) for value in root.attrib["viewBox"].split())
    assert width == WIDTH
    boxes = boxes_of(root)
    drawn = {node["group"] or key for key, node in graph.nodes(data=True)}
    assert len(boxes) == len(drawn)
    for a, b in combinations(boxes, 2):
        assert apart(a, b), (name, a, b)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width
        assert 22 < top < bottom < height
    for path in root.findall("path")[1:]:
        points = [tuple(map(float, pair.split())) for pair in path.attrib["d"][1:].split("L")]
        for x, y in points[1:-1]:
            assert 0 <= x <= width, name
            assert 22 < y < height, name
            assert not any(a + 1 < x < c - 1 and b + 1 < y < d - 1 for a, b, c, d in boxes), (name, x, y)
    words = " ".join(text.text or "" for text in root.iter("text"))
    for node in graph.nodes.values():
        for word in node["label"].split():
            assert word.lower() in words.lower()


@pytest.mark.parametrize(("name", "graph", "verdict", "svg"), DRAWN[::7])
def test_drawings_tell_what_they_show(name: str, graph: nx.DiGraph, verdict: Identified | None, svg: str) -> None:
    root = ElementTree.fromstring(svg)
    title, description = root.findtext("title"), root.findtext("desc")
    assert title == f"Causal diagram: {graph.graph['title'][:1].lower()}{graph.graph['title'][1:]}"
    assert description is not None
    for source, target in graph.edges:
        said = re.search(re.escape(graph.nodes[source]["label"]) + " acts on ([^.]*)", description)
        assert said is not None
        assert graph.nodes[target]["label"] in said[1]
    marked = "open path that biases the estimate" in svg
    paths = verdict.open_paths if verdict else ()
    shown = [path for path in paths if nx.is_path(graph.to_undirected(), path)]
    assert marked is bool(shown), name
    assert ("held by the estimator" in svg) is bool(verdict and set(verdict.adjusted) & set(graph))
    assert "url(" not in svg
    assert "<script" not in svg
    assert inline_svg(svg, "dag-0", "A diagram", "study.json").startswith("<svg")
