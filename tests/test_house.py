"""The house keeps its order: which room may import which, docstrings, lengths, no constants of science in code."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from ketum.engine.observe import RECIPES
from ketum.engine.outputs import output_catalogue
from ketum.evidence import group_of, load_parameters, parameter_groups
from ketum.results.dossier_outputs import groups_behind

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "ketum"
LONGEST_FILE = 400

FOUNDATIONS = {"errors", "compiled", "numerics", "version"}
"""Files beside the rooms that every room may import."""
ALLOWED: dict[str, set[str]] = {
    "evidence": set(),
    "products": {"evidence"},
    "people": {"evidence"},
    "regimens": {"evidence"},
    "body": {"evidence"},
    "brain": {"evidence"},
    "mood": {"evidence"},
    "reference": {"evidence"},
    "engine": {"body", "brain", "mood", "regimens", "people", "products"},
    "scenario": {"evidence", "products", "people", "regimens", "body", "brain", "mood", "engine"},
    "uncertainty": {"evidence", "engine"},
    "interactions": {"evidence", "products", "body", "uncertainty"},
    "results": {"engine", "uncertainty"},
    "studies": {"scenario", "results"},
    "validation": {"scenario", "results", "uncertainty", "studies"},
    "calibration": {"validation", "uncertainty"},
    "findings": {"scenario", "results"},
    "claims": {"scenario", "results", "uncertainty", "studies"},
    "reports": {"results", "evidence", "studies", "validation", "claims", "interactions"},
}
"""What each room may import, along the order in which data flows; a room also reaches what its rooms reach."""
EVERYTHING = {"app", "cli", "simulation", "running", "studying", "benchmark", "__init__"}
"""The doors: they may import any room."""

SCIENCE = (
    *("body", "brain", "mood", "products", "people", "regimens"),
    *("uncertainty", "validation", "calibration", "claims", "interactions", "findings"),
)
LITERALS: dict[tuple[str, str], str] = {
    ("body/pharmacokinetics.py", "0.25"): "norm below which the exponential series needs no halving",
    ("calibration/calibrate.py", "0.95"): "level of the chi-square test of fit",
    ("calibration/calibrate.py", "1e-3"): "nearness to an end of a range, relative",
    ("calibration/fitting.py", "0.06"): "step of a difference quotient",
    ("calibration/fitting.py", "5e-3"): "change below which a fit has converged",
    ("calibration/parameters.py", "0.95"): "the ends of an uncertainty column are its 5th and 95th percentile",
    ("uncertainty/conclusions.py", "0.95"): "share of sets that a conclusion asks for: a convention, and its one home",
    ("uncertainty/conclusions.py", "1.645"): "one-sided 5% of a normal distribution",
    ("uncertainty/draws.py", "0.95"): "the ends of an uncertainty column are its 5th and 95th percentile",
    ("uncertainty/intervals.py", "0.05"): "5th percentile of a 90% interval",
    ("uncertainty/intervals.py", "0.95"): "95th percentile of a 90% interval",
    ("uncertainty/shares.py", "0.6826894921370859"): "probability within one SD of a normal distribution",
    ("validation/agreement.py", "1e-9"): "rounding error of an interval without width, relative",
    ("people/covariates.py", "365.25"): "days of a year",
    ("regimens/nonmem.py", "1e-12"): "rounding error of a time on the grid, relative",
    ("regimens/nonmem.py", "1e-9"): "the same in steps",
}
"""Numbers that stand in code because they are arithmetic or statistics and not pharmacology, with the reason."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def sources() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    assert len(found) > 50
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms() -> list[Path]:
    return sorted(folder for folder in PACKAGE.iterdir() if folder.is_dir() and any(folder.glob("*.py")))


def imported(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the room (or file) of ketum of every import: inside functions too, and named by a text."""
    remarks = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
            for room in re.findall(r"(?:^|\b(?:from|import) )ketum\.(\w+)", node.value):
                yield node.lineno, room
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif not isinstance(node, ast.ImportFrom):
            continue
        else:
            assert node.level == 0, "relative import"
            whole = node.module == "ketum"
            names = [f"ketum.{alias.name}" for alias in node.names] if whole else [node.module or ""]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "ketum":
                yield node.lineno, rest.partition(".")[0]


def reach(room: str) -> set[str]:
    """The rooms of a row, and what those reach."""
    found: set[str] = set()
    waiting = list(ALLOWED[room])
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting += ALLOWED[step]
    return found


def test_every_room_stands_in_the_table() -> None:
    names = {folder.name for folder in rooms()}
    assert names <= ALLOWED.keys() | EVERYTHING
    files = {path.stem for path in PACKAGE.glob("*.py")}
    assert files == FOUNDATIONS | (EVERYTHING - {"app", "cli"})


def test_no_room_reaches_past_its_row() -> None:
    wrong = []
    seen = 0
    for path in sources():
        room = room_of(path)
        for line, name in imported(tree(path)):
            seen += 1
            if room in EVERYTHING:
                continue
            allowed = FOUNDATIONS if room in FOUNDATIONS else reach(room) | FOUNDATIONS | {room}
            if name not in allowed:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert seen > 200
    assert wrong == []


def test_evidence_stands_alone() -> None:
    names = {name for path in (PACKAGE / "evidence").glob("*.py") for _, name in imported(tree(path))}
    assert names == {"errors", "evidence"}


@pytest.mark.parametrize("room", rooms(), ids=lambda folder: folder.name)
def test_every_room_says_what_it_is_for(room: Path) -> None:
    docstring = ast.get_docstring(tree(room / "__init__.py"))
    assert docstring
    assert len(docstring.split()) >= 5


def test_no_source_file_is_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every floating-point number."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            segment = ast.get_source_segment(text, node)
            assert segment is not None
            yield node.lineno, segment


def is_fine(literal: str) -> bool:
    """Whether a literal has two or more decimals, written out or by its exponent."""
    digits, _, exponent = literal.lower().replace("_", "").partition("e")
    decimals = len(digits.partition(".")[2].rstrip("0"))
    return decimals - int(exponent or 0) >= 2


@pytest.mark.parametrize(
    ("literal", "fine"),
    [
        ("0.25", True),
        ("1e-12", True),
        ("2.5e-1", True),
        ("1.00", False),
        ("0.5", False),
        ("1e6", False),
        ("2.0", False),
    ],
)
def test_decimals_are_counted(literal: str, fine: bool) -> None:
    assert is_fine(literal) is fine


def test_no_scientific_constant_stands_in_code() -> None:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for room in SCIENCE:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            for line, literal in literals(path):
                if is_fine(literal):
                    found[str(path.relative_to(PACKAGE)), literal].append(line)
    assert {place: lines for place, lines in found.items() if place not in LITERALS} == {}
    assert found.keys() == LITERALS.keys()


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "Makefile"])
def test_committed_settings_name_no_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.strip()
    hosts = re.findall(r"\b(?:https?|file|git\+\w+)://\S+", text)
    paths = re.findall(r"(?<![\w.$)}/-])/(?:home|root|work|tmp|usr|opt|mnt|var|Users)\b\S*|\b[A-Z]:\\\S+", text)
    assert hosts == []
    assert paths == []
    assert "index-url" not in text
    assert "find-links" not in text


def test_every_parameter_is_in_exactly_one_group() -> None:
    symbols = [*load_parameters("body"), *load_parameters("mood")]
    fits = {
        symbol: [
            group
            for group, patterns in parameter_groups().items()
            for pattern in patterns
            if fnmatchcase(symbol, pattern)
        ]
        for symbol in symbols
    }
    assert {symbol: groups for symbol, groups in fits.items() if len(groups) != 1} == {}
    assert {symbol: group_of(symbol) for symbol in symbols} == {symbol: groups[0] for symbol, groups in fits.items()}


def test_every_pattern_of_a_group_fits_a_parameter() -> None:
    symbols = [*load_parameters("body"), *load_parameters("mood")]
    idle = [
        f"{group}: {pattern}"
        for group, patterns in parameter_groups().items()
        for pattern in patterns
        if not any(fnmatchcase(symbol, pattern) for symbol in symbols)
    ]
    assert idle == []


def test_every_output_rests_on_known_groups() -> None:
    groups = parameter_groups()
    for name in output_catalogue():
        behind = groups_behind(name)
        assert behind, name
        assert set(behind) <= groups.keys(), name
        assert len(set(behind)) == len(behind), name


def test_every_output_of_this_version_has_a_recipe() -> None:
    assert set(output_catalogue()) == set(RECIPES)
