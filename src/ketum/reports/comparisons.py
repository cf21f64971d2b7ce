"""What differs between arms in the same people, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ketum.reports.arm import between, uses
from ketum.reports.mood_words import follows_mood, higher, signed
from ketum.reports.phrases import capital, listed, number, percent
from ketum.reports.reader import RunFolder, Stats
from ketum.reports.settings import over

_LEAST = 0.005
"""Size from which a difference is told at all: less prints as zero."""
_TOLD = 0.05
"""Mean difference of PHQ-9 from which it is told: less prints as zero."""
_CLEAR = 0.75
"""Share of people from which a difference is told as having a direction."""
_COMPARED = (
    ("withdrawal_peak", "the worst SOWS after the stop"),
    ("withdrawal_highest", "the highest SOWS in the record"),
    ("withdrawal_point_days", "the burden of withdrawal (SOWS points above background, summed over days)"),
    ("mor_activation_highest", "the highest opioid effect"),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is said of a pair of arms, B against A, and the end points it is read from."""

    later: str
    earlier: str
    sentences: tuple[str, ...]
    about: tuple[str, ...]


def comparisons(run: RunFolder) -> list[Comparison]:
    """Return what differs between arms in the same people."""
    found = []
    for pair, (later, earlier) in zip(run.pairs, run.pair_arms, strict=True):
        table = run.endpoints.get(pair, {})
        tapers = any(run.taper_end_h[run.arms.index(arm)] is not None for arm in (later, earlier))
        takes = any(uses(run, run.arms.index(arm)) for arm in (later, earlier))
        alone = run.persons == 1
        sentences = _mood(run, pair, later, earlier)
        about = ["phq9_end", "remission"][: len(sentences)]
        sentences += [
            (_of_one if alone else _compare)(
                endpoint, f"{words} or from the start of the taper" if tapers and "stop" in words else words, stats
            )
            for endpoint, words in _COMPARED
            if takes and (stats := _told(endpoint, table, run))
        ]
        about += [endpoint for endpoint, _ in _COMPARED if takes and _told(endpoint, table, run)]
        disorder = table.get("use_disorder_any")
        if disorder and _differs(disorder):
            only = later if disorder["mean"] > 0 else earlier
            one = f"A kratom use disorder with “{only}” only."
            sentences.append(one if alone else _compare_shares(disorder, later, earlier))
            about.append("use_disorder_any")
        if sentences:
            found.append(Comparison(later, earlier, tuple(sentences), tuple(about)))
    return found


def _mood(run: RunFolder, pair: str, later: str, earlier: str) -> list[str]:
    """Say how PHQ-9 and remission at the end differ, over the settings of the run."""
    tables = {setting: outcome.endpoints.get(pair, {}) for setting, outcome in run.outcomes.items()}
    scores = {setting: table["phq9_end"] for setting, table in tables.items() if "phq9_end" in table}
    if not scores or not follows_mood(run) or not any(_differs(stats) for stats in scores.values()):
        return []
    said = []
    if max(abs(stats["mean"]) for stats in scores.values()) >= _TOLD:
        mean = "" if run.persons == 1 else ", in the mean,"
        said.append(f"PHQ-9 at the end was{mean} {over(scores, higher, words=('from ', ' to '))}.")
    remission = {setting: table["remission"] for setting, table in tables.items() if "remission" in table}
    if said and any(abs(stats["mean"]) > _LEAST for stats in remission.values()):
        if run.persons == 1:
            told = {-1: f"with “{earlier}” only", 0: "no different", 1: f"with “{later}” only"}
            said.append(f"In remission at the end: {over(remission, lambda mean: told[round(mean)])}.")
            return said
        change = over(remission, lambda share: f"{signed(100 * share, 0)}", words=("from ", " to "))
        said.append(f"Share in remission at the end: {change} percentage points.")
    return said


def _differs(stats: Stats) -> bool:
    return stats.get("share above", 0.0) + stats.get("share below", 0.0) > 0


def _told(endpoint: str, table: Mapping[str, Stats], run: RunFolder) -> Stats | None:
    """Return a difference that is worth a sentence: one score of withdrawal, and what the records can show."""
    stats = table.get(endpoint, {})
    if not _differs(stats) or not max(abs(stats[s]) for s in ("mean", "p05", "p95")) > _LEAST:
        return None
    if endpoint == "withdrawal_highest":
        return stats if "withdrawal_peak" not in table and run.over_days else None
    return stats if endpoint != "mor_activation_highest" or not run.over_days else None


def _unit(endpoint: str) -> tuple[str, int]:
    """Return the unit of a difference as it stands after a number, and with how many decimals it is told."""
    unit = {"withdrawal_point_days": " point-days", "mor_activation_highest": ""}.get(endpoint, " points")
    return unit, 1 if unit else 2


def _of_one(endpoint: str, what: str, stats: Stats) -> str:
    """Return a difference as it is told of one person."""
    unit, digits = _unit(endpoint)
    size = number(abs(stats["mean"]), digits)
    by = size if float(size.replace(",", "")) else f"less than {0.5 * 10**-digits:g}"
    return f"{capital(what)} was {by}{unit} {_word(stats)}."


def _word(stats: Stats) -> str:
    return "lower" if stats["share below"] > stats["share above"] else "higher"


def _compare(endpoint: str, what: str, stats: Stats) -> str:
    above, below, mean = stats["share above"], stats["share below"], stats["mean"]
    unit, digits = _unit(endpoint)
    spread = f"90% of the differences lie between {between(stats, 'p05', 'p95', digits)}"
    if max(above, below) < _CLEAR or (mean > 0) != (above > below):
        text = f"{capital(what)} was lower in {percent(below)} and higher in {percent(above)} of the same people"
        return f"{text}; mean difference {signed(mean, digits)}{unit} ({spread})."
    share, least = max(above, below), abs(stats["p95"] if below > above else stats["p05"])
    who = "all of the same people" if share == 1 else f"{percent(share)} of the same people"
    if share == 1 and float(f"{least:.{digits}f}") == 0:
        who += f", in some of them by less than {0.5 * 10**-digits:g}{unit}"
    return f"{capital(what)} was {_word(stats)} in {who}, by {number(abs(mean), digits)}{unit} in the mean ({spread})."


def _compare_shares(stats: Stats, later: str, earlier: str) -> str:
    parts = [
        f"{percent(stats[share])} had one only with “{arm}”"
        for share, arm in (("share above", later), ("share below", earlier))
        if stats.get(share)
    ]
    return f"Kratom use disorder: {listed(parts)}; in the others both arms agree."
