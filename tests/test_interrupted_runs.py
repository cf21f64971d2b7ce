"""Interrupted runs leave nothing but what resumes, and resume to the same bits."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ketum.errors import RunFolderError
from ketum.running import run
from run_folders import (
    FILES,
    differing,
    interrupt,
    left,
)

# interrupted runs


def test_interrupted_run_leaves_nothing_but_what_resumes(four_chunks: Path, tmp_path: Path) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    assert left(tmp_path) == {"whole", "out.partial"}
    seen: list[tuple[int, int]] = []
    folder = run(four_chunks, out, workers=1, resume=True, progress=lambda *numbers: seen.append(numbers)).folder
    assert seen == [(32, 110), (64, 110), (96, 110), (110, 110)]
    assert left(tmp_path) == {"whole", "out"}
    assert {path.name for path in folder.iterdir()} == FILES
    assert differing(folder, whole) == []


INTERRUPT_WORKERS = """
import sys
import ketum.engine.experiment
from ketum.running import run

calls = 0

def broken(ready, count):
    global calls
    calls += 1
    if calls == 2:
        raise KeyboardInterrupt

if __name__ == "__main__":
    ketum.engine.experiment._LARGEST_CHUNK = 32
    for _ in range(4):
        calls = 0
        try:
            run(sys.argv[1], sys.argv[2], workers=2, progress=broken)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    print("finished", flush=True)
"""


def test_interrupted_workers_end_at_once_and_resume(four_chunks: Path, tmp_path: Path) -> None:
    script, out = tmp_path / "interrupt.py", tmp_path / "out"
    script.write_text(INTERRUPT_WORKERS)
    with (tmp_path / "stderr.toml").open("w+") as told:
        process = subprocess.Popen(
            [sys.executable, str(script), str(four_chunks), str(out)], stdout=subprocess.PIPE, stderr=told, text=True
        )
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(5)] == ["interrupted\n"] * 4 + ["finished\n"]
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
            process.communicate()
        told.seek(0)
        assert told.read() == ""
    script.unlink()
    assert left(tmp_path) == {"out.partial"}
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(run(four_chunks, out, workers=1, resume=True).folder, whole) == []


POOL = """
import operator
from ketum.engine.pool import Pool

if __name__ == "__main__":
    with Pool(2, operator.truediv, 12) as pool:
        for process in pool._workers.values():
            with open(f"/proc/{process.pid}/status") as file:
                print(*[line.split()[1] for line in file if line.startswith(("SigBlk", "SigIgn"))])
        print(sorted(pool.results([1, 2, 3, 4, 6])))
    print([process.exitcode for process in pool._workers.values()])
    try:
        with Pool(2, operator.truediv, 12) as pool:
            list(pool.results([3, 0, 4]))
    except ZeroDivisionError:
        print([process.is_alive() for process in pool._workers.values()])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the masks of processes from /proc")
def test_workers_never_see_an_interrupt(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    *masks, results, codes, alive = ended.stdout.splitlines()
    assert (results, codes, alive) == ("[2.0, 3.0, 4.0, 6.0, 12.0]", "[0, 0]", "[False, False]")
    assert ended.stderr == ""
    assert len(masks) == 2
    for mask in masks:
        blocked, ignored = (int(word, 16) for word in mask.split())
        assert (blocked | ignored) >> (signal.SIGINT - 1) & 1


def test_interrupt_waits_for_the_running_chunk(four_chunks: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(
            four_chunks,
            tmp_path / "out",
            workers=1,
            progress=lambda ready, _: signal.raise_signal(signal.SIGINT) if ready == 32 else None,
        )
    assert signal.getsignal(signal.SIGINT) is before
    seen: list[int] = []
    folder = run(
        four_chunks, tmp_path / "out", workers=1, resume=True, progress=lambda ready, _: seen.append(ready)
    ).folder
    assert seen == [64, 96, 110]
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(folder, whole) == []


def test_run_that_ignores_interrupts_goes_on(four_chunks: Path, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        folder = run(
            four_chunks, tmp_path / "out", workers=1, progress=lambda *_: signal.raise_signal(signal.SIGINT)
        ).folder
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert differing(folder, run(four_chunks, tmp_path / "whole", workers=1).folder) == []


def test_run_interrupted_again_and_again(four_chunks: Path, tmp_path: Path) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    interrupt(four_chunks, out, resume=True)
    interrupt(four_chunks, out, resume=True)
    seen: list[int] = []
    folder = run(four_chunks, out, workers=1, resume=True, progress=lambda ready, _: seen.append(ready)).folder
    assert seen == [96, 110]
    assert differing(folder, whole) == []


def test_run_interrupted_before_its_first_chunk(four_chunks: Path, tmp_path: Path) -> None:
    def at_once(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(four_chunks, tmp_path / "out", workers=1, progress=at_once)
    assert left(tmp_path) == {"out.partial"}
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    assert differing(run(four_chunks, tmp_path / "out", workers=1, resume=True).folder, whole) == []


def test_without_resume_an_interrupted_run_starts_anew(four_chunks: Path, tmp_path: Path) -> None:
    interrupt(four_chunks, tmp_path / "out", after=2)
    seen: list[int] = []
    run(four_chunks, tmp_path / "out", workers=1, progress=lambda ready, _: seen.append(ready))
    assert seen == [0, 32, 64, 96, 110]
    assert left(tmp_path) == {"out"}


def test_only_the_interrupted_run_is_resumed(four_chunks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupt(four_chunks, out)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out.partial").iterdir()}
    for options in (
        {"seed": 8},
        {"people": 111},
        {"overrides": ["arm.0.use.0.dose=5 g"]},
        {"overrides": ["record.every=1 h"]},
    ):
        with pytest.raises(RunFolderError, match="another scenario"):
            run(four_chunks, out, workers=1, resume=True, **options)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out.partial").iterdir()} == before
    with pytest.raises(RunFolderError, match="no interrupted run to resume"):
        run(four_chunks, tmp_path / "other", resume=True)
    assert left(tmp_path) == {"out.partial"}
    run(four_chunks, out, workers=1, resume=True)
    with pytest.raises(RunFolderError, match="no interrupted run to resume"):
        run(four_chunks, out, resume=True)
    assert {path.name for path in out.iterdir()} == FILES


def test_run_interrupted_while_a_chunk_is_merged(
    four_chunks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(four_chunks, tmp_path / "whole", workers=1).folder
    save: Callable[..., None] = np.save
    calls = 0

    def save_twice(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        save(*arguments)

    monkeypatch.setattr(np, "save", save_twice)
    with pytest.raises(KeyboardInterrupt):
        run(four_chunks, tmp_path / "out", workers=1)
    monkeypatch.setattr(np, "save", save)
    assert differing(run(four_chunks, tmp_path / "out", workers=1, resume=True).folder, whole) == []
