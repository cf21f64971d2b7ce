"""What a process of the explorer does: run a scenario, show a run folder, make one."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ketum.app.limits import experiment_within
from ketum.app.lines import error_line, line
from ketum.app.questions import questions
from ketum.app.view import answer_part, parts
from ketum.engine.lives import Beginnings
from ketum.errors import KetumError, ScenarioError
from ketum.reports.page import report
from ketum.reports.reader import RunFolder, in_memory, read_folder
from ketum.reports.study import study_report
from ketum.reports.study_reader import read_study
from ketum.scenario import Scenario, scenario_of_tables, tables_of_text
from ketum.scenario.read import decode
from ketum.simulation import simulate

Tell = Callable[[bytes], None]
_EVERY_S = 0.1
"""Time between two lines of progress."""
_KEPT_BEGINNINGS = 16
_WARM: tuple[Mapping[str, Any], ...] = tuple(
    {
        "people": {"count": 32, "population": "adults_with_depression"},
        "arm": [{"name": "a"}, {"name": "b", "use": [{"product": "leaf_powder", "dose": "1 g", **how}]}],
        "record": record,
    }
    for how, record in (
        ({"as_needed": True}, {"for": "2 d", "every": "1 d"}),
        ({"times": 1}, {"for": "1 d", "every": "15 min", "pk": True}),
    )
)
"""Scenarios that use all that is compiled."""
_beginnings = Beginnings(_KEPT_BEGINNINGS)


def prepare() -> None:
    """Compile, or load what was compiled."""
    for tables in _WARM:
        run(tables, lambda _: None)


def answer(task: tuple[str, Any], tell: Tell) -> None:
    """Answer a task: its name and what it needs."""
    name, what = task
    try:
        _TASKS[name](what, tell)
    except KetumError as error:
        tell(error_line(error))


def run(tables: Mapping[str, Any], tell: Tell, first: str = "") -> None:
    """Run a scenario in memory and tell its parts, `first` before the others."""
    began = time.perf_counter()
    for part in parts(_lived(tables, tell), first):
        tell(part)
    tell(line("done", seconds=round(time.perf_counter() - began, 3)))


def _lived(tables: Mapping[str, Any], tell: Tell) -> RunFolder:
    """Run a scenario in memory."""
    scenario = scenario_of_tables(tables)
    experiment = experiment_within(scenario)
    progress = _progress(tell)
    with TemporaryDirectory(prefix="ketum-app-") as folder:
        made = simulate(
            scenario, Path(folder), experiment=experiment, workers=1, progress=progress, beginnings=_beginnings
        )
    rows = [finding.row() for finding in made.findings]
    return in_memory(made.dataset, made.endpoints, made.pk, rows, made.text, made.facts)


def ask(name: str, tell: Tell) -> None:
    """Run the scenario of a question and tell its answer."""
    began = time.perf_counter()
    question = questions()[name]
    tell(answer_part(question, _lived(question.tables, tell)))
    tell(line("done", seconds=round(time.perf_counter() - began, 3)))


def show(folder: str, tell: Tell) -> None:
    """Tell the parts of a run folder, and its scenario."""
    seen = read_folder(Path(folder))
    for part in parts(seen, ""):
        tell(part)
    tell(line("scenario", tables=tables_of_text(seen.scenario_text)))
    tell(line("done", seconds=0.0))


def read(content: bytes, tell: Tell) -> None:
    """Tell the tables of a scenario file; nothing in it is executed, and no other file is read."""
    try:
        text = decode(content)
    except ValueError as error:
        raise ScenarioError(f"the file {error}") from None
    tell(line("scenario", tables=tables_of_text(text)))


def report_of(what: tuple[str, str], tell: Tell) -> None:
    """Tell the report of a run or study folder, made from its data and never from a page that lies in it."""
    kind, folder = what
    text = study_report(read_study(Path(folder))) if kind == "study" else report(read_folder(Path(folder)))
    tell(line("page", html=text))


def pack(tables: Mapping[str, Any], tell: Tell) -> None:
    """Run a scenario as the command does and tell its run folder, packed."""
    import ketum

    scenario: Scenario = scenario_of_tables(tables)
    experiment_within(scenario)
    with TemporaryDirectory(prefix="ketum-app-") as place:
        done = ketum.run(scenario, Path(place) / "run", workers=1, progress=_progress(tell))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(done.folder.iterdir()):
                archive.write(file, f"run/{file.name}")
    tell(line("file", name="run.zip", content=base64.b64encode(packed.getvalue()).decode("ascii")))
    tell(line("done", seconds=round(done.seconds, 3)))


def _run(what: Mapping[str, Any], tell: Tell) -> None:
    run(what["scenario"], tell, str(what.get("first", "")))


def _progress(tell: Tell) -> Callable[[int, int], None]:
    """Return a progress that tells at most every so often; telling is also where a run can be cancelled."""
    told = time.monotonic()

    def progress(done: int, of: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _EVERY_S:
            told = now
            tell(line("progress", done=done, of=of))

    return progress


_TASKS: dict[str, Callable[[Any, Tell], None]] = {
    "run": _run,
    "question": ask,
    "show": show,
    "pack": pack,
    "read": read,
    "report": report_of,
}
