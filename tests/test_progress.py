"""Where work is, as it is told outside a terminal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ketum.cli import progress
from ketum.cli.progress import shown_progress, shown_run


@pytest.fixture(autouse=True)
def _ten_seconds_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: float(next(now))))


def test_a_line_tells_what_is_done_and_the_time_that_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    """Two more after 20 s: eight take 80 s. Six after 40 s: four take 27 s. Lines are 15 s apart or more."""
    with shown_progress("studies", quiet=False) as tell:
        for done in (2, 4, 6, 8):
            tell(f"study {done}", done, 12)
    assert capsys.readouterr().err.splitlines() == [
        "4 of 12 studies (study 4), about 80 s left",
        "8 of 12 studies (study 8), about 27 s left",
    ]


def test_of_an_unknown_number_only_what_is_done_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress("studies lived", quiet=False) as tell:
        for done in (1, 2, 3):
            tell("withdrawal", done, None)
    assert capsys.readouterr().err == "2 studies lived (withdrawal)\n"


def test_a_run_tells_its_stage_with_the_persons_and_nothing_when_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ketum.compiled.is_warm", lambda: True)
    for quiet in (False, True):
        with shown_run(quiet=quiet) as (tell, stage):
            stage("simulating")
            for done in (0, 1024, 2048):
                tell(done, 4096)
        told = capsys.readouterr().err
        assert ("1,024 of 4,096 persons (simulating)" in told) is not quiet
