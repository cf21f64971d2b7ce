"""`ketum bench`: measures and prints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from ketum.benchmark import MONTH, MONTH_OF_USE, measure


def bench_command(people: int, workers: int, *, memory: bool, as_json: bool) -> None:
    """Measure and print."""
    figures = measure(people, workers, memory=memory)
    typer.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_lines(figures)))


def _lines(figures: Mapping[str, Any]) -> Sequence[str]:
    lines = [
        f"A year of {figures['persons']} persons, step 0.5 h, daily summaries of five outputs; person-years a second:",
        f"{'':24}{'one core (CPU time)':>22}{str(figures['workers']) + ' processes (wall)':>22}",
    ]
    for kind, speed in figures["one_core"].items():
        lines.append(f"{kind:24}{speed:>22,.0f}{figures['parallel'][kind]:>22,.0f}")
    if "accuracy" in figures:
        accuracy = figures["accuracy"]
        lines += [
            "",
            f"Largest error at full hours, {MONTH_OF_USE} d of use and {MONTH - MONTH_OF_USE} d without, against "
            "libRoadRunner at 1e-11",
            "(allowed for this month, printed with two digits; observed order of the stepper; over a year of use,",
            "where P and W rise higher):",
        ]
        for symbol, error in accuracy["kernel_errors"].items():
            allowed, order = accuracy["allowed_errors"][symbol], accuracy["order"][symbol]
            year = accuracy["kernel_errors_over_a_year"][symbol]
            lines.append(f"  {symbol}: {error:.2e} ({allowed:.1e}; {order:.1f}; {year:.2e})")
        lines.append("libRoadRunner (CVODE), one person, the same protocol, hourly output:")
        for tried in accuracy["libroadrunner"]:
            errors = ", ".join(f"{symbol} {error:.0e}" for symbol, error in tried["errors"].items())
            speed = tried["person_years_per_second"]
            lines.append(f"  tolerance {tried['tolerance']:.0e}: {speed:.2f} person-years a second; errors {errors}")
        lines.append(f"ketum is {figures['times_libroadrunner_per_core']:,.0f} times as fast per core.")
    else:
        lines += ["", "libRoadRunner is not installed: no error and no peer (pip install 'ketum[reference]')."]
    for people, megabytes in figures.get("peak_memory_mb", {}).items():
        lines.append(f"peak memory with {int(people):>7,} persons: {megabytes:,.0f} MB")
    return lines
