"""Wrong scenarios and event tables, each with what its message must say."""

VALID = """\
title = "One cup of tea"
seed = 1
[people]
count = 50
population = "healthy_adults"
[[arm]]
name = "tea"
use = [{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1 }]
[record]
for = "5 d"
every = "30 min"
"""


def swap(old: str, new: str) -> str:
    """Return the valid scenario with one piece of it replaced."""
    assert VALID.count(old) == 1
    return VALID.replace(old, new)


def use(*phases: str) -> str:
    """Return the valid scenario with other phases of use (lines 8 and on)."""
    return swap(
        '{ product = "leaf_tea", dose = "39 mg mitragynine", times = 1 }',
        ",\n".join(f"{{ {phase} }}" for phase in phases),
    )


def arm(more: str) -> str:
    """Return the valid scenario with another line in its arm (line 9)."""
    return swap("[record]", f"{more}\n[record]")


def record(more: str, length: str = "5 d", every: str = "30 min") -> str:
    """Return the valid scenario with another record."""
    return VALID.replace('"5 d"', f'"{length}"').replace('"30 min"', f'"{every}"') + more + "\n"


def setting(more: str) -> str:
    """Return the valid scenario with a causal setting (line 4)."""
    return swap("[people]", f"[setting]\n{more}\n[people]")


def context(more: str) -> str:
    """Return the valid scenario with a context (its keys in line 4 and on)."""
    return swap("[people]", f"[context]\n{more}\n[people]")


def draws(more: str) -> str:
    """Return the valid scenario with a table of uncertainty (its keys in line 5 and on)."""
    return swap("[people]", f"[uncertainty]\n{more}\n[people]")


def treat(*treatments: str) -> str:
    """Return the valid scenario with treatments in its arm (line 9)."""
    rows = ", ".join(f"{{ {treatment} }}" for treatment in treatments)
    return arm(f"treatments = [{rows}]")


MONITORED = VALID.replace('"30 min"', '"1 d"').replace("{", "{{").replace("}", "}}") + "[monitoring]\n{}\n"
LEAF = 'product = "leaf_powder", dose = "4 g"'
HUGE = "9" * 5000
TEA = 'product = "leaf_tea", dose = "39 mg mitragynine", times = 1'
MORPHINE = 'product = "morphine", dose = "10 mg", times = 1'
TABLET = 'product = "7oh_tablet", dose = "1 tablet", times = 1'
LABEL = 'label = "15 mg 7-hydroxymitragynine"'


def hand(more: str) -> str:
    """Return the valid scenario with a serving of leaf of which more is said."""
    return use(f"{LEAF}, times = 1, {more}")


SCENARIOS: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    # no scenario at all
    ("empty file", b"", ("is empty", "examples/")),
    ("only a comment", "# nothing yet\n", ("is empty",)),
    ("UTF-16", VALID.encode("utf-16"), ("UTF-16", "UTF-8")),
    ("latin-1", VALID.replace("cup", "t\xe4sse").encode("latin-1"), ("line 1", "not UTF-8")),
    ("binary", bytes(range(256)) * 10, ("not a text file",)),
    ("over 1 MB", "# a\n" * 300_000, ("larger than 1 MB",)),
    ("cut in a text", VALID[:80], ("line 5", "not valid TOML")),
    ("cut in a list", VALID[: VALID.index(", times")], ("line 8", "not valid TOML")),
    ("no TOML", "dear simulator, give me tea", ("line 1", "not valid TOML")),
    ("JSON", '{"people": {"count": 10}}', ("line 1", "not valid TOML")),
    ("key twice", VALID.replace("seed = 1", "seed = 1\nseed = 2"), ("line 3", "not valid TOML", "overwrite")),
    ("nested too deep", "a = " + "[" * 5000, ("cannot be read as TOML",)),
    ("number of 5000 digits", swap("seed = 1", f"seed = {HUGE}"), ("cannot be read as TOML",)),
    # top level
    ("no arms", VALID[: VALID.index("[[arm]]")] + '[record]\nfor = "5 d"', ("arm: is missing", "[[arm]]")),
    ("arm as a table", swap("[[arm]]", "[arm]"), ("line 6", "arm: a table is not allowed", "[[arm]]")),
    ("arms", swap("[[arm]]", "[[arms]]"), ("line 6", "arms: is not a known key", "nearest: arm")),
    ("no record", VALID[: VALID.index("[record]")], ("record: is missing", "[record]")),
    ("seed negative", swap("seed = 1", "seed = -1"), ("line 2", "seed: -1 is not allowed", "from 0 to")),
    ("seed too large", swap("seed = 1", "seed = 9223372036854775808"), ("line 2", "seed", "from 0 to")),
    ("seed a fraction", swap("seed = 1", "seed = 1.5"), ("line 2", "seed: 1.5", "whole number")),
    ("seed a truth", swap("seed = 1", "seed = true"), ("line 2", "seed: true", "whole number")),
    ("seed nan", swap("seed = 1", "seed = nan"), ("line 2", "seed: nan", "whole number")),
    ("seed a table", swap("seed = 1", "seed = { a = 1 }"), ("line 2", "seed: a table", "whole number")),
    ("seed in hex", swap("seed = 1", "seed = 0x" + "f" * 9000), ("line 2", "seed", "more than 60 digits")),
    ("title of two lines", swap('"One cup of tea"', '"a\\nb"'), ("line 1", 'title: "a\\nb"', "one line")),
    ("title a date", swap('"One cup of tea"', "1979-05-27"), ("line 1", "title: 1979-05-27", "a text")),
    # people
    ("nobody", swap("count = 50", "count = 0"), ("line 4", "people.count: 0", "1 to 10000000")),
    ("fewer than nobody", swap("count = 50", "count = -3"), ("line 4", "people.count: -3")),
    ("everybody", swap("count = 50", "count = 10_000_001"), ("people.count: 10000001", "1 to 10000000")),
    ("half a person", swap("count = 50", "count = 1.5"), ("people.count: 1.5", "whole number")),
    ("a true person", swap("count = 50", "count = true"), ("people.count: true", "whole number")),
    ("infinite people", swap("count = 50", "count = inf"), ("people.count: inf", "whole number")),
    (
        "people a number",
        swap('[people]\ncount = 50\npopulation = "healthy_adults"', "people = 50"),
        ("line 3", "people: 50", "[people]"),
    ),
    ("population misspelt", swap("healthy_adults", "healty_adult"), ("line 5", "nearest: healthy_adults")),
    ("population a list", swap('"healthy_adults"', '["healthy_adults"]'), ("line 5", "a list", "us_adults")),
    (
        "experience in hours",
        swap("count = 50", 'experience = "25 h"'),
        ("line 4", "people.experience: 25 h", "days"),
    ),
    (
        "arm named like a difference",
        VALID + '[[arm]]\nname = "b"\n[[arm]]\nname = "b minus tea"\n',
        ("line 15", "difference between two other arms"),
    ),
    # uncertainty
    ("no draws", draws(""), ("uncertainty.draws", "is missing", "from 2 to 10000")),
    ("one draw", draws("draws = 1"), ("line 4", "uncertainty.draws: 1", "from 2 to 10000")),
    ("draws in words", draws('draws = "many"'), ("line 4", "uncertainty.draws", '"many"', "whole number")),
    ("shares no power", draws("draws = 9\nshares = 100"), ("line 5", "uncertainty.shares: 100", "a power of two")),
    ("few shares", draws("draws = 9\nshares = 4"), ("uncertainty.shares: 4", "from 8")),
    ("of nothing", draws("draws = 9\nof = []"), ("uncertainty.of", "a list of names")),
    ("of misspelt", draws('draws = 9\nof = ["relif"]'), ("line 5", "uncertainty.of[0]", '"relif"', "nearest: relief")),
    ("of twice", draws('draws = 9\nof = ["relief", "relief"]'), ("uncertainty.of[1]", "stands twice")),
    ("of unrecorded", draws('draws = 9\nof = ["madrs"]'), ("uncertainty.of[0]", "not recorded", "record.outputs")),
    ("of a channel", draws('draws = 9\nof = ["channel:withdrawal"]'), ("uncertainty.of[0]", "not lived")),
    ("uncertainty misspelt", draws("draw = 9"), ("uncertainty.draw", "nearest: draws")),
    # context
    ("place misspelt", context('jurisdiction = "Tailand"'), ("line 4", "context.jurisdiction", "nearest: Thailand")),
    ("place not in the table", context('jurisdiction = "Atlantis"'), ("context.jurisdiction", "the legal table")),
    ("place a number", context("jurisdiction = 3"), ("context.jurisdiction: 3", "such as Thailand")),
    ("place twice", context('jurisdiction = ["Utah", "Utah"]'), ("context.jurisdiction[1]", '"Utah" stands twice')),
    ("pregnant", context("pregnant = true"), ("context.pregnant", "nearest: pregnancy")),
    ("driving a word", context('driving = "yes"'), ("line 4", "context.driving", '"yes"', "true or false")),
    ("context a word", 'context = "Thailand"\n' + VALID, ("line 1", "context", "[context]")),
    # causal settings
    ("setting misspelt", setting('causal = "harmm"'), ("line 4", "setting.causal", '"harmm"', "nearest: harm")),
    ("setting twice", setting('causal = ["null", "harm", "null"]'), ("setting.causal", '"null" stands twice')),
    ("no setting", setting("causal = []"), ("line 4", "setting.causal", "an empty list", "pharmacology")),
    ("setting a number", setting("causal = 3"), ("line 4", "setting.causal: 3", "pharmacology")),
    ("selection a word", setting('selection = "off"'), ("line 4", "setting.selection", '"off"', "true or false")),
    ("channel misspelt", setting("channels = { withdrawl = false }"), ("line 4", "nearest: withdrawal")),
    ("channel a number", setting("channels = { longrun = 0 }"), ("setting.channels.longrun: 0", "true or false")),
    ("no such effect", setting("channels = { longrun = true }"), ("setting.channels.longrun: true", "harm")),
    ("setting unknown key", setting("cause = 1"), ("line 4", "setting.cause", "nearest: causal")),
    # treatments
    ("treatment misspelt", treat('name = "sertralin"'), ("line 9", "treatments[0].name", "nearest: sertraline")),
    ("treatment without name", treat('for = "4 wk"'), ("line 9", "treatments[0].name: is missing")),
    ("sertraline twice", treat('name = "sertraline"', 'name = "sertraline"'), ("treatments[1]", "given twice")),
    (
        "sertraline twice, overlapping",
        treat('name = "sertraline", for = "3 d"', 'name = "sertraline", from = "2 d"'),
        ("treatments[1]", '"sertraline" is given twice at the same time', "one after the other"),
    ),
    ("two SSRIs", treat('name = "sertraline"', 'name = "fluoxetine"'), ("two antidepressants", "one after the other")),
    ("SSRI and SNRI", treat('name = "sertraline"', 'name = "duloxetine"'), ("two antidepressants",)),
    ("placebo and drug", treat('name = "placebo"', 'name = "sertraline"'), ("contradict", "active treatment")),
    ("waiting and CBT", treat('name = "cbt"', 'name = "watchful_waiting"'), ("contradict", "nothing is done")),
    ("buprenorphine a treatment", treat('name = "buprenorphine"'), ('"substitution"', "medicines")),
    ("CBT by the milligram", treat('name = "cbt", dose = "50 mg"'), ("treatments[0].dose", "only with a medicine")),
    ("sertraline in hours", treat('name = "sertraline", dose = "2 h"'), ("treatments[0].dose", '"2 h"', '"50 mg"')),
    ("dose below zero", treat('name = "sertraline", dose = "-50 mg"'), ("treatments[0].dose", '"-50 mg"')),
    ("per_day without dose", treat('name = "sertraline", per_day = 1'), ("treatments[0].per_day", "without a dose")),
    ("treatment too late", treat('name = "cbt", from = "5 d"'), ("treatments[0].from", "5 d is not before the end")),
    ("treatment of half a day", treat('name = "cbt", for = "12 h"'), ("treatments[0].for", "whole number of days")),
    ("adherence of nothing", treat('name = "cbt", adherence = 0'), ("adherence: 0", "at most 1")),
    ("adherence in percent", treat('name = "cbt", adherence = "80 %"'), ("adherence", '"80 %"', "at most 1")),
    (
        "medicine and treatment",
        arm('treatments = [{ name = "fluvoxamine" }]\nmedicines = [{ name = "fluvoxamine" }]'),
        ("medicines[0]", '"fluvoxamine" stands under treatments as well', "once"),
    ),
    # natural use, spells, monitoring
    (
        "natural use and more",
        use("natural = true", LEAF + ", per_day = 1"),
        ("natural use has no other phases", 'use = "natural" alone'),
    ),
    ("use a word", VALID.replace("use = [", 'use = "naturally" # ['), ("line 8", '"naturally"', "a list")),
    ("stopping by the clock", use(LEAF + ", per_day = 2, stopping = true"), ("stopping: means nothing with per_day",)),
    ("stopping a number", use(LEAF + ", as_needed = true, stopping = 1"), ("stopping", "allowed: true")),
    ("monitoring within the day", VALID + '[monitoring]\nevery = "1 wk"\n', ("monitoring", "1 d or more")),
    ("monitoring once", MONITORED.format('every = "5 d"'), ("monitoring.every: 5 d", "no second visit")),
    ("monitoring without end", MONITORED.format("rise = 5"), ("monitoring.every: is missing",)),
    ("monitoring a fall", MONITORED.format('every = "1 d"\nrise = -5'), ("monitoring.rise: -5", "above 0")),
    ("monitoring too many", MONITORED.format('every = "3 d"\nconsecutive = 2'), ("consecutive: 2 in a row", "up to 1")),
    ("monitoring never", MONITORED.format('every = "1 d"\nconsecutive = 0'), ("consecutive: 0", "from 1 to 10")),
    # scales
    ("a scale misspelt", record('outputs = ["phq_9"]'), ("line 12", "nearest: phq9")),
    ("a scale that is none", record('outputs = ["beck"]'), ("line 12", '"beck" is not an output')),
    # arms
    ("same name", VALID + '[[arm]]\nname = "tea"\n', ("line 13", "arm[1].name", '"tea" stands twice')),
    ("no name", swap('name = "tea"', ""), ("line 6", "arm[0].name: is missing")),
    ("empty name", swap('name = "tea"', 'name = ""'), ("line 7", "name", "1 to 100 characters")),
    ("long name", swap('"tea"', f'"{"x" * 4000}"'), ("line 7", "xxx...", "1 to 100 characters")),
    ("use a text", VALID.replace("use = [", 'use = "tea" # ['), ("line 8", 'use: "tea"', "a list")),
    ("use and events", arm('events = "doses.csv"'), ("line 6", "use and events exclude each other")),
    ("product in the arm", arm('product = "leaf_tea"'), ("line 9", "product", "beside events")),
    # doses
    (
        "kgg",
        use('product = "leaf_tea", dose = "4 kgg", times = 1'),
        ("line 8", 'arm "tea" use[0].dose', '"4 kgg"', '"4 g"'),
    ),
    (
        "dose a time",
        use('product = "leaf_tea", dose = "4 h", times = 1'),
        ('"4 h" is not an amount of leaf_tea',),
    ),
    ("dose of zero", use('product = "leaf_tea", dose = "0 g", times = 1'), ('"0 g"', "above 0")),
    ("dose below zero", use('product = "leaf_tea", dose = "-4 g", times = 1'), ('"-4 g" is not an amount',)),
    ("dose infinite", use('product = "leaf_tea", dose = "inf g", times = 1'), ('"inf g" is not an amount',)),
    ("dose huge", use('product = "leaf_tea", dose = "1e300 g", times = 1'), ("at most 1000 g leaf",)),
    (
        "dose a number",
        use('product = "leaf_tea", dose = 4, times = 1'),
        ("line 8", "dose: 4", "with its unit"),
    ),
    ("dose without unit", use('product = "leaf_tea", dose = "4", times = 1'), ('"4" is not an amount',)),
    (
        "mg of leaf or alkaloid",
        use('product = "leaf_tea", dose = "39 mg", times = 1'),
        ("39 mg mitragynine",),
    ),
    (
        "wrong alkaloid",
        use('product = "7oh_tablet", dose = "15 mg mitragynine", times = 1'),
        ('"15 mg mitragynine" is not an amount of 7oh_tablet', '"1 tablet"'),
    ),
    (
        "tablets of tea",
        use('product = "leaf_tea", dose = "2 tablets", times = 1'),
        ('"2 tablets" is not an amount',),
    ),
    ("no dose", use('product = "leaf_tea", times = 1'), ("line 8", "use[0].dose: is missing")),
    ("no product", use('dose = "4 g", times = 1'), ("line 8", "use[0].product: is missing")),
    (
        "product misspelt",
        use('product = "lef_powder", dose = "4 g", times = 1'),
        ('"lef_powder"', "nearest: leaf_powder"),
    ),
    # modes
    ("no mode", use(LEAF), ("line 8", "use[0]: the phase has no mode", "per_day")),
    ("two modes", use(LEAF + ", times = 1, per_day = 2"), ("times and per_day exclude each other",)),
    ("key misspelt", use(LEAF + ", perday = 2"), ("line 8", "use[0].perday", "nearest: per_day")),
    (
        "key without meaning",
        use(LEAF + ", per_day = 2, at_most_per_day = 3"),
        ("at_most_per_day: means nothing with per_day",),
    ),
    ("stop with a dose", use('stop = true, dose = "4 g"'), ("dose: means nothing with stop",)),
    ("stop = false", use("stop = false"), ("stop: false", "leave the key out")),
    ("no servings", use(LEAF + ", times = 0"), ("times: 0", "1 to 10000")),
    (
        "at most none",
        use(LEAF + ", as_needed = true, at_most_per_day = 0"),
        ("at_most_per_day: 0", "1 to 100"),
    ),
    (
        "opioid as needed",
        use('product = "morphine", as_needed = true'),
        ("morphine", "allowed for it: times"),
    ),
    (
        "length in hours",
        use(LEAF + ', per_day = 2, for = "36 h"'),
        ("use[0].for: 36 h", "whole number of days"),
    ),
    ("length of zero", use(LEAF + ', per_day = 2, for = "0 d"'), ("above zero",)),
    ("a year", use(LEAF + ', per_day = 2, for = "1 y"'), ('"1 y" is not a time', "52 wk")),
    ("length a number", use(LEAF + ", per_day = 2, for = 26"), ("use[0].for: 26", "with its unit")),
    ("too many to fit", use(LEAF + ', times = 10, for = "5 d"'), ("for: 10 servings do not fit",)),
    (
        "first day after the end",
        use(LEAF + ', per_day = 1, for = "5 d", first_day = 5'),
        ("first_day: day 5",),
    ),
    # the product in the hand
    ("content of nothing", hand('content = "0 mg/g"'), ('content: "0 mg/g" is not a content', "at most 1000 mg/g")),
    ("content above pure", hand('content = "2 g/g"'), ("content", "at most 1000 mg/g")),
    ("content in mg", hand('content = "20 mg"'), ('content: "20 mg" is not a content of leaf_powder', '"20 mg/g"')),
    ("content a number", hand("content = 20"), ("content: 20 is not allowed", '"20 mg/g"')),
    ("content of an exact dose", use(TEA + ', content = "20 mg/g"'), ("content: means nothing", "exact", "g leaf")),
    ("content of a medicine", use(MORPHINE + ', content = "20 mg/g"'), ("content: morphine is a medicine",)),
    ("content of a tablet", use(TABLET + ', content = "20 mg/g"'), ("content of 7oh_tablet", '"18 mg"')),
    ("content and label", use(f'{TABLET}, content = "18 mg", {LABEL}'), ("content: and label exclude each other",)),
    ("label of leaf", hand(LABEL), ("label: of leaf_powder", "allowed: with 7oh_tablet")),
    ("label of another alkaloid", use(TABLET + ', label = "15 mg mitragynine"'), ("label", "7-hydroxymitragynine")),
    ("vein of a tablet", use(TABLET + ', vein = "red"'), ("vein: 7oh_tablet has no vein",)),
    ("vein a list", hand('vein = ["red"]'), ("vein: a list is not a name",)),
    ("7-OH in a tablet", use(TABLET + ', added_7oh = "2 mg/g"'), ("added_7oh: is 7-OH added to leaf or extract",)),
    ("7-OH by the serving", hand('added_7oh = "8 mg"'), ('added_7oh: "8 mg" is not a content', '"2 mg/g"')),
    ("hidden by name alone", hand('hidden_opioid = "morphine"'), ("hidden_opioid", "a table")),
    ("hidden without a dose", hand('hidden_opioid = { name = "morphine" }'), ("hidden_opioid.dose: is missing",)),
    (
        "hidden fentanyl",
        hand('hidden_opioid = { name = "fentanyl", dose = "5 mg" }'),
        ('hidden_opioid.name: "fentanyl" is not a reference opioid', "morphine, methadone, buprenorphine"),
    ),
    (
        "hidden naloxone",
        hand('hidden_opioid = { name = "naloxone", dose = "5 mg" }'),
        ('hidden_opioid.name: "naloxone" is not a reference opioid',),
    ),
    (
        "hidden in everybody twice",
        hand('hidden_opioid = { name = "morphine", dose = "5 mg", in_share = 2 }'),
        ("hidden_opioid.in_share: 2", "a share of lots above 0, at most 1"),
    ),
    (
        "hidden in a serving of no size",
        use('product = "leaf_powder", as_needed = true, hidden_opioid = { name = "morphine", dose = "5 mg" }'),
        ("hidden_opioid: belongs to a serving of a known size",),
    ),
    ("new lot false", hand("new_lot = false"), ("new_lot: false", "leave the key out")),
    ("new lot of an exact dose", use(TEA + ", new_lot = true"), ("new_lot: means nothing where all lots are alike",)),
    ("two rules of lots", hand('new_lot = true, lot_every = "7 d"'), ("new_lot: and lot_every exclude each other",)),
    ("lots by the hour", hand('lot_every = "36 h"'), ("lot_every: 36 h", "a whole number of days")),
    (
        "new lot in a pause",
        use(LEAF + ', per_day = 1, for = "2 d"', 'pause = "3 d", new_lot = true'),
        ("new_lot: means nothing with pause",),
    ),
    (
        "every with one serving",
        use(LEAF + ', times = 1, every = "6 h"'),
        ("every: means nothing with one serving",),
    ),
    (
        "as needed on weekdays",
        use(LEAF + ', as_needed = true, on_days = ["sat"]'),
        ("on_days: means nothing with",),
    ),
    (
        "part of a day, then more",
        use(LEAF + ', times = 1, for = "6 h"', "stop = true"),
        ("use[0].for: 6 h", "days"),
    ),
    # clock
    ("25 o'clock", use(LEAF + ', per_day = 1, at = "25:00"'), ("line 8", 'at: "25:00"', "23:59")),
    ("24 o'clock", use(LEAF + ', per_day = 1, at = ["24:00"]'), ('"24:00" is not a clock time',)),
    ("at a number", use(LEAF + ", per_day = 1, at = 8"), ("at: 8 is not a clock time",)),
    ("too few clock times", use(LEAF + ', per_day = 2, at = "08:00"'), ("1 clock times for 2 servings",)),
    ("clock time twice", use(LEAF + ', per_day = 2, at = ["08:00", "8:00"]'), ("stands twice",)),
    ("off the step", use(LEAF + ', per_day = 1, at = "08:10"'), ("use[0].at: 08:10", "multiples of 30 min")),
    ("weekday", use(LEAF + ', per_day = 1, on_days = ["sat", "snu"]'), ('"snu" is not a weekday', "sun")),
    ("no weekdays", use(LEAF + ", per_day = 1, on_days = []"), ("on_days: an empty list",)),
    (
        "every 36 h at 8",
        use(LEAF + ', every = "36 h", at = "08:00"'),
        ("every: 36 h", "whole number of days"),
    ),
    # order
    ("taper first", use('taper_over = "8 wk"'), ("line 8", "a taper needs a fixed phase before it")),
    (
        "taper after as needed",
        use(LEAF + ', as_needed = true, for = "5 d"', 'taper_by = "10 %/wk"'),
        ("line 9", "a taper needs a fixed phase"),
    ),
    (
        "taper over half days",
        use(LEAF + ', per_day = 2, for = "5 d"', 'taper_over = "36 h"'),
        ("line 9", "use[1].taper_over: 36 h"),
    ),
    (
        "taper by too much",
        use(LEAF + ', per_day = 2, for = "5 d"', 'taper_by = "100 %/wk"'),
        ('"100 %/wk"', "below 100 %"),
    ),
    (
        "taper by no rate",
        use(LEAF + ', per_day = 2, for = "5 d"', 'taper_by = "10 %"'),
        ('"10 %" is not a taper',),
    ),
    (
        "endless, then stop",
        use(LEAF + ", per_day = 2", "stop = true"),
        ("line 8", "use[0].per_day", "never ends"),
    ),
    (
        "stopped, then more",
        use("stop = true", LEAF + ", per_day = 2"),
        ("line 8", "use[0].stop", "as the last phase"),
    ),
    ("pause in hours", use('pause = "12 h"', LEAF + ", per_day = 2"), ("use[0].pause: 12 h", "days")),
    # record
    ("no length", swap('for = "5 d"\n', ""), ("line 9", "record.for: is missing")),
    ("length misspelt", swap('for = "5 d"', 'fro = "5 d"'), ("line 10", "record.fro", "nearest: for")),
    ("negative length", record("", length="-5 d"), ('record.for: "-5 d" is not a time',)),
    ("longer than a life", record("", length="99999 wk"), ("record.for", "at most 5200 wk")),
    ("a length of words", record("", length="x" * 500), ("record.for", "xxx...", "is not a time")),
    ("every above for", record("", every="6 d"), ("line 11", "record.every: 6 d is longer", "at most 5 d")),
    ("every not dividing", record("", every="7 h"), ("line 11", "record.every: 5 d is no multiple of 7 h")),
    ("every off the step", record("", every="20 min"), ("record.every: 20 min", "multiples of 15 min")),
    ("every in seconds", record("", every="90 s"), ('"90 s" is not a whole number of minutes',)),
    ("every 36 h", record("", length="72 h", every="36 h"), ("record.every: 36 h", "whole number of days")),
    ("step of 25 min", record('step = "25 min"'), ("line 12", "record.step: ", "25 min", "divides 1 h")),
    ("start after the end", record('start = "6 d"'), ("line 12", "record.start: 6 d", "less than 5 d")),
    ("output misspelt", record('outputs = ["withdrawl"]'), ("line 12", '"withdrawl"', "nearest: withdrawal")),
    ("output twice", record('outputs = ["cows", "cows"]'), ("outputs[1]", '"cows" stands twice')),
    ("no outputs", record("outputs = []"), ("record.outputs: an empty list", "list of names")),
    ("pk a text", record('pk = "yes"'), ("record.pk", '"yes" is not allowed', "true or false")),
    ("fewer than no curves", record("trajectories = -1"), ("record.trajectories: -1",)),
    (
        "too much work",
        swap("count = 50", "count = 10_000_000")
        .replace('"5 d"', '"200 wk"')
        .replace('"30 min"', '"1 d"\nstep = "1 min"'),
        ("people.count", "fewer people"),
    ),
    (
        "coarse with naloxone",
        record('step = "1 h"', every="1 h").replace("leaf_tea", "naloxone").replace("39 mg mitragynine", "0.4 mg"),
        ("record.step: 1 h", "naloxone", "30 min"),
    ),
    ("length of 90 min", record("", length="90 min"), ("record.for: 90 min", "whole number of hours")),
    ("every 90 min", record("", length="3 h", every="90 min"), ("record.every: 90 min", "hours")),
    ("every 45 min", record('step = "15 min"', length="3 h", every="45 min"), ('"45 min"', "divides 1 h")),
    ("start at half past", record('start = "30 min"'), ("line 12", "record.start: 30 min", "hours")),
    # medicines and parameters
    (
        "naloxone from noon",
        arm('medicines = [{ name = "naloxone", dose = "1 mg", per_day = 1, from = "12 h" }]'),
        ("from: 12 h", "days"),
    ),
    (
        "medicine from half past",
        arm('medicines = [{ name = "rifampicin", from = "30 min" }]'),
        ("from: 30 min", "hours"),
    ),
    (
        "medicine unknown",
        arm('medicines = [{ name = "ketoconazol" }]'),
        ("line 9", "medicines[0].name", "nearest: ketoconazole"),
    ),
    (
        "medicine without times",
        arm('medicines = [{ name = "morphine", dose = "30 mg" }]'),
        ("line 9", "has no times"),
    ),
    ("medicine without dose", arm('medicines = [{ name = "morphine", per_day = 1 }]'), ("dose: is missing",)),
    (
        "medicine in hours",
        arm('medicines = [{ name = "rifampicin", dose = "6 h" }]'),
        ('"6 h" is not an amount of rifampicin',),
    ),
    (
        "medicine twice",
        arm('medicines = [{ name = "rifampicin" }, { name = "rifampicin", from = "2 d" }]'),
        ("medicines[1]", "twice at the same time"),
    ),
    (
        "parameter unknown",
        VALID + "[parameters]\nthetta = 2\n",
        ("line 13", "parameters.thetta", "nearest: theta"),
    ),
    ("parameter nan", VALID + "[parameters]\ntheta = nan\n", ("line 13", "parameters.theta: nan", "finite")),
    ("parameter a truth", VALID + "[parameters]\ntheta = true\n", ("parameters.theta: true", "a number")),
    ("parameter a word", VALID + '[parameters]\ntheta = "fxed"\n', ('"fxed"', '"fixed"')),
    ("parameter out of range", VALID + "[parameters]\ntaper_end = 2\n", ("line 13", "taper_end", "1")),
    ("parameter twice", VALID + "[parameters]\ntheta = 2\nbody.theta = 3\n", ("line 14", "stands twice")),
    ("parameter of the wrong room", VALID + "[parameters]\nmood.ka = 2\n", ("line 13", "mood.ka", "not a parameter")),
    ("effect by hand", VALID + "[parameters]\nbeta_S = 2\n", ("line 13", "beta_S", "setting.causal")),
    ("parameter of mood", VALID + "[parameters]\ntau_u = 0\n", ("line 13", "tau_u", "from 0.01")),
]

EVENT_TABLES: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    ("empty", "", ("no header", "TIME")),
    ("only a header", "ID,TIME,AMT\n", ("no rows",)),
    ("no header", "1,0,15\n", ("line 1", 'column "1" is not supported')),
    ("a column more", "ID,TIME,AMT,DV\n1,0,15,2\n", ("line 1", 'column "DV" is not supported', "ADDL")),
    ("a rate", "ID TIME AMT RATE\n1 0 15 1\n", ('column "RATE"',)),
    ("column twice", "ID,TIME,AMT,AMT\n1,0,15,15\n", ("stands twice",)),
    ("no time", "ID,AMT\n1,15\n", ("TIME and AMT are needed",)),
    ("too few cells", "ID,TIME,AMT\n1,0\n", ("line 2", "2 values", "3")),
    ("time missing", "ID,TIME,AMT\n1,.,15\n", ("line 2: TIME", "h")),
    ("time negative", "ID,TIME,AMT\n1,-1,15\n", ("line 2: TIME", '"-1"')),
    ("time a date", "ID,TIME,AMT\n1,08:00,15\n", ("line 2: TIME", '"08:00"')),
    ("time going back", "ID,TIME,AMT\n1,24,15\n1,12,15\n", ("line 3: TIME", "at least 24 h")),
    ("time off the step", "ID,TIME,AMT\n1,0.1,15\n", ("TIME: 0.1 h", "multiples of 0.5 h")),
    ("interval off the step", "TIME,AMT,II,ADDL\n0,15,0.7,3\n", ("II: 0.7 h", "multiples of 0.5 h")),
    ("amount nan", "ID,TIME,AMT\n1,0,nan\n", ("line 2: AMT", '"nan"')),
    ("amount negative", "ID,TIME,AMT\n1,0,-15\n", ("line 2: AMT", '"-15"')),
    ("amount infinite", "ID,TIME,AMT\n1,0,1e999\n", ("line 2: AMT", '"1e999"')),
    ("dose of nothing", "ID,TIME,AMT,EVID\n1,0,0,1\n", ("line 2: AMT", "above 0 with EVID 1")),
    ("reset with an amount", "ID,TIME,AMT,EVID\n1,0,15,3\n", ("line 2: AMT", "0 or . with EVID 3")),
    ("EVID 5", "ID,TIME,AMT,EVID\n1,0,15,5\n", ("line 2: EVID", '"5"', "0, 1, 2, 3 or 4")),
    ("second compartment", "ID,TIME,AMT,CMT\n1,0,15,2\n", ("line 2: CMT", '"2"', "1")),
    ("ADDL without II", "ID,TIME,AMT,ADDL\n1,0,15,3\n", ("line 2: II", "ADDL")),
    ("ADDL a fraction", "ID,TIME,AMT,II,ADDL\n1,0,15,12,1.5\n", ("line 2: ADDL", '"1.5"', "whole number")),
    ("SS 2", "ID,TIME,AMT,II,SS\n1,0,15,12,2\n", ("line 2: SS", '"2"', "0 or 1")),
    ("SS without II", "ID,TIME,AMT,SS\n1,0,15,1\n", ("line 2: II", "SS 1")),
    ("SS without dose", "ID,TIME,AMT,EVID,II,SS\n1,0,.,2,12,1\n", ("line 2: II", "EVID 2")),
    ("ID apart", "ID,TIME,AMT\n1,0,15\n2,0,15\n1,24,15\n", ("line 4: ID", "rising order")),
    ("ID a word", "ID,TIME,AMT\nAnn,0,15\n", ("line 2: ID", '"Ann"', "whole number")),
    ("not UTF-8", b"ID,TIME,AMT\n1,0,15 \xe4\n", ("not UTF-8",)),
    ("over 1 MB", "#" * 1_100_000, ("larger than 1 MB",)),
]
