"""Interrupted studies resume to the same bits, pools survive whatever happens to them, nothing of others is touched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ketum.errors import KetumError, RunFolderError
from ketum.running import run
from ketum.studies.crossing import Power, SmallBias
from ketum.studies.searching import Effort
from ketum.studies.sizes import Question
from ketum.studying import study
from run_folders import TEA, scenario
from small_studies import STUDY_FILES, Stopped, contents, results, text_of, written

InProcess = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("no_study_report")


# interruptions


@pytest.fixture
def whole(small_trial: Path, tmp_path: Path) -> Path:
    """The study without an interruption, on pools that are removed again."""
    folder = study(small_trial, tmp_path / "whole", workers=1).folder
    for chunk in (tmp_path / "pools").rglob("*.npz"):
        chunk.unlink()
    return folder


@pytest.mark.parametrize(
    ("stage", "after"),
    [
        ("persons null", 1),  # the first call tells what was there before
        ("persons null", 3),
        ("replicates null", 0),
        ("replicates null", 4),
        ("persons harm", 2),
        ("replicates harm", 3),
        ("writing results", 0),
        ("writing the report", 0),
    ],
)
def test_interrupted_study_resumes_to_the_same_bits(
    stage: str, after: int, small_trial: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, out, workers=1, **Stopped(stage, after).told)  # type: ignore[arg-type]
    assert not out.exists()
    assert (tmp_path / "out.partial").is_dir()
    seen: list[tuple[int, int]] = []
    done = study(small_trial, out, workers=1, resume=True, progress=lambda *numbers: seen.append(numbers))
    assert results(done.folder) == results(whole)
    assert not (tmp_path / "out.partial").exists()
    assert {path.name for path in out.iterdir()} == STUDY_FILES
    if stage == "persons null" and after == 3:  # two of four chunks were lived
        assert seen[:3] == [(64, 100), (96, 100), (100, 100)]
    if stage == "replicates null" and after == 4:  # three of six replicates were there
        assert seen[0] == (3, 6)
    if stage.startswith("writing"):
        assert seen == [(6, 6), (6, 6)]


def test_study_interrupted_again_and_again(small_trial: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for stage, after in (("persons", 2), ("persons", 2), ("replicates", 2), ("replicates", 2), ("replicates harm", 2)):
        with pytest.raises(KeyboardInterrupt):
            study(
                small_trial, out, workers=1, resume=out.with_name("out.partial").exists(), **Stopped(stage, after).told
            )  # type: ignore[arg-type]
    assert results(study(small_trial, out, workers=1, resume=True).folder) == results(whole)


def test_batch_that_was_half_written_is_not_taken_up(small_trial: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, out, workers=1, **Stopped("replicates null", 4).told)  # type: ignore[arg-type]
    partial = tmp_path / "out.partial"
    batches = sorted(partial.glob("batch-*.csv"))
    (partial / "batch-0-000003-1.77.part").write_bytes(batches[0].read_bytes()[:100])
    assert results(study(small_trial, out, workers=1, resume=True).folder) == results(whole)
    assert {path.name for path in out.iterdir()} == STUDY_FILES


def test_only_the_interrupted_study_is_resumed(small_trial: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, out, workers=1, **Stopped("replicates", 3).told)  # type: ignore[arg-type]
    before = contents(tmp_path / "out.partial")
    asked = Question("participants", Power(0.8))
    for options in (
        {"seed": 8},
        {"replicates": 7},
        {"overrides": ["sampling.per_arm=21"]},
        {"overrides": ["parameters.m_W=60"]},
        {"question": asked},
    ):
        with pytest.raises(RunFolderError, match="interrupted study is of another study file"):
            study(small_trial, out, workers=1, resume=True, **options)  # type: ignore[arg-type]
    assert contents(tmp_path / "out.partial") == before
    with pytest.raises(RunFolderError, match="no interrupted study to resume"):
        study(small_trial, tmp_path / "other", resume=True)
    study(small_trial, out, workers=1, resume=True)
    with pytest.raises(RunFolderError, match="no interrupted study to resume"):
        study(small_trial, out, resume=True)


class Processes:
    """Worker processes that are this one; the last task is done first."""

    def __init__(self, _: int, work: Callable[[object, object], object], shared: object) -> None:
        self.work, self.shared = work, shared

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def results(self, tasks: list[object]) -> Iterator[object]:
        for task in reversed(tasks):
            yield self.work(self.shared, task)


def test_other_number_of_workers_resumes_what_is_there(
    small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ketum.studies.emulate.Processes", Processes)
    monkeypatch.setattr("ketum.studies.pool.Processes", Processes)
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, replicates=48, **Stopped("replicates null", 8).told)  # type: ignore[arg-type]
    seen: list[tuple[int, int]] = []
    study(small_trial, tmp_path / "out", workers=2, replicates=48, resume=True, progress=lambda *n: seen.append(n))
    assert seen[0] == (14, 48)  # seven batches of two


def test_without_resume_an_interrupted_study_starts_anew(small_trial: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, **Stopped("replicates", 3).told)  # type: ignore[arg-type]
    seen: list[tuple[int, int]] = []
    study(small_trial, tmp_path / "out", workers=1, progress=lambda *numbers: seen.append(numbers))
    assert seen[:1] == [(0, 6)]  # the pool is there, its replicates are not


def test_interrupted_search_resumes(small_trial: Path, tmp_path: Path) -> None:
    options = {"question": Question("participants", SmallBias(9.0), "null", largest=40), "effort": Effort(300, 50)}
    whole = study(small_trial, tmp_path / "whole", workers=1, **options)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, **options, **Stopped("looking", 1).told)  # type: ignore[arg-type]
    done = study(small_trial, tmp_path / "out", workers=1, resume=True, **options)  # type: ignore[arg-type]
    assert done.answer is not None
    assert whole.answer is not None
    assert done.answer.plan.path == whole.answer.plan.path
    assert results(done.folder) == results(whole.folder)


def test_interrupt_of_the_command_tells_how_to_go_on(
    small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: InProcess
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    command = ("study", str(small_trial), "--workers", "1")
    with monkeypatch.context() as patch:
        patch.setattr("ketum.studies.designs.trial.Randomised.example", broken)
        code, out, err = in_process(*command)
    assert (code, out) == (130, "")
    assert err.endswith("ketum: interrupted; the same command with --resume goes on with what was finished\n")
    assert "Traceback" not in err
    code, out, err = in_process(*command, "--resume")
    assert code == 0
    with monkeypatch.context() as patch:
        patch.setattr("ketum.studies.load.load_study", broken)
        code, out, err = in_process(*command)
    assert (code, err.splitlines()[-1]) == (130, "ketum: interrupted")


def test_ctrl_c(tmp_path: Path) -> None:
    path = written(tmp_path, text_of("parallel_trial"))
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from ketum.cli.main import main; main()"]
    options = ["study", str(path), "--out", str(out), "--workers", "2", "--replicates", "20000"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120.0
        while not list((tmp_path / "out.partial").glob("batch-*.csv")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        told, err = process.communicate(timeout=30.0)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert told == ""
    assert err.splitlines()[-1] == ("ketum: interrupted; the same command with --resume goes on with what was finished")
    assert "Traceback" not in err
    assert not out.exists()


# pools


def chunks(folder: Path) -> list[Path]:
    return sorted(folder.rglob("part-*.npz"))


@pytest.mark.parametrize("spoilt", ["empty", "cut", "garbage", "flipped"])
def test_half_written_chunks_of_a_pool_are_lived_again(
    spoilt: str, small_trial: Path, whole: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, **Stopped("persons null", 4).told)  # type: ignore[arg-type]
    first, second, *_ = chunks(tmp_path / "pools")
    good = second.read_bytes()
    middle = len(good) // 2
    bad = {
        "empty": b"",
        "cut": good[:middle],
        "garbage": b"not numbers",
        "flipped": good[:middle] + bytes([good[middle] ^ 255]) + good[middle + 1 :],
    }
    second.write_bytes(bad[spoilt])
    first.with_name("part-00003-99999-unfinished.npz").write_bytes(good[:middle])
    seen: list[tuple[int, int]] = []
    done = study(small_trial, tmp_path / "out", workers=1, resume=True, progress=lambda *n: seen.append(n))
    assert seen[0] == (64, 100)
    assert results(done.folder) == results(whole)


def test_finished_pool_is_all_that_is_kept(small_trial: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, **Stopped("persons null", 2).told)  # type: ignore[arg-type]
    (first,) = chunks(tmp_path / "pools")
    first.with_name("part-00001-99999-unfinished.npz").write_bytes(b"half")
    study(small_trial, tmp_path / "out", workers=1, resume=True)
    assert {path.name for path in first.parent.iterdir()} == {"whole.npz"}


@pytest.mark.parametrize("spoilt", [b"", b"not numbers"])
def test_spoilt_pool_is_lived_again(spoilt: bytes, small_trial: Path, whole: Path, tmp_path: Path) -> None:
    study(small_trial, tmp_path / "out", workers=1)
    for pool in (tmp_path / "pools").rglob("whole.npz"):
        pool.write_bytes(spoilt)
    assert results(study(small_trial, tmp_path / "out", workers=1).folder) == results(whole)


def test_pool_is_lived_once(small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = study(small_trial, tmp_path / "one", workers=1)
    kept = {path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "pools").rglob("whole.npz")}
    assert len(kept) == 2

    def never(*_: object) -> None:
        raise AssertionError("a pool was lived that is in the cache")

    monkeypatch.setattr("ketum.studies.pool.live_chunk", never)
    again = study(small_trial, tmp_path / "two", workers=1, overrides=["sampling.per_arm=10"], replicates=4)
    assert json.loads((first.folder / "study.json").read_text())["pool"]["words"] == ""
    assert json.loads((again.folder / "study.json").read_text())["pool"]["words"] == "taken from the cache"


def test_only_pools_make_room_for_pools(small_trial: Path, tmp_path: Path, own_pools: Path) -> None:
    long_ago = time.time() - 30 * 24 * 3600
    mine = [own_pools / f"thesis{k}" for k in range(15)]
    for folder in mine:
        folder.mkdir(parents=True)
        (folder / "chapter.txt").write_text("mine")
        os.utime(folder, (long_ago, long_ago))
    study(small_trial, tmp_path / "out", workers=1)
    assert all((folder / "chapter.txt").is_file() for folder in mine)


def test_old_pools_make_room(small_trial: Path, tmp_path: Path, own_pools: Path) -> None:
    study(small_trial, tmp_path / "out", workers=1)
    long_ago = time.time() - 30 * 24 * 3600
    for k in range(15):
        old = own_pools / f"{k:024x}"
        old.mkdir()
        (old / "whole.npz").write_bytes(b"old")
        os.utime(old, (long_ago + k, long_ago + k))
    study(small_trial, tmp_path / "out", workers=1, seed=2)
    left = {path.name for path in own_pools.iterdir()}
    assert len(left) <= 13
    assert f"{0:024x}" not in left
    assert f"{14:024x}" in left


# places


def refused(path: Path, out: Path, words: str, **options: object) -> None:
    with pytest.raises(RunFolderError, match=words) as caught:
        study(path, out, workers=1, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_places_where_no_study_can_stand(small_trial: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("mine")
    before = contents(tmp_path)
    refused(small_trial, tmp_path / "file", "is a file")
    refused(small_trial, tmp_path / "file" / "below", "cannot be written")
    refused(small_trial, thesis, "no study of ketum")
    refused(small_trial, Path("/"), "root of the file system")
    refused(small_trial, tmp_path / ("x" * 300), "cannot be written")
    refused(small_trial, tmp_path / "caf\udce9", "not text in UTF-8")
    assert contents(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_out_where_nothing_may_be_written(small_trial: Path, tmp_path: Path) -> None:
    place = tmp_path / "locked"
    place.mkdir(mode=0o500)
    refused(small_trial, place / "out", "cannot be written")
    assert list(place.iterdir()) == []


def test_empty_folder_is_taken(small_trial: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    study(small_trial, tmp_path / "out", workers=1)
    assert {path.name for path in (tmp_path / "out").iterdir()} == STUDY_FILES


@pytest.mark.usefixtures("no_report")
def test_a_study_is_not_overwritten_by_a_run_nor_a_run_by_a_study(small_trial: Path, tmp_path: Path) -> None:
    (tmp_path / "in2").mkdir()
    tea = scenario(tmp_path / "in2", TEA, count=3, record='for = "1 d"\nevery = "1 d"')
    run(tea, tmp_path / "run")
    study(small_trial, tmp_path / "study", workers=1)
    before = contents(tmp_path)
    refused(small_trial, tmp_path / "run", "holds files that are no study of ketum")
    with pytest.raises(RunFolderError, match="holds files that are no run of ketum"):
        run(tea, tmp_path / "study")
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("no_report")
def test_an_interrupted_study_is_not_resumed_by_a_run_nor_the_other_way_round(
    small_trial: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, tmp_path / "out", workers=1, **Stopped("replicates", 3).told)  # type: ignore[arg-type]
    (tmp_path / "in2").mkdir()
    tea = scenario(tmp_path / "in2", TEA, count=3, record='for = "1 d"\nevery = "1 d"')
    with pytest.raises(RunFolderError, match="interrupted run is of another scenario"):
        run(tea, tmp_path / "out", resume=True)
    assert list((tmp_path / "out.partial").glob("batch-*.csv"))


def test_old_study_is_replaced_only_by_a_whole_one(small_trial: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    study(small_trial, out, workers=1)
    old = contents(out)
    with pytest.raises(KeyboardInterrupt):
        study(small_trial, out, workers=1, seed=2, **Stopped("replicates", 3).told)  # type: ignore[arg-type]
    assert contents(out) == old
    study(small_trial, out, workers=1, seed=2, resume=True)
    assert contents(out)["replicates.csv"] != old["replicates.csv"]
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "pools"}


@pytest.mark.parametrize("suffix", ["partial", "old"])
def test_neighbours_of_out_are_not_removed(suffix: str, small_trial: Path, tmp_path: Path) -> None:
    place = tmp_path / f"thesis.{suffix}"
    place.mkdir()
    (place / "chapter.txt").write_text("mine")
    for seed in (1, 2):
        with suppress(RunFolderError):
            study(small_trial, tmp_path / "thesis", workers=1, seed=seed)
    assert (place / "chapter.txt").read_text() == "mine"


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("where", ["numpy.savez", "pandas.DataFrame.to_csv", "ketum.reports.study.write_study_report"])
def test_full_disk(where: str, small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    study(small_trial, out, workers=1)
    old = contents(out)
    monkeypatch.setattr(where, full)
    refused(small_trial, out, "No space left on device", seed=9)
    assert contents(out) == old


def test_pools_that_cannot_be_kept(small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("KETUM_STUDY_POOLS", str(tmp_path / "file" / "pools"))
    refused(small_trial, tmp_path / "out", "the pool of persons cannot be kept")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "file"}


def test_pools_that_may_only_be_read(small_trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study(small_trial, tmp_path / "one", workers=1)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", forbidden)
    study(small_trial, tmp_path / "two", workers=1)


@pytest.mark.usefixtures("own_pools")
def test_study_refused_while_it_runs_leaves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "in", text_of("self_report", 'source = "survey"\n[pool]\npersons = 100\n'))
    with pytest.raises(KetumError, match=r"the pool holds \d+ persons who may take part"):
        study(path, tmp_path / "out", workers=1)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "pools"}
