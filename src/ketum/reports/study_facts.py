"""What the report of a study is told beside its tables: the shape of ``study.json``, everything in words.

Texts are plain text, never markup, but for the diagrams. Shares lie between 0 and 1; values of an estimand lie on its
own scale (log odds, log hazard, or linear).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Scale = Literal["linear", "share", "correlation", "log odds", "log hazard"]
"""Values of the last two are shown exponentiated (odds ratios, hazard ratios), shares as percentages."""
Kind = Literal["scatter", "series", "bars", "survival", "counts"]
Severity = Literal["danger", "warning", "caution"]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]


class Facts(BaseModel):
    """A table of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(Facts):
    """A causal setting: its name in the tables, what it assumes, and that it is a hypothesis, in the lead's words."""

    name: Text
    meaning: str
    note: str = ""


class ProtocolRow(Facts):
    """A component of the protocol: the target trial (None where there is none) beside what is emulated."""

    component: Text
    target: str | None
    emulation: str


class Diagram(Facts):
    """A causal diagram: which estimators it is about, its SVG, and what it shows in words."""

    heading: Text
    svg: Text
    text: Text


class Estimand(Facts):
    """An estimand.

    Attributes
    ----------
    name, label : str
        Its name in the tables, and a few words for headings and axes.
    words, symbols : str
        What it is, as a sentence and as a formula, in which ``^{...}`` raises and ``_{...}`` lowers.
    noun : str
        What a value of it is, in a sentence: "odds ratio", "difference", "share".
    unit : str
        Told on the linear scale only.
    scale : str
        The scale of its values in the tables.
    digits : int
        Decimals with which it is shown.
    main : str
        Name of the estimator that the summary tells.
    above, below, neither : str
        What a study reports whose estimate is significantly above or below no effect, or is not: "report harm".
    """

    name: Text
    label: Text
    words: str
    symbols: str
    noun: Text
    unit: str = ""
    scale: Scale = "linear"
    digits: int = Field(2, ge=0, le=6)
    main: Text
    above: Text = "harm"
    below: Text = "benefit"
    neither: Text = "no difference"


class Identification(Facts):
    """Whether an estimator identifies an estimand in this design.

    Attributes
    ----------
    yes : bool
    assumption : str
        What has to hold, and whether it does, as a sentence.
    open_paths : tuple of str
        Paths of the causal diagram that bias it, in words.
    under_null : bool or None
        Whether it would find no effect where there is none.
    """

    yes: bool
    assumption: str = ""
    open_paths: tuple[str, ...] = ()
    under_null: bool | None = None


class Estimator(Facts):
    """An estimator.

    Attributes
    ----------
    name, label, description : str
        Its name in the tables, as it is called in a sentence, and what it does.
    identified : mapping of the name of an estimand to Identification
        For each estimand that it estimates.
    """

    name: Text
    label: Text
    description: str
    identified: Mapping[str, Identification]


class Sampling(Facts):
    """How data sets were drawn.

    `participants` in a data set, `replicates`, `reuse`: how many data sets a person of the pool is in on average.
    """

    participants: Count
    replicates: Count
    reuse: Annotated[FiniteFloat, Field(ge=0)]
    words: str = ""


class Pool(Facts):
    """The simulated lives from which participants are drawn, and how long simulating them took."""

    persons: Count
    seconds: Annotated[FiniteFloat, Field(ge=0)]
    words: str = ""


class SafetyFinding(Facts):
    """A safety finding, its source, and when its rule was last checked."""

    severity: Severity
    text: Text
    source: str
    date: str


class Evaluation(Facts):
    """One size that planning tried.

    `value` is its power (a share), or its bias on the scale of the estimand, with one Monte-Carlo standard error; None
    where every fit failed. `stage` says why it was tried.
    """

    stage: Text
    size: Count
    replicates: Count
    failed: Count = 0
    value: FiniteFloat | None
    mcse: FiniteFloat | None


class CurvePoint(Facts):
    """A point of the fitted curve."""

    size: FiniteFloat
    value: FiniteFloat


class Planning(Facts):
    """A search for the smallest size that does.

    Attributes
    ----------
    goal : str
        ``power`` or ``bias``.
    target : float
        The power to be reached, or the size of bias to be met, on the scale of the estimand.
    of : str
        What is counted: "participants", "weeks".
    estimand, estimator, setting : str
        Names.
    smallest, largest : int
        The range that was searched.
    outcome : str
        As `ketum.studies.planning.Plan` has it.
    size : int or None
        The size found.
    low, high : float or None
        95% interval of it, or of where it may lie; None where nothing is known or there is no end.
    narrow : bool
        Whether the interval became as narrow as asked.
    agrees, biased : bool or None
        Whether new replicates at the size found agree with the fitted curve; whether the estimator is biased there.
    check : Evaluation or None
        The study at the size found, from replicates that took no part in the search.
    mean, truth : float or None
        Mean estimate and truth at the largest size.
    evaluations : tuple of Evaluation
        In the order in which they were made.
    curve : tuple of CurvePoint
        The fitted curve; empty where there is none.
    note : str
    """

    goal: Literal["power", "bias"] = "power"
    target: FiniteFloat
    of: Text = "participants"
    estimand: Text
    estimator: Text
    setting: Text
    smallest: Count
    largest: Count
    outcome: Literal["found", "smallest", "not reached", "biased", "no effect", "open", "failed"]
    size: int | None = None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    narrow: bool = True
    agrees: bool | None = None
    biased: bool | None = None
    check: Evaluation | None = None
    mean: FiniteFloat | None = None
    truth: FiniteFloat | None = None
    evaluations: tuple[Evaluation, ...]
    curve: tuple[CurvePoint, ...] = ()
    note: str = ""


class Example(Facts):
    """How the data set in ``example.csv`` is drawn.

    Attributes
    ----------
    kind : str
        ``scatter``: a point a row at (x, y). ``series``: lines of y over x, one for each value of `unit`, with the mean
        of each group; without `unit` one line a group. ``bars``: the share of each group in each category of x (a
        histogram if x is a number of many values), or with y the mean of y there. ``survival``: Kaplan-Meier curves; x
        is the time, y is 1 where the event came and 0 where follow-up ended. ``counts``: numbers of rows in each
        category of x, stacked by group.
    title, caption : str
    x, y, group, unit : str
        Names of columns; empty where not used.
    x_label, y_label : str
        Titles of the axes, with units.
    groups : mapping of a value of the column `group`, as text, to its words
        In the order of the legend; values that are not named are drawn with their own text.
    """

    kind: Kind
    title: Text
    caption: str = ""
    x: Text
    y: str = ""
    group: str = ""
    unit: str = ""
    x_label: Text
    y_label: str = ""
    groups: Mapping[str, str] = {}


class StudyFacts(Facts):
    """The file ``study.json``.

    `design` is its label, `noun` what a sentence calls it ("this survey"), `question` a sentence. `rests_on` tells for
    each output how many of the parameters behind it are of each provenance class, as the provenance of a run does.
    """

    title: Text
    design: Text
    noun: Text = "study"
    question: str
    seed: int
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)]
    protocol: tuple[ProtocolRow, ...]
    dag: tuple[Diagram, ...]
    estimands: Annotated[tuple[Estimand, ...], Field(min_length=1)]
    estimators: Annotated[tuple[Estimator, ...], Field(min_length=1)]
    sampling: Sampling
    pool: Pool
    limitations: tuple[str, ...]
    findings: tuple[SafetyFinding, ...]
    findings_checked: str = ""
    rests_on: Mapping[str, Mapping[str, int]]
    planning: Planning | None = None
    example: Example | None = None
    commands: tuple[str, ...]
    versions: Mapping[str, str]
    hashes: Mapping[str, str] = {}
    seconds: Annotated[FiniteFloat, Field(ge=0)]
    platform: str = ""
