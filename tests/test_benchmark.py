"""The benchmark measures what it says, at a small size."""

from __future__ import annotations

from ketum.benchmark import JOINED, KINDS, joined_experiment, one_core, peak_memory
from ketum.cli.bench import _lines


def test_every_kind_of_use_is_timed() -> None:
    assert all(one_core(kind, 64) > 50 for kind in KINDS)


def test_the_joined_experiment_is_a_year_with_mood() -> None:
    experiment = joined_experiment(JOINED[0], 64)
    assert experiment.days == 364
    assert "severity" in experiment.outputs
    assert experiment.settings[0].name == "pharmacology"


def test_peak_memory_comes_from_a_process_of_its_own() -> None:
    assert 50 < peak_memory(32) < 2000


def test_figures_without_a_peer_say_so() -> None:
    speeds = dict.fromkeys(KINDS, 1234.5)
    lines = _lines({"persons": 64, "workers": 2, "one_core": speeds, "parallel": speeds})
    assert "1,234" in "\n".join(lines)
    assert "libRoadRunner is not installed" in lines[-1]
