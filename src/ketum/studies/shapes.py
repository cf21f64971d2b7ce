"""The shape of a study file of each design (mood.md section 9): its own tables beside those that all share."""

from __future__ import annotations

from pydantic import Field

from ketum.scenario.schema import Name, Table
from ketum.studies.schema import (
    MOST_PARTICIPANTS,
    Covariates,
    Days,
    DaysOrNone,
    DropoutTable,
    EntryTable,
    Population,
    RecallTable,
    RunTable,
    Use,
    Visits,
    WorldTable,
    count,
    fraction,
    name_of,
    names_of,
)

_ALL = ("age", "sex", "pain", "opioid", "alcohol", "ptsd")
DAY_H = 24.0
WEEK_H = 7 * DAY_H
Score = name_of("score", "phq9", "hamd17")
Source = name_of("source", "survey", "regular_users")


class SurveySampling(Table):
    """How many users and others answer."""

    users: int = count(10, MOST_PARTICIPANTS, "users", 300)
    others: int = count(10, MOST_PARTICIPANTS, "people who never used", 300)


class SurveyExposure(Table):
    """Who counts as a user, and how many of them do not tell."""

    counts: name_of("kind of use", "past_year", "current", "ever") = "past_year"  # type: ignore[valid-type]
    concealed: float = fraction(0.0, "users who say that they never used")


class SurveyOutcome(Table):
    """What counts as depression."""

    phq9_at_least: int = count(1, 27, "points", 10)


class SurveyAnalysis(Table):
    """Estimators of the survey."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator", ("crude", "adjusted", "correlation_prevalence", "correlation_balanced")
    ) = ("crude", "adjusted")
    adjust: Covariates = _ALL


class CrossSectional(RunTable):
    """A survey of users and others at one time."""

    world: WorldTable = Field(WorldTable(), description="a table [world]")
    sampling: SurveySampling = Field(SurveySampling(), description="a table [sampling]")
    exposure: SurveyExposure = Field(SurveyExposure(), description="a table [exposure]")
    outcome: SurveyOutcome = Field(SurveyOutcome(), description="a table [outcome]")
    analysis: SurveyAnalysis = Field(SurveyAnalysis(), description="a table [analysis]")


class UserSampling(Table):
    """How many current users answer."""

    users: int = count(10, MOST_PARTICIPANTS, "users", 300)


class TellingOutcome(Table):
    """What counts as a change that is told, and as one that is true."""

    told_change: float = Field(5.0, gt=0, le=27, description="PHQ-9 points above 0, at most 27")
    true_change: float = Field(0.5, gt=0, le=27, description="points of severity above 0, at most 27")


class TellingAnalysis(Table):
    """Estimators of self-report."""

    estimators: names_of("estimator", ("help_question", "before_after")) = (  # type: ignore[valid-type]
        "help_question",
        "before_after",
    )


class SelfReport(RunTable):
    """Current users tell whether it helps, and how they were when they began."""

    source: Source = "survey"  # type: ignore[valid-type]
    world: WorldTable = Field(WorldTable(), description="a table [world]")
    sampling: UserSampling = Field(UserSampling(), description="a table [sampling]")
    outcome: TellingOutcome = Field(TellingOutcome(), description="a table [outcome]")
    recall: RecallTable = Field(RecallTable(), description="a table [recall]")
    analysis: TellingAnalysis = Field(TellingAnalysis(), description="a table [analysis]")


class CaseSampling(Table):
    """How many cases, and who is one."""

    cases: int = count(5, MOST_PARTICIPANTS, "cases", 20)
    phq9_at_least: int = count(0, 27, "points", 20)
    used_for: DaysOrNone = 180 * DAY_H


class CaseOutcome(Table):
    """What counts as having become worse."""

    worse_by: float = Field(5.0, gt=0, le=27, description="PHQ-9 points above 0, at most 27")


class CaseSeries(RunTable):
    """Long-term users who are seen because they are severely depressed."""

    source: Source = "survey"  # type: ignore[valid-type]
    world: WorldTable = Field(WorldTable(), description="a table [world]")
    sampling: CaseSampling = Field(CaseSampling(), description="a table [sampling]")
    outcome: CaseOutcome = Field(CaseOutcome(), description="a table [outcome]")
    recall: RecallTable = Field(RecallTable(), description="a table [recall]")


class TrialEntry(EntryTable):
    """``[entry]`` of a trial."""

    population: Population = "adults_with_depression"


class Participants(Table):
    """How many take part."""

    participants: int = count(20, MOST_PARTICIPANTS, "participants", 2000)


class CohortTable(Table):
    """Who begins when, and for how long all are followed."""

    enrichment: float = Field(250.0, ge=1, le=900, description="a factor on the hazard of starting, 1 to 900")
    start_from: Days = 4 * WEEK_H
    start_until: Days = 26 * WEEK_H
    follow: Days = 26 * WEEK_H
    lead: Days = 4 * WEEK_H
    late_starters: name_of("way with late starters", "drop", "keep") = "drop"  # type: ignore[valid-type]


class CohortAnalysis(Table):
    """Estimators of the cohort: by the time at which the PHQ-9 before use was taken."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator", ("crude", "adjusted_enrolment", "adjusted_lead", "adjusted_start")
    ) = ("crude", "adjusted_enrolment", "adjusted_lead", "adjusted_start")
    adjust: Covariates = _ALL


class NewUserCohort(RunTable):
    """New users and people who do not begin, followed from the start of use."""

    entry: EntryTable = Field(EntryTable(), description="a table [entry]")
    sampling: Participants = Field(Participants(), description="a table [sampling]")
    cohort: CohortTable = Field(CohortTable(), description="a table [cohort]")
    dropout: DropoutTable = Field(DropoutTable(), description="a table [dropout]")
    analysis: CohortAnalysis = Field(CohortAnalysis(), description="a table [analysis]")


class TargetTable(Table):
    """How often all are seen, and when the outcome is read."""

    enrichment: float = Field(250.0, ge=1, le=900, description="a factor on the hazard of starting, 1 to 900")
    visits_every: Days = WEEK_H
    follow: Days = 52 * WEEK_H


class TargetAnalysis(Table):
    """Estimators of the target trial: what of the history the weights know."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator",
        ("naive_regression", "iptw_last", "iptw_4", "iptw_12", "iptw_same", "iptw_oracle", "g_formula"),
    ) = ("naive_regression", "iptw_4", "iptw_12", "iptw_same", "iptw_oracle", "g_formula")
    adjust: Covariates = _ALL
    bootstrap: int = count(20, 10_000, "resamples", 100)
    truncate: float = Field(0.005, ge=0, lt=0.5, description="a share of weights cut at either end, below 0.5")


class TargetTrial(RunTable):
    """A trial of always against never using, emulated from a cohort with use that varies in time."""

    entry: EntryTable = Field(EntryTable(), description="a table [entry]")
    sampling: Participants = Field(Participants(), description="a table [sampling]")
    cohort: TargetTable = Field(TargetTable(), description="a table [cohort]")
    analysis: TargetAnalysis = Field(TargetAnalysis(), description="a table [analysis]")


class PerArm(Table):
    """How many are randomised."""

    per_arm: int = count(4, MOST_PARTICIPANTS, "persons an arm", 100)


class TrialTable(Table):
    """How kratom is given, for how long, and whether the arms can be told apart."""

    use: Use = None
    for_h: Days = Field(8 * WEEK_H, alias="for")
    blinded: bool = Field(True, description="true or false")


class TrialAnalysis(Table):
    """Estimators of a trial with a baseline."""

    estimators: names_of("estimator", ("ancova", "unadjusted")) = ("ancova", "unadjusted")  # type: ignore[valid-type]


class ParallelTrial(RunTable):
    """Kratom against placebo in persons who never used, by lot."""

    entry: TrialEntry = Field(TrialEntry(), description="a table [entry]")
    sampling: PerArm = Field(PerArm(), description="a table [sampling]")
    treatment: TrialTable = Field(TrialTable(), description="a table [treatment]")
    visits: Visits = (4 * WEEK_H, 8 * WEEK_H, 10 * WEEK_H, 24 * WEEK_H)
    score: Score = "phq9"  # type: ignore[valid-type]
    dropout: DropoutTable = Field(DropoutTable(), description="a table [dropout]")
    analysis: TrialAnalysis = Field(TrialAnalysis(), description="a table [analysis]")


class WithdrawalTable(Table):
    """Use before, and what counts as a relapse."""

    use: Use = None
    lead: Days = 52 * WEEK_H
    relapse_every: Days = 2 * WEEK_H
    relapse_until: Days = 52 * WEEK_H


class WithdrawalAnalysis(Table):
    """Estimators of a randomised withdrawal."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator", ("ancova", "unadjusted", "cox", "kaplan_meier", "before_after")
    ) = ("ancova", "cox", "kaplan_meier")


class RandomisedWithdrawal(RunTable):
    """Regular users go on or stop, by lot."""

    entry: EntryTable = Field(EntryTable(), description="a table [entry]")
    sampling: PerArm = Field(PerArm(), description="a table [sampling]")
    withdrawal: WithdrawalTable = Field(WithdrawalTable(), description="a table [withdrawal]")
    visits: Visits = tuple(week * WEEK_H for week in (1, 2, 4, 8, 12, 26, 52))
    score: Score = "phq9"  # type: ignore[valid-type]
    dropout: DropoutTable = Field(DropoutTable(), description="a table [dropout]")
    analysis: WithdrawalAnalysis = Field(WithdrawalAnalysis(), description="a table [analysis]")


class SeriesSampling(Table):
    """How many persons are in a series of single-person trials."""

    persons: int = count(2, MOST_PARTICIPANTS, "persons", 20)


class CrossoverTable(Table):
    """Periods of a crossover in one person."""

    experience: DaysOrNone = 52 * WEEK_H
    use: Use = None
    pairs: int = count(2, 26, "pairs of periods", 4)
    period: Days = 2 * WEEK_H
    washout: DaysOrNone = 0.0
    discard: DaysOrNone = 0.0


class CrossoverAnalysis(Table):
    """Estimators of single persons, and of the series."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator",
        ("paired_t", "daily_least_squares", "daily_autoregressive", "meta_dl", "meta_pm", "mixed"),
    ) = ("paired_t", "daily_least_squares", "daily_autoregressive", "meta_dl", "mixed")


class NOf1(RunTable):
    """Single persons in periods of use and none by lot, and the series of them."""

    entry: EntryTable = Field(EntryTable(), description="a table [entry]")
    sampling: SeriesSampling = Field(SeriesSampling(), description="a table [sampling]")
    crossover: CrossoverTable = Field(CrossoverTable(), description="a table [crossover]")
    analysis: CrossoverAnalysis = Field(CrossoverAnalysis(), description="a table [analysis]")


class MomentsSampling(Table):
    """How many keep a diary."""

    persons: int = count(2, MOST_PARTICIPANTS, "persons", 50)


class MomentsTable(Table):
    """Days of prompts, and hours at which a serving is left to chance."""

    experience: DaysOrNone = 52 * WEEK_H
    for_h: Days = Field(15 * DAY_H, alias="for")
    dose: str | None = Field(None, description='an amount of leaf powder by lot, such as "3 g"')


class MomentsAnalysis(Table):
    """Estimators within persons."""

    estimators: names_of(  # type: ignore[valid-type]
        "estimator", ("fixed_effects", "mixed", "event_contingent", "micro_randomised")
    ) = ("fixed_effects", "mixed", "event_contingent", "micro_randomised")


class Ema(RunTable):
    """Momentary mood of users, prompt by prompt."""

    entry: EntryTable = Field(EntryTable(), description="a table [entry]")
    sampling: MomentsSampling = Field(MomentsSampling(), description="a table [sampling]")
    moments: MomentsTable = Field(MomentsTable(), description="a table [moments]")
    analysis: MomentsAnalysis = Field(MomentsAnalysis(), description="a table [analysis]")


class ScenarioAnalysis(Table):
    """Estimators of a trial between arms of a scenario."""

    estimators: names_of("estimator", ("ancova", "unadjusted", "factorial")) = (  # type: ignore[valid-type]
        "ancova",
        "unadjusted",
    )


class ScenarioTrial(RunTable):
    """A trial between two arms of one's own scenario, or of four for an interaction."""

    scenario: Name = Field(description='the name of a scenario file, such as "self-medication.toml"')
    arms: list[str] = Field(
        min_length=2,
        max_length=4,
        description="the names of two arms (first minus second), or of four: neither, one, the other, both",
    )
    sampling: PerArm = Field(PerArm(), description="a table [sampling]")
    visits: Visits = (8 * WEEK_H, 26 * WEEK_H)
    score: Score = "phq9"  # type: ignore[valid-type]
    dropout: DropoutTable = Field(DropoutTable(), description="a table [dropout]")
    analysis: ScenarioAnalysis = Field(ScenarioAnalysis(), description="a table [analysis]")


SHAPES: dict[str, type[RunTable]] = {
    "cross_sectional": CrossSectional,
    "self_report": SelfReport,
    "case_series": CaseSeries,
    "new_user_cohort": NewUserCohort,
    "target_trial": TargetTrial,
    "parallel_trial": ParallelTrial,
    "randomised_withdrawal": RandomisedWithdrawal,
    "n_of_1": NOf1,
    "ema": Ema,
    "scenario_trial": ScenarioTrial,
}
"""Shapes by the name of the design."""
