"""Wrong study files and command lines of `ketum study`, each with what its message must say."""

from __future__ import annotations

from bad_scenarios import VALID as SCENARIO


def of(design: str, tables: str = "", top: str = "") -> str:
    """Return a study file: its design in line 1, `top` in line 2 and on, then `tables`."""
    return "\n".join(part for part in (f'design = "{design}"', top, tables) if part) + "\n"


def trial(tables: str = "", top: str = "") -> str:
    """Return the file of a parallel trial."""
    return of("parallel_trial", tables, top)


def diary(tables: str = "", top: str = "") -> str:
    """Return the file of a diary study."""
    return of("ema", tables, top)


def own(arms: str, tables: str = "", visits: str = '["4 wk"]', scenario: str = "own.toml") -> str:
    """Return the file of a trial between arms of the scenario beside it (arms in line 3, visits in line 4)."""
    return of("scenario_trial", tables, f'scenario = "{scenario}"\narms = {arms}\nvisits = {visits}')


def given(*phases: str) -> str:
    """Return the table of what a trial gives (line 3)."""
    return "[treatment]\nuse = [" + ", ".join(f"{{ {phase} }}" for phase in phases) + "]"


LEAF = 'product = "leaf_powder", dose = "4 g"'
HUGE = "9" * 5000

STUDIES: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    # no study at all
    ("empty file", b"", ("is empty", "a study")),
    ("only a comment", "# nothing yet\n", ("is empty",)),
    ("UTF-16", trial().encode("utf-16"), ("UTF-16", "UTF-8")),
    ("binary", bytes(range(256)) * 10, ("not a text file",)),
    ("no TOML", "dear simulator, study kratom", ("line 1", "not valid TOML")),
    ("cut in a list", trial(top="visits = ["), ("line 2", "not valid TOML")),
    ("key twice", trial(top="seed = 1\nseed = 2"), ("line 3", "not valid TOML")),
    ("number of 5000 digits", trial(top=f"seed = {HUGE}"), ("cannot be read as TOML",)),
    ("a scenario", SCENARIO, ("design: is missing", "cross_sectional", "scenario_trial")),
    # what all designs share
    ("no design", "seed = 1\n", ("design: is missing", "parallel_trial")),
    ("design misspelt", of("paralel_trial"), ("line 1", '"paralel_trial" is not a design', "nearest: parallel_trial")),
    ("design a number", "design = 3\n", ("line 1", "design: 3", "ema")),
    ("two designs", 'design = ["ema", "n_of_1"]\n', ("line 1", "design: a list", "ema")),
    ("key misspelt", diary("[sample]\npersons = 3"), ("line 2", "sample", "nearest: sampling")),
    ("table of another design", diary('[cohort]\nfollow = "4 wk"'), ("line 2", "cohort", "allowed: design")),
    ("title too long", diary(top=f'title = "{"x" * 101}"'), ("line 2", "title", "1 to 100 characters")),
    ("question too long", diary(top=f'question = "{"x" * 401}"'), ("line 2", "question", "at most 400")),
    ("question a number", diary(top="question = 3"), ("line 2", "question: 3", "a sentence")),
    ("one replicate", diary(top="replicates = 1"), ("line 2", "replicates: 1", "from 2 to 100000")),
    ("too many replicates", diary(top="replicates = 100_001"), ("line 2", "replicates: 100001", "from 2 to 100000")),
    ("half a replicate", diary(top="replicates = 2.5"), ("line 2", "replicates: 2.5", "whole number")),
    ("a true replicate", diary(top="replicates = true"), ("line 2", "replicates: true", "whole number")),
    ("seed negative", diary(top="seed = -1"), ("line 2", "seed: -1", "from 0 to")),
    ("setting misspelt", diary('[setting]\ncausal = ["nul"]'), ("line 3", "setting.causal", '"nul"', "nearest: null")),
    ("setting twice", diary('[setting]\ncausal = ["null", "null"]'), ("line 3", "setting.causal", "stands twice")),
    ("no setting", diary("[setting]\ncausal = []"), ("line 3", "setting.causal", "an empty list", "pharmacology")),
    ("setting a number", diary("[setting]\ncausal = 3"), ("line 3", "setting.causal: 3", "pharmacology")),
    ("setting a word", diary(top='setting = "null"'), ("line 2", 'setting: "null"', "[setting]")),
    ("selection a word", diary('[setting]\nselection = "off"'), ("line 3", 'selection: "off"', "true or false")),
    ("channel misspelt", diary("[setting]\nchannels = { withdrawl = false }"), ("line 3", "nearest: withdrawal")),
    ("channel a number", diary("[setting]\nchannels = { withdrawal = 0 }"), ("line 3", "0", "true or false")),
    ("pool of a few", diary("[pool]\npersons = 10"), ("line 3", "pool.persons: 10", "from 100 to 5000000")),
    ("pool without number", diary("[pool]"), ("line 2", "pool.persons: is missing", "from 100")),
    (
        "pool smaller than a study",
        diary("[pool]\npersons = 100\n[sampling]\npersons = 200"),
        ("line 3", "pool.persons: 100", "at least 200"),
    ),
    ("parameter misspelt", diary("[parameters]\nm_EE = 3"), ("line 3", "parameters.m_EE", "nearest: m_E")),
    ("parameter fixed", diary('[parameters]\nm_E = "fixed"'), ("line 3", '"fixed"', "a number")),
    ("population misspelt", diary('[entry]\npopulation = "us_adult"'), ("line 3", "nearest: us_adults")),
    ("PHQ-9 of 28", diary("[entry]\nphq9_at_least = 28"), ("line 3", "entry.phq9_at_least: 28", "from 0 to 27")),
    (
        "PHQ-9 of a population with a rule",
        diary('[entry]\npopulation = "healthy_adults"\nphq9_at_least = 5'),
        ("line 4", "entry.phq9_at_least", "means nothing with healthy_adults", "us_adults"),
    ),
    ("estimator misspelt", diary('[analysis]\nestimators = ["fixed_effect"]'), ("line 3", "nearest: fixed_effects")),
    ("no estimator", diary("[analysis]\nestimators = []"), ("line 3", "an empty list", "micro_randomised")),
    ("estimator twice", diary('[analysis]\nestimators = ["mixed", "mixed"]'), ("line 3", "stands twice")),
    # cross-sectional survey, self-report, case series
    ("few users", of("cross_sectional", "[sampling]\nusers = 5"), ("line 3", "sampling.users: 5", "from 10")),
    ("kind of use", of("cross_sectional", '[exposure]\ncounts = "yearly"'), ("line 3", '"yearly"', "past_year")),
    ("all conceal", of("cross_sectional", "[exposure]\nconcealed = 1"), ("line 3", "exposure.concealed: 1", "below 1")),
    ("everybody ill", of("cross_sectional", "[outcome]\nphq9_at_least = 0"), ("line 3", "0", "from 1 to 27")),
    ("covariate", of("cross_sectional", '[analysis]\nadjust = ["weight"]'), ("line 3", '"weight"', "age, sex")),
    ("world of hours", of("cross_sectional", '[world]\nfor = "36 h"'), ("line 3", '"36 h"', "whole number of days")),
    ("source", of("self_report", top='source = "internet"'), ("line 2", '"internet"', "survey, regular_users")),
    (
        "recall beyond now",
        of("self_report", "[recall]\ntowards_now = 2"),
        ("line 3", "recall.towards_now: 2", "-1 to 1"),
    ),
    (
        "no change told",
        of("self_report", "[outcome]\ntold_change = 0"),
        ("line 3", "outcome.told_change: 0", "above 0"),
    ),
    ("two cases", of("case_series", "[sampling]\ncases = 2"), ("line 3", "sampling.cases: 2", "from 5")),
    # cohorts
    (
        "window of no length",
        of("new_user_cohort", '[cohort]\nstart_from = "8 wk"\nstart_until = "8 wk"'),
        ("line 3", "cohort.start_from: 8 wk", "less than 8 wk"),
    ),
    (
        "lead too long",
        of("new_user_cohort", '[cohort]\nlead = "8 wk"'),
        ("line 3", "cohort.lead: 8 wk", "at most 4 wk"),
    ),
    ("follow in days", of("new_user_cohort", '[cohort]\nfollow = "10 d"'), ("line 3", "cohort.follow: 10 d", "a week")),
    (
        "late starters",
        of("new_user_cohort", '[cohort]\nlate_starters = "censor"'),
        ("line 3", '"censor"', "drop, keep"),
    ),
    ("enrichment", of("new_user_cohort", "[cohort]\nenrichment = 0.5"), ("line 3", "cohort.enrichment: 0.5", "1 to")),
    ("few visits", of("target_trial", '[cohort]\nfollow = "5 wk"'), ("line 3", "cohort.follow: 5 wk", "seven visits")),
    ("odd visits", of("target_trial", '[cohort]\nvisits_every = "3 wk"'), ("cohort.follow: 52 wk", "multiple of 3 wk")),
    (
        "weights cut",
        of("target_trial", "[analysis]\ntruncate = 0.5"),
        ("line 3", "analysis.truncate: 0.5", "below 0.5"),
    ),
    ("few resamples", of("target_trial", "[analysis]\nbootstrap = 3"), ("line 3", "analysis.bootstrap: 3", "from 20")),
    # trials
    ("no visit", trial(top="visits = []"), ("line 2", "visits: an empty list", '["4 wk", "8 wk"]')),
    ("visit in days", trial(top='visits = ["10 d"]'), ("line 2", 'visits: "10 d"', "whole weeks")),
    ("visit at once", trial(top='visits = ["0 wk"]'), ("line 2", 'visits: "0 wk"', "above zero")),
    ("visit without unit", trial(top="visits = [4]"), ("line 2", "visits: 4", "whole days")),
    ("score", trial(top='score = "madrs"'), ("line 2", 'score: "madrs"', "phq9, hamd17")),
    ("three an arm", trial("[sampling]\nper_arm = 3"), ("line 3", "sampling.per_arm: 3", "from 4")),
    ("use too short", trial(given(f'{LEAF}, per_day = 3, for = "4 wk"')), ("line 3", "treatment.use", "fill 8 wk")),
    ("no use", trial("[treatment]\nuse = []"), ("line 3", "treatment.use", "fill 8 wk")),
    (
        "product misspelt",
        trial(given('product = "leaf", per_day = 3')),
        ("line 3", "treatment.use[0].product", '"leaf"'),
    ),
    (
        "natural use",
        trial('[treatment]\nuse = "natural"'),
        ("line 3", "treatment.use", '"natural"', "a list of phases"),
    ),
    ("blinded a word", trial('[treatment]\nblinded = "double"'), ("line 3", '"double"', "true or false")),
    ("all leave", trial("[dropout]\nshare = 1"), ("line 3", "dropout.share: 1", "below 1")),
    ("share in percent", trial('[dropout]\nshare = "15 %"'), ("line 3", 'dropout.share: "15 %"', "below 1")),
    ("missing answers", trial('[dropout]\nhandled = "locf"'), ("line 3", '"locf"', "complete_case, last_observation")),
    (
        "use that ends before the stop",
        of("randomised_withdrawal", f"[withdrawal]\nuse = [{{ {LEAF}, times = 1 }}]"),
        ("line 3", "withdrawal.use", "one phase"),
    ),
    (
        "use that stops by itself",
        of("randomised_withdrawal", f"[withdrawal]\nuse = [{{ {LEAF}, as_needed = true, stopping = true }}]"),
        ("line 3", "withdrawal.use[0].stopping", "means nothing here"),
    ),
    (
        "relapse between visits",
        of("randomised_withdrawal", '[withdrawal]\nrelapse_every = "3 wk"\nrelapse_until = "10 wk"'),
        ("line 4", "withdrawal.relapse_until: 10 wk", "relapse_every"),
    ),
    # within persons
    (
        "all discarded",
        of("n_of_1", '[crossover]\ndiscard = "2 wk"'),
        ("line 3", "crossover.discard: 2 wk", "less than"),
    ),
    ("one pair", of("n_of_1", "[crossover]\npairs = 1"), ("line 3", "crossover.pairs: 1", "from 2 to 26")),
    ("half a day", of("n_of_1", '[crossover]\nperiod = "12 h"'), ("line 3", '"12 h"', "whole number of days")),
    ("diary of no day", diary('[moments]\nfor = "0 d"'), ("line 3", 'moments.for: "0 d"', "above zero")),
    ("diary in grams", diary('[moments]\nfor = "3 g"'), ("line 3", 'moments.for: "3 g"', "is not a time")),
    ("dose in hours", diary('[moments]\ndose = "3 h"'), ("line 3", 'moments.dose: "3 h"', '"4 g"')),
    ("dose of nothing", diary('[moments]\ndose = "0 g"'), ("line 3", 'moments.dose: "0 g"', "above 0")),
    # arms of one's own scenario
    ("no scenario", of("scenario_trial"), ("scenario: is missing", "self-medication.toml")),
    ("scenario not there", own('["a", "b"]', scenario="nowhere.toml"), ("line 2", "nowhere.toml", "no such file")),
    (
        "scenario is a study",
        own('["a", "b"]', scenario="wrong.toml"),
        ("line 2", "wrong.toml", "design", "ketum study"),
    ),
    ("arm misspelt", own('["nothing", "sertralin"]'), ("line 3", "arms[1]", "nearest: sertraline")),
    ("arm twice", own('["nothing", "nothing"]'), ("line 3", "arms[1]", "stands twice")),
    ("one arm", own('["nothing"]'), ("line 3", "arms", "two arms")),
    ("three arms", own('["nothing", "kratom", "both"]'), ("line 3", "3 arms", "factorial")),
    (
        "four arms without interaction",
        own('["nothing", "kratom", "sertraline", "both"]'),
        ("line 3", "4 arms", "factorial"),
    ),
    (
        "interaction of two arms",
        own('["nothing", "kratom"]', '[analysis]\nestimators = ["factorial"]'),
        ("2 arms", "factorial"),
    ),
    ("visit after the end", own('["nothing", "kratom"]', visits='["52 wk"]'), ("line 4", "visits: 52 wk", "26 wk")),
]

COMMANDS: list[tuple[list[str], tuple[str, ...]]] = [
    ([], ("FILE",)),
    (["absent.toml"], ("absent.toml", "no such file")),
    (["absent.toml", "--dry-run"], ("absent.toml", "no such file")),
    (["."], ("is a folder",)),
    (["fine.toml", "--sed", "3"], ("--sed",)),
    (["fine.toml", "fine.toml"], ("fine.toml",)),
    (["fine.toml", "--people", "5"], ("--people",)),
    (["fine.toml", "--replicates", "many"], ("--replicates", "valid integer")),
    (["fine.toml", "--replicates", "1"], ("--replicates", "replicates: 1", "from 2")),
    (["fine.toml", "--seed", "-3"], ("--seed", "seed: -3")),
    (["fine.toml", "--workers", "0"], ("--workers: 0", "1 to 256")),
    (["fine.toml", "--set", "sampling.per_arm"], ("--set", "sampling.per_arm", "key=value")),
    (["fine.toml", "--set", "sampling.per_arms=3"], ("--set sampling.per_arms", "nearest: per_arm")),
    (["fine.toml", "--set", "visits=4 d"], ("--set visits", '"4 d"', "whole weeks")),
    (["fine.toml", "--set", "pool.persons=100", "--set", "sampling.per_arm=60"], ("pool.persons: 100", "at least 120")),
    (["fine.toml", "--set", "design=ema"], ("is not a known key", "allowed: persons")),
    (["fine.toml", "--resume"], ("no interrupted study", "--resume")),
    (["fine.toml", "--find", "cost"], ("--find: 'cost'", "participants, weeks, washout")),
    (["fine.toml", "--find", "washout", "--bias", "1"], ("--find: washout", "parallel_trial", "participants, weeks")),
    (["fine.toml", "--find", "washout"], ("--bias is missing", "above 0")),
    (["fine.toml", "--find", "washout", "--power", "0.8"], ("--power", "allowed: --bias")),
    (["fine.toml", "--find", "participants", "--power", "80"], ("--power: 80", "below 1")),
    (["fine.toml", "--find", "participants", "--power", "0"], ("--power: 0", "above 0")),
    (["fine.toml", "--find", "participants", "--power", "nan"], ("--power: nan", "below 1")),
    (["fine.toml", "--find", "participants", "--bias", "-1"], ("--bias: -1", "above 0")),
    (["fine.toml", "--find", "participants", "--bias", "inf"], ("--bias: inf", "above 0")),
    (["fine.toml", "--find", "participants", "--bias", "1", "--power", "0.9"], ("--power and --bias",)),
    (["fine.toml", "--find", "participants", "--budget", "10"], ("--budget", "200")),
    (["fine.toml", "--find", "participants", "--up-to", "1"], ("--up-to", "2")),
    (["fine.toml", "--power", "0.8"], ("--power: means nothing without --find",)),
    (["fine.toml", "--bias", "0.8"], ("--bias: means nothing without --find",)),
    (["fine.toml", "--in", "null"], ("--in: means nothing without --find",)),
    (["fine.toml", "--estimand", "difference_week_4"], ("--estimand: means nothing without --find",)),
    (["fine.toml", "--estimator", "ancova"], ("--estimator: means nothing without --find",)),
    (["fine.toml", "--up-to", "100"], ("--up-to: means nothing without --find",)),
    (["fine.toml", "--budget", "500"], ("--budget: means nothing without --find",)),
    (["fine.toml", "--out", "fine.toml"], ("fine.toml", "is a file")),
    (["fine.toml", "--out", "fine.toml/below"], ("fine.toml/below", "cannot be written")),
    (["fine.toml", "--out", "x" * 300], ("xxx", "cannot be written")),
    (["fine.toml", "--out", "/"], ("root of the file system",)),
]
"""Wrong ways to call `ketum study` on a file that is fine."""

ASKED: list[tuple[list[str], tuple[str, ...]]] = [
    (["--in", "nul"], ("--in", "'nul'", "null")),
    (["--estimand", "difference_week_5"], ("--estimand", "difference_week_5", "difference_week_4")),
    (["--estimator", "ancovar"], ("--estimator", "'ancovar'", "ancova")),
    (["--up-to", "200000"], ("200000", "100000")),
]
"""What `--find participants` cannot be asked of a study that is fine."""
