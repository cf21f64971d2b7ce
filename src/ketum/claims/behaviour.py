"""What the tool does when it is tried, through its own door: the command, and the pages that it writes."""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ketum.claims.scenarios import scenario_file, scenario_names
from ketum.errors import EvidenceError

Answer = tuple[int, str]
"""An exit code, and all that was printed."""
Ask = Callable[[Sequence[str]], Answer]
"""What runs the command with arguments."""
_BAD_INPUT: Final = 2
_SCENARIO: Final = """\
[people]
count = 32
population = "healthy_adults"
[[arm]]
name = "asked"
use = [{{ product = "leaf_powder", times = 1{dose} }}]
[record]
for = "1 d"
"""
_WISHES: Final = ("recommended", "optimal", "best for me", "starting dose")
SMALL: Final = ("--people", "32", "--set", "uncertainty.draws=2", "--workers", "1")
"""Options under which a shipped scenario is tried: few persons and sets."""
NO_RECOMMENDATION: Final = "never a recommendation of a dose"
_NOT: Final = r"\b(?:never|no|not|nothing|none|nor)\b"
_ADVICE: Final = re.compile(
    r"\b(?:recommend\w*|advis(?:e|es|ed|able))\b(?! against)|\b(?:you|one|people|users) (?:should|ought|had better)\b"
    r"|\b(?:optimal|ideal|best|right|safe|proper|suitable|starting) (?:dos(?:e|age)|amount|serving|product)s?\b"
    r"|\b(?:take|try|start with|begin with|switch to) (?:up to |about |only )?\d[\d.,]* ?(?:g|mg|grams?|tablets?)\b",
    re.IGNORECASE,
)


def advice(text: str) -> list[str]:
    """Return the sentences that recommend something: words of advice that nothing before them in the sentence denies.

    Examples
    --------
    >>> advice("Never a recommendation of a dose. A starting dose of 2 g was tried.")
    ['A starting dose of 2 g was tried.']
    """
    found = []
    for part in re.split(r"(?<=[.!?;:])\s+|\n\s*\n", text):
        sentence = " ".join(part.split())
        first = _ADVICE.search(sentence)
        if first is not None and not re.search(_NOT, sentence[: first.start()], re.IGNORECASE):
            found.append(sentence)
    return found


def no_dose_is_recommended(ask: Ask) -> dict[str, bool]:
    """Try to have the tool name a dose for somebody; return each attempt in words and whether it named none.

    A scenario that asks for a recommended, best or starting dose instead of an amount, or that leaves the dose out,
    must be refused where the same with an amount is not. Every shipped scenario is run with few persons: what the
    command prints and the pages it writes must hold no sentence of advice, and it must say that it gives none.

    Raises
    ------
    EvidenceError
        If a shipped scenario cannot be run.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        amount = _tried(ask, folder, "2 g") == 0
        wishes = {f'a scenario with dose = "{wish}"': wish for wish in _WISHES} | {"a scenario without a dose": ""}
        kept = {words: amount and _tried(ask, folder, wish) == _BAD_INPUT for words, wish in wishes.items()}
        return kept | {f"the run and the report of {name}": _gives_none(ask, folder, name) for name in scenario_names()}


def page_text(page: str) -> str:
    """Return what a reader sees of a page, without scripts, style and marks; a blank line after each block.

    Examples
    --------
    >>> page_text("<style>p {}</style><p>Mood &amp; <em>use</em></p><script>1</script>").split()
    ['Mood', '&', 'use']
    """
    seen = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    blocks = re.sub(r"</(?:p|li|h\d|td|th|dt|dd|summary|div|caption|title)>", "\n\n", seen)
    return html.unescape(re.sub(r"<[^>]+>", " ", blocks))


def _tried(ask: Ask, folder: Path, dose: str) -> int:
    """Return the exit code of a scenario in which a serving has this dose."""
    file = folder / "asked.toml"
    file.write_text(_SCENARIO.format(dose=f', dose = "{dose}"' if dose else ""), encoding="utf-8")
    return ask(["run", str(file), "--dry-run"])[0]


def _gives_none(ask: Ask, folder: Path, name: str) -> bool:
    """Whether a run of a shipped scenario prints and writes no advice, and says so."""
    with scenario_file(name) as file:
        code, told = ask(["run", str(file), "--out", str(folder / name), *SMALL])
    if code != 0:
        raise EvidenceError(f"scenario {name!r} cannot be run, so nothing was tried: {told.strip().splitlines()[-1:]}")
    pages = [page_text(page.read_text(encoding="utf-8")) for page in (folder / name).glob("*.html")]
    says_so = NO_RECOMMENDATION in " ".join(told.split())
    return bool(pages) and says_so and not any(map(advice, (told, *pages)))
