"""What the documents show runs as it stands."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from ketum.engine.outputs import output_catalogue
from ketum.engine.workers import run_experiment
from ketum.errors import ScenarioError
from ketum.scenario import load_scenario
from ketum.scenario.build import build_experiment
from ketum.studies.emulate import COLUMNS
from ketum.studies.load import load_study, to_toml
from ketum.studies.performance import PERFORMANCE
from ketum.studies.shapes import SHAPES
from ketum.studies.words import estimand_table

ROOT = Path(__file__).parents[1]
STUDIES = (ROOT / "docs/studies.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples/studies").glob("*.toml"))


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


BLOCKS = [
    (name, number, text)
    for name in ("README.md", "docs/scenario.md")
    for number, text in enumerate(blocks(name, "toml"))
]


@pytest.mark.parametrize(("name", "number", "text"), BLOCKS, ids=[f"{name}-{k}" for name, k, _ in BLOCKS])
def test_scenarios_in_documents_run(name: str, number: int, text: str, tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    experiment = build_experiment(load_scenario(path, people=8))
    collected = run_experiment(experiment, tmp_path, workers=1)
    assert collected.persons == 8, (name, number)


def test_both_documents_show_a_scenario() -> None:
    assert {name for name, _, _ in BLOCKS} == {"README.md", "docs/scenario.md"}


@pytest.mark.parametrize(
    "document", [p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))]
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_scenario_document_names_every_phase_key_and_product() -> None:
    from ketum.products import products
    from ketum.scenario.schema import UseTable

    text = (ROOT / "docs/scenario.md").read_text()
    for field, info in UseTable.model_fields.items():
        key = info.alias or field
        assert f"`{key}" in text, key
    for name in products():
        assert f"`{name}`" in text
    assert len(output_catalogue()) > 20


# ------------------------------------------------------------------------------------------------------------ studies

OUTPUT = re.compile(r"```sh\n(?:\.venv/bin/)?ketum (study [^\n]+)\n```\n\n```text\n(.*?)```", re.DOTALL)
SHOWN = [
    (name, command, text)
    for name in ("README.md", "docs/studies.md")
    for command, text in OUTPUT.findall((ROOT / name).read_text(encoding="utf-8"))
]
NUMBER = re.compile(r"(?<![\w-])-?\d+(?:\.\d+)?")
SEARCH = pytest.mark.skipif(os.environ.get("KETUM_FULL_SIZE") != "1", reason="a search takes its time: make check-full")


def test_documents_show_a_survey_trials_and_a_search() -> None:
    assert len(SHOWN) == 4
    assert sum("--find" in command for _, command, _ in SHOWN) == 1


def words_and_numbers(line: str) -> tuple[str, list[tuple[float, float]]]:
    """A line without its numbers and spaces; and each number with two of its last digit."""
    if line.startswith("Report:") or set(line.split()) <= {"─" * len(line.strip())}:
        return "", []  # where it lies, and rules, which are as wide as a terminal
    line = re.sub(r"\d+\.\d s\.", "s.", line)
    digits = [(float(found), 2.0 * 10.0 ** -len(found.partition(".")[2])) for found in NUMBER.findall(line)]
    return " ".join(NUMBER.sub("#", line).split()), digits


@pytest.mark.parametrize(
    ("command", "text"),
    [pytest.param(c, t, marks=SEARCH if "--find" in c else ()) for _, c, t in SHOWN],
    ids=[f"{name}-{k}" for k, (name, _, _) in enumerate(SHOWN)],
)
def test_output_in_documents_is_what_comes_out(
    command: str,
    text: str,
    in_process: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All words, and numbers to two of their last digit, as another processor may round one answer the other way.

    A line of three dots stands for lines that are left out.
    """
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("ketum.reports.study.write_study_report", lambda _: None)
    code, out, _ = in_process(*shlex.split(command), "--workers", "1")
    assert code == 0
    told = [words_and_numbers(line) for line in out.splitlines()]
    at = 0
    for part in re.split(r"^\.\.\.\n", text, flags=re.MULTILINE):
        lines = [words_and_numbers(line) for line in part.splitlines()]
        if not any(words for words, _ in lines):
            continue
        wanted = [words for words, _ in lines]
        starts = [k for k in range(at, len(told)) if [words for words, _ in told[k : k + len(lines)]] == wanted]
        near = [k for k in starts if all(map(agree, lines, told[k : k + len(lines)]))]
        assert near, f"not in the output:\n{part}\nwhich is:\n{out}"
        at = near[0] + len(lines)


def agree(shown: tuple[str, list[tuple[float, float]]], told: tuple[str, list[tuple[float, float]]]) -> bool:
    return all(abs(a - b) <= near * 1.001 for (a, near), (b, _) in zip(shown[1], told[1], strict=True))


@pytest.mark.parametrize("text", blocks("docs/studies.md", "toml"))
def test_study_files_in_the_document_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    assert load_study(tmp_path / "study.toml").replicates == 200


@pytest.mark.parametrize("text", blocks("docs/studies.md", "python"))
def test_python_in_the_document_runs(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(text, "docs/studies.md", "exec"), names)
    assert ("difference_week_8 ancova" in capsys.readouterr().out) == ("design.rows" in text)


def test_every_design_has_a_shipped_file_and_a_line() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \|.*?examples/studies/([\w-]+\.toml)\)", STUDIES, re.MULTILINE))
    shipped = {load_study(path).design: path.name for path in EXAMPLES}
    assert list(shown) == list(SHAPES)
    assert shown == shipped


def table_rows(text: str, columns: int) -> Iterator[list[str]]:
    """The rows of all tables of so many columns whose first cell holds one name in code."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns and re.fullmatch(r"`[^`]+`", cells[0]):
            yield [cells[0].strip("`"), *cells[1:]]


def section(heading: str) -> str:
    return STUDIES.split(f"\n{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]


COMMON = {row[0]: row for row in table_rows(section("### Every study"), 4)}
SHARED = {row[0]: row for row in table_rows(section("### Tables that several designs share"), 4)}
NEEDED = {"scenario": "self-medication.toml", "arms": ["nothing", "sertraline"]}
SAID = {"design", "title", "pool.persons", *NEEDED}
"""Keys whose default is told in words."""


def documented(design: str) -> list[str]:
    """Dotted keys of a study file of a design."""
    return list(keys(SHAPES[design]))


def keys(shape: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in shape.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        table = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        key = f"{before}{field.alias or name}"
        if table is None:
            yield key
        else:
            yield from keys(table, f"{key}.")


def of_design(design: str) -> dict[str, list[str]]:
    """What the document says of the keys of a design: rows of its own before shared ones."""
    own = {row[0]: row for row in table_rows(section(f"### `{design}`"), 4)}
    tables = {key.partition(".")[0] for key in documented(design)}
    shared = {key: row for key, row in SHARED.items() if key.partition(".")[0] in tables}
    return COMMON | shared | own


def minimal(design: str, folder: Path) -> Path:
    path = folder / f"{design}.toml"
    more = "".join(f"{key} = {value!r}\n" for key, value in NEEDED.items()) if design == "scenario_trial" else ""
    path.write_text(f'design = "{design}"\n{more}', encoding="utf-8")
    (folder / "self-medication.toml").write_bytes((ROOT / "examples/self-medication.toml").read_bytes())
    return path


@pytest.mark.parametrize("design", SHAPES)
def test_document_has_every_key_of_a_study_file_and_no_other(design: str) -> None:
    assert sorted(of_design(design)) == sorted(documented(design))


@pytest.mark.parametrize("design", SHAPES)
def test_defaults_of_the_document_are_those_of_the_program(design: str, tmp_path: Path) -> None:
    path = minimal(design, tmp_path)
    whole = to_toml(load_study(path))
    plain = tomllib.loads(whole)
    shown = {key: row[1].strip("`") for key, row in of_design(design).items() if row[1].startswith("`")}
    for key in of_design(design).keys() - SAID:
        table, _, inner = key.rpartition(".")
        of_program = (plain.get(table, {}) if table else plain).get(inner)
        assert of_program == (tomllib.loads(f"x = {shown[key]}")["x"] if key in shown else None), key
    assert to_toml(load_study(path, [f"{key}={text}" for key, text in shown.items()])) == whole


@pytest.mark.parametrize("design", SHAPES)
def test_document_names_what_is_allowed(design: str, tmp_path: Path) -> None:
    """What a message says is allowed, names or limits, stands in the row of the key."""
    path = minimal(design, tmp_path)
    rows = of_design(design)
    for key in rows.keys() - SAID - {"scenario", "question"}:
        with pytest.raises(ScenarioError) as refused:
            load_study(path, [f"{key}=-7 of these"])
        allowed = str(refused.value).partition("allowed: ")[2]
        if "whole days" in allowed or "15 min" in allowed:  # times: the row says whole days or weeks
            assert "whole" in rows[key][2] or "multiple" in rows[key][2], key
            continue
        names = allowed.split(", ") if re.fullmatch(r"[a-z_0-9]+(, [a-z_0-9]+)+", allowed) else []
        row = (rows[key][2] or SHARED.get(key, ["", "", ""])[2]).replace(",", "").replace("−", "-")
        for word in names or NUMBER.findall(allowed):
            assert re.search(rf"(?<![\w.]){re.escape(word)}(?![\w])", row), (key, word)


@pytest.mark.parametrize("design", SHAPES)
def test_document_tells_estimands_as_the_program_does(design: str) -> None:
    rows = {tuple(row) for row in table_rows(STUDIES, 4)}
    for name, words in estimand_table().designs[design].items():
        row = (name, words.words, f"`{words.symbols}`", ", ".join(f"`{one}`" for one in words.estimators))
        assert tuple(cell.replace("{N}", "N").replace("|", r"\|") for cell in row) in rows, name


def test_document_tells_estimators_as_the_program_does() -> None:
    rows = {(row[0], row[1]) for row in table_rows(section("### Estimators"), 4)}
    known = {(name, words.description) for name, words in estimand_table().estimators.items()}
    assert rows == {tuple(cell.replace("{N}", "N") for cell in pair) for pair in known}


@pytest.mark.parametrize(("file", "columns"), [("replicates.csv", COLUMNS), ("performance.csv", PERFORMANCE)])
def test_document_names_every_column(file: str, columns: tuple[str, ...]) -> None:
    table = STUDIES.split(f"| `{file}` | |\n")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()]
    assert sorted(re.findall(r"`(\w+)`", "".join(cells))) == sorted(columns)
