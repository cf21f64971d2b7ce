"""The command's door: every mistake is one clear message and an exit code.

0 done, 1 a check fell short, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ketum.errors import InterruptedRunError, KetumError
from ketum.version import __version__

BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="ketum",
    epilog="Start with: ketum run examples/use-then-stop.toml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ketum {__version__}")
        raise typer.Exit


@app.callback()
def door(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Simulate kratom and mood for research, teaching and study planning; never a recommendation of a dose."""


@app.command(epilog="Example: ketum run examples/use-then-stop.toml --people 200 --out runs/first")
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The scenario, a TOML file.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run folder [default: runs/<name of FILE>].")
    ] = None,
    people: Annotated[int | None, typer.Option(metavar="N", help="Persons, instead of people.count.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", help="Seed, instead of the file's.")] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="K", help="Processes; the results do not depend on it.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help='Change a key, such as record.every="1 h"; repeatable.'),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and print the resolved scenario; run nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the end points as JSON.")] = False,
) -> None:
    """Run a scenario and write a run folder with a report."""
    from ketum.cli.run import run_command

    run_command(
        file,
        out,
        people=people,
        seed=seed,
        workers=workers,
        changes=changes or [],
        dry_run=dry_run,
        resume=resume,
        as_json=as_json,
    )


@app.command(epilog="Example: ketum study examples/studies/parallel-trial.toml --find participants --power 0.8")
def study(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The study, a TOML file.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The study folder [default: runs/<name of FILE>].")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="Repetitions, instead of the file's [with --find: at most 100].")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", help="Seed, instead of the file's.")] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="K", help="Processes; the results do not depend on it [default: all cores].")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key, such as sampling.per_arm=200; repeatable."),
    ] = None,
    find: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Look for a size: participants, weeks or washout (days).")
    ] = None,
    power: Annotated[float | None, typer.Option(metavar="P", help="The power to be reached [default: 0.8].")] = None,
    bias: Annotated[
        float | None, typer.Option(metavar="B", help="Or: the largest bias, on the estimand's scale.")
    ] = None,
    setting: Annotated[
        str | None,
        typer.Option("--in", metavar="SETTING", help="In which setting [default: the first with an effect]."),
    ] = None,
    estimand: Annotated[str | None, typer.Option(metavar="NAME", help="For which estimand.")] = None,
    estimator: Annotated[str | None, typer.Option(metavar="NAME", help="By which estimator.")] = None,
    up_to: Annotated[int | None, typer.Option("--up-to", metavar="N", min=2, help="The largest size to try.")] = None,
    budget: Annotated[
        int | None,
        typer.Option(metavar="N", min=200, help="Simulated studies that the search may take [default: 2000]."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and print the resolved study file; run nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted study stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the performance as JSON.")] = False,
) -> None:
    """Emulate a study design many times and score its estimators."""
    from ketum.cli.study import study_command

    study_command(
        file,
        out,
        replicates=replicates,
        seed=seed,
        workers=workers,
        changes=changes or [],
        find=find,
        power=power,
        bias=bias,
        setting=setting,
        estimand=estimand,
        estimator=estimator,
        up_to=up_to,
        budget=budget,
        dry_run=dry_run,
        resume=resume,
        as_json=as_json,
    )


@app.command(epilog="Example: ketum report runs/use-then-stop")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder or a study folder.")],
) -> None:
    """Rebuild the report of a run or study folder."""
    from ketum.cli.run import report_command

    report_command(folder)


@app.command("app", epilog="Example: ketum app --runs runs")
def explorer(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where it stands; beyond this machine it asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0 takes any that is free.")] = 8321,
    token: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="What it asks for [default: drawn, where one is needed].")
    ] = None,
    runs: Annotated[Path, typer.Option(metavar="DIR", help="Run folders in here can be opened.")] = Path("runs"),
    workers: Annotated[int | None, typer.Option(metavar="K", help="Runs at once [default: all cores].")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser of this machine.")] = False,
) -> None:
    """Explore in a browser: questions, a workbench, the evidence; on this machine only."""
    from ketum.cli.app import app_command

    app_command(host, port, token, runs, workers, browser=browser)


@app.command(epilog="Example: ketum bench --people 4096")
def bench(
    people: Annotated[int, typer.Option(metavar="N", min=64, help="Persons a measurement.")] = 4096,
    workers: Annotated[int, typer.Option(metavar="K", min=1, help="Processes of the parallel measurement.")] = 2,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also measure peak memory with 1e3, 1e4 and 1e5 persons (minutes).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure speed with its error, beside libRoadRunner if it is installed."""
    from ketum.cli.bench import bench_command

    bench_command(people, workers, memory=memory, as_json=as_json)


@app.command(epilog="Example: ketum evidence theta")
def evidence(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="A parameter, output, end point, observation, target, source or claim, or any words.",
        ),
    ] = None,
    as_words: Annotated[
        bool, typer.Option("--search", help="Search for the words, even where they are a name.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Show long lists whole.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what a number or a result rests on, or search the evidence."""
    from ketum.cli.evidence import evidence_command

    evidence_command(words or [], as_words=as_words, every=every, as_json=as_json)


@app.command(epilog="Example: ketum validate --domain pharmacokinetics")
def validate(
    domain: Annotated[str | None, typer.Option(metavar="D", help="Only this domain, such as withdrawal.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the report goes [default: runs/validation].")
    ] = None,
    people: Annotated[int, typer.Option(metavar="N", min=64, help="Virtual participants of a study.")] = 1000,
    draws: Annotated[
        int, typer.Option(metavar="K", min=0, help="Parameter sets for the uncertainty of parameters; 0 for none.")
    ] = 64,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Predict every observation that the model can predict, judge it, and write the qualification report."""
    from ketum.cli.validate import validate_command

    validate_command(domain, out, people=people, draws=draws, as_json=as_json)


@app.command(epilog="Example: ketum claims C33")
def claims(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[ID or TEXT]...", help="Ids of claims, such as C33, or any words.")
    ] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all records as one HTML page.")] = None,
    anew: Annotated[bool, typer.Option("--run", help="Compute all records anew (minutes).")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SYMBOL=VALUE", help="Show which verdicts other parameters give; repeatable."),
    ] = None,
    people: Annotated[int | None, typer.Option(metavar="N", min=32, help="Persons of every scenario.")] = None,
    draws: Annotated[int | None, typer.Option(metavar="K", min=2, help="Parameter sets of every scenario.")] = None,
    workers: Annotated[int | None, typer.Option(metavar="K", min=1, help="Processes.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --run: where the records go [default: the cache folder].")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the scenarios and studies of these claims there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records as JSON.")] = False,
) -> None:
    """Show what supports a statement about kratom and mood: how it was checked, the figure, the verdict."""
    from ketum.cli.claims import claims_command

    claims_command(
        words or [],
        anew=anew,
        changes=changes or [],
        people=people,
        draws=draws,
        workers=workers,
        out=out,
        page=page,
        save=save,
        as_json=as_json,
    )


@app.command(epilog="Example: ketum interactions --with venlafaxine")
def interactions(
    names: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME", help="A medicine, by substance or brand; repeatable [default: all]."),
    ] = None,
    product: Annotated[str | None, typer.Option(metavar="P", help="The kratom product [default: leaf_tea].")] = None,
    dose: Annotated[
        str | None, typer.Option(metavar="D", help='One serving, such as "4 g" [default: the tea that was studied].')
    ] = None,
    per_day: Annotated[
        int | None, typer.Option("--per-day", metavar="N", min=1, max=24, help="Servings a day [default: one serving].")
    ] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as an HTML page that prints.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what kratom and medicines do to each other: exposure ratios both ways, flags, severity, sources."""
    from ketum.cli.interactions import interactions_command

    interactions_command(names or [], product=product, dose=dose, per_day=per_day, page=page, as_json=as_json)


@app.command(epilog="Example: ketum calibrate --block withdrawal")
def calibrate(
    targets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Other targets, with columns and ids as shipped.")
    ] = None,
    block: Annotated[str | None, typer.Option(metavar="NAME", help="Only this block, such as withdrawal.")] = None,
    people: Annotated[
        int | None, typer.Option(metavar="N", help="Regular users lived; other studies in proportion [default: 3072].")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Seed of all studies.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the tables into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Fit the calibrated parameters again from the calibration rows and compare with the shipped values."""
    from ketum.cli.calibrate import calibrate_command

    calibrate_command(targets, block, people=people, seed=seed, out=out, as_json=as_json)


def main() -> None:
    """Run the command; turn every mistake into one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows another
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go()
        code = 0  # whoever read the output has read enough
    except OSError as error:
        _let_go()
        typer.echo(f"ketum: {error.filename or 'the output'}: {error.strerror or error}", err=True)
        code = BAD_INPUT
    sys.exit(code)


def _let_go() -> None:
    """Send what is left of the output nowhere, so that ending does not fail on it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run() -> int:
    """Run the command; return its exit code."""
    try:
        return int(app(standalone_mode=False) or 0)
    except InterruptedRunError as interrupted:
        typer.echo(f"ketum: {interrupted}", err=True)
        return INTERRUPTED
    except KetumError as error:
        typer.echo(f"ketum: {error}", err=True)
        return BAD_INPUT
    except typer.TyperException as error:
        typer.echo(f"ketum: {getattr(error, 'format_message', error.__str__)()} (see ketum --help)", err=True)
        return BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
