"""What several test files share."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ketum.cli.main import main
from ketum.running import run
from report_pages import SETTINGS, STOP, TEA, WEEKENDS
from run_folders import AS_NEEDED, DAYS, USE_THEN_STOP, chunks_of, scenario

if threading.current_thread() is threading.main_thread():
    # a shell that runs the tests in the background lets them, and what they start, ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep pools of simulated persons in a folder of these tests, and never in the cache of the user."""
    place = tmp_path_factory.mktemp("pools")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KETUM_STUDY_POOLS", str(place))
        yield place


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the report, which is tested elsewhere and takes longer than a small run."""
    monkeypatch.setattr("ketum.reports.page.write_report", lambda folder: (folder / "report.html").write_text("-"))


@pytest.fixture
def no_study_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the report of studies."""
    monkeypatch.setattr("ketum.reports.study.write_study_report", lambda folder: (folder / "report.html").touch())


@pytest.fixture
def own_pools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pools of simulated persons that are this test's alone."""
    place = tmp_path / "pools"
    monkeypatch.setenv("KETUM_STUDY_POOLS", str(place))
    return place


@pytest.fixture
def small_trial(tmp_path: Path, own_pools: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """A small trial whose pools are lived in four chunks, the last not full."""
    from small_studies import smaller_chunks, text_of, written

    smaller_chunks(monkeypatch, 32)
    return written(tmp_path / "in", text_of("parallel_trial"))


@pytest.fixture
def four_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_report: None) -> Path:  # noqa: ARG001
    """A scenario of four chunks, the last not full."""
    chunks_of(monkeypatch, 32)
    return scenario(tmp_path, USE_THEN_STOP + AS_NEEDED, count=110, record=DAYS + "\ntrajectories = 50")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("runs")
    made = {}
    for name, text in (("stop", STOP), ("tea", TEA), ("settings", SETTINGS), ("weekends", WEEKENDS)):
        (place / f"{name}.toml").write_text(text, encoding="utf-8")
        made[name] = run(place / f"{name}.toml", place / name, workers=1).folder
    return made


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["stop"], tmp_path / "copy"))


@pytest.fixture
def in_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process, as into a pipe of 80 columns; returns exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ketum", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call
