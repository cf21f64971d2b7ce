"""Places where no run can stand, and what is left of a refused run: nothing."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from ketum.errors import KetumError, RunFolderError
from ketum.running import run
from run_folders import (
    FILES,
    TEA,
    interrupt,
    left,
    scenario,
)

# places where no run can stand


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def tea(tmp_path: Path, no_report: None) -> Path:  # noqa: ARG001
    """A scenario in a folder of its own."""
    (tmp_path / "in").mkdir()
    return scenario(tmp_path / "in", TEA, count=3, record='for = "1 d"\nevery = "1 d"')


def refused(path: Path, out: Path, words: str, **options: object) -> None:
    with pytest.raises(RunFolderError, match=words) as caught:
        run(path, out, **options)  # type: ignore[arg-type]
    assert str(out) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_out_that_is_a_file(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.write_text("mine")
    before = contents(tmp_path)
    refused(tea, place, "is a file")
    refused(tea, place / "below", "cannot be written")
    assert contents(tmp_path) == before


def test_out_with_files_of_somebody_else(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "thesis"
    place.mkdir()
    (place / "chapter.txt").write_text("mine")
    before = contents(tmp_path)
    refused(tea, place, "no run of ketum")
    assert contents(tmp_path) == before


def test_empty_folder_is_taken(tea: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    run(tea, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_out_where_nothing_may_be_written(tea: Path, tmp_path: Path) -> None:
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    refused(tea, place / "out", "cannot be written")
    assert list(place.iterdir()) == []


def test_old_run_is_replaced_only_by_a_whole_one(four_chunks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    path = scenario(tmp_path, TEA, count=5, record='for = "1 d"\nevery = "1 h"\npk = true', name="old")
    run(path, out)
    old = contents(out)
    assert "pk.csv" in old
    interrupt(four_chunks, out)
    assert contents(out) == old
    run(four_chunks, out, workers=1, resume=True)
    assert left(tmp_path) == {"out"}
    assert contents(out).keys() == FILES
    assert contents(out)["persons.csv"] != old["persons.csv"]


def test_failing_report_leaves_the_old_run(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    run(tea, out)
    old = contents(out)

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ketum.reports.page.write_report", full)
    refused(tea, out, "No space left on device", seed=9)
    assert contents(out) == old


def test_full_disk_while_simulating(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    refused(tea, tmp_path / "out", "No space left on device")


@pytest.mark.parametrize("place", [".", ""])
def test_out_that_is_the_empty_folder_one_stands_in(
    place: str, tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    try:
        run(tea, place)
    except RunFolderError:
        assert list((tmp_path / "here").iterdir()) == []
    else:
        assert {path.name for path in (tmp_path / "here").iterdir()} == FILES


def test_out_with_a_name_too_long(tea: Path, tmp_path: Path) -> None:
    refused(tea, tmp_path / ("x" * 300), "cannot be written")


@pytest.mark.parametrize("suffix", ["partial", "old"])
def test_neighbours_of_out_are_not_removed(suffix: str, tea: Path, tmp_path: Path) -> None:
    place = tmp_path / f"thesis.{suffix}"
    place.mkdir()
    (place / "chapter.txt").write_text("mine")
    for seed in (1, 2):
        with suppress(RunFolderError):
            run(tea, tmp_path / "thesis", seed=seed)
    assert (place / "chapter.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arms", "words", "workers"),
    [
        (TEA + "[parameters]\nh_Ton = 0.5\n", "h_Ton", 1),
        (TEA.replace("39 mg", "900000 mg"), "person 0 at 1 h", 1),
        (TEA.replace("39 mg", "900000 mg"), "person 0 at 1 h", 2),
    ],
    ids=["half-time", "dose", "dose in a worker"],
)
def test_scenario_refused_while_it_runs_leaves_nothing(arms: str, words: str, workers: int, tmp_path: Path) -> None:
    path = scenario(tmp_path, arms, count=3, record='for = "1 d"\nevery = "1 h"')
    with pytest.raises(KetumError, match=words):
        run(path, tmp_path / "out", workers=workers)
    assert left(tmp_path) == set()


@pytest.mark.parametrize("place", ["/", "/.."])
def test_the_root_is_no_run_folder(place: str, tea: Path) -> None:
    refused(tea, Path(place), "root of the file system")


def test_a_name_that_is_no_text_is_refused(tea: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="not text in UTF-8"):
        run(tea, tmp_path / "caf\udce9")
    assert left(tmp_path) == {"in"}


def test_full_disk_while_writing_results(tea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise RuntimeError("NetCDF: HDF error")

    monkeypatch.setattr("xarray.Dataset.to_netcdf", full)
    refused(tea, tmp_path / "out", "HDF error")
    assert left(tmp_path) == {"in"}
