"""The command: quick to start, one clear line for every mistake, nothing left behind by what was refused."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bad_scenarios import EVENT_TABLES, SCENARIOS, VALID, arm, swap
from ketum.cli.main import app, main
from ketum.compiled import is_warm
from ketum.scenario import load_scenario
from ketum.version import __version__
from refusals import assert_one_line, files

EXAMPLES = Path(__file__).parents[1] / "examples"
COMMAND = [sys.executable, "-c", "from ketum.cli.main import main; main()"]
COMMANDS = sorted(c.name or c.callback.__name__ for c in app.registered_commands if c.callback)
Result = subprocess.CompletedProcess[str]


def ketum(*arguments: str | Path, cwd: Path | None = None, timeout: float = 60.0) -> Result:
    """Run the command in a process of its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=timeout, check=False
    )


Here = Callable[..., tuple[int, str, str]]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run the command in this process and an empty folder; returns the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ketum", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


# help


def test_commands_are_those_of_the_help() -> None:
    told = ketum("--help")
    assert told.returncode == 0
    assert told.stderr == ""
    listed = re.findall(r"^  (\w+)  ", told.stdout.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == COMMANDS
    assert {"run", "report", "bench"} <= set(COMMANDS)
    assert "ketum run examples/use-then-stop.toml" in told.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(command: str, here: Here) -> None:
    code, out, err = here(command, "--help")
    assert (code, err) == (0, "")
    example = re.search(rf"Example: (ketum {command}( \S+)*)", " ".join(out.split()))
    assert example
    options = re.findall(r"--[a-z-]+", example[1])
    assert all(option in out.partition("Options")[2] for option in options)


def test_example_of_run_can_be_typed(here: Here, tmp_path: Path) -> None:
    _, out, _ = here("run", "--help")
    example = re.search(r"Example: ketum (run .*)", " ".join(out.split()))
    assert example
    words = example[1].split()
    (tmp_path / "examples").symlink_to(EXAMPLES)
    code, out, err = here(*words, "--dry-run")
    assert (code, err) == (0, "")
    assert tomllib.loads(out)["people"]["count"] == int(words[words.index("--people") + 1])


def test_version(here: Here) -> None:
    assert here("--version") == (0, f"ketum {__version__}\n", "")


def test_no_arguments_show_the_help(here: Here) -> None:
    code, out, err = here()
    assert code in (0, 2)
    assert "Usage" in out + err
    assert "Traceback" not in out + err


def seconds(*arguments: str | Path, times: int, cwd: Path | None = None) -> float:
    """Time the best of some runs: by the clock or, where other work slows the machine down, of the processor."""
    best = float("inf")
    for _ in range(times):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        assert ketum(*arguments, cwd=cwd).returncode == 0
        elapsed, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, elapsed, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def test_help_is_quick() -> None:
    assert seconds("--help", times=3) < 0.5


def test_second_run_of_the_single_dose_is_quick(tmp_path: Path) -> None:
    example = EXAMPLES / "single-dose.toml"
    ketum("run", example, cwd=tmp_path, timeout=300)
    assert seconds("run", example, times=2, cwd=tmp_path) < 3.0
    assert files(tmp_path) >= {"runs", "runs/single-dose", "runs/single-dose/report.html"}


# what is typed


SMALL = VALID.replace("count = 50", "count = 5").replace('"5 d"', '"1 d"').replace('"30 min"', '"1 h"')


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario that runs in a moment, without the report."""
    monkeypatch.setattr("ketum.reports.page.write_report", lambda folder: (folder / "report.html").write_text("-"))
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


def test_run_shows_a_table_and_where_the_report_is(small: Path, here: Here, tmp_path: Path) -> None:
    code, out, err = here("run", small)
    assert code == 0
    assert "One cup of tea" in out
    assert "Report: runs/small/report.html" in out.splitlines()[-1]
    assert "never a recommendation" in out
    assert "Traceback" not in err
    assert (tmp_path / "runs" / "small" / "results.nc").is_file()


def test_json(small: Path, here: Here) -> None:
    code, out, err = here("run", small, "--json", "--out", "there")
    assert (code, err) == (0, "")
    assert "NaN" not in out
    told = json.loads(out)
    assert told["folder"] == "there"
    assert told["seconds"] > 0.0
    rows = {(row["endpoint"], row["statistic"]): row["value"] for row in told["endpoints"]}
    assert rows["mor_activation_highest", "n"] == 5
    assert 0.0 < rows["mor_activation_highest", "p50"] < 1.0


def test_dry_run_prints_the_resolved_scenario_and_runs_nothing(small: Path, here: Here, tmp_path: Path) -> None:
    code, out, err = here("run", small, "--dry-run", "--people", "77", "--seed", "9", "--set", "record.every=2 h")
    assert (code, err) == (0, "")
    assert files(tmp_path) == {"small.toml"}
    (tmp_path / "resolved.toml").write_text(out)
    again = load_scenario(tmp_path / "resolved.toml")
    assert again == load_scenario(small, ["record.every=2 h"], 77, 9)
    assert (again.people.count, again.seed, again.record.every_h) == (77, 9, 2.0)


def test_options_change_the_run(small: Path, here: Here, tmp_path: Path) -> None:
    code, _, _ = here(
        *("run", small, "--people", "3", "--seed", "9", "--out", "there", "--workers", "1"),
        *("--set", "arm.0.name=cup", "--set", "arm.0.use.0.dose=10 mg mitragynine"),
    )
    assert code == 0
    there = tmp_path / "there"
    written = tomllib.loads((there / "scenario.toml").read_text())
    assert (written["people"]["count"], written["seed"]) == (3, 9)
    assert written["arm"][0]["use"][0]["dose"] == "10.0 mg mitragynine"
    lines = (there / "persons.csv").read_text().splitlines()
    assert len(lines) == 4
    assert "[cup]" in lines[0]


def test_report_of_a_run(here: Here, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    assert here("run", "small.toml", "--out", "out")[0] == 0
    report = tmp_path / "out" / "report.html"
    first = report.read_text()
    report.unlink()
    assert here("report", "out") == (0, "Report: out/report.html\n", "")
    assert report.read_text() == first
    assert len(first) > 1000


@pytest.mark.parametrize("kind", ["absent", "empty", "file", "foreign"])
def test_report_of_what_is_no_run(kind: str, here: Here, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("mine")
    elif kind != "absent":
        place.mkdir()
    if kind == "foreign":
        (place / "results.nc").write_text("mine")
    before = files(tmp_path)
    assert_one_line(*here("report", "place"), ["place", "no run folder"])
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["results.nc", "provenance.json", "scenario.toml"])
def test_report_of_a_broken_run(name: str, here: Here, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    assert here("run", "small.toml", "--out", "out")[0] == 0
    (tmp_path / "out" / name).write_bytes(b"broken")
    assert_one_line(*here("report", "out"), ["out"])


# mistakes


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content, _ in SCENARIOS])
def test_wrong_scenario(content: str | bytes, here: Here, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_bytes(content.encode() if isinstance(content, str) else content)
    assert_one_line(*here("run", "wrong.toml"), ["wrong.toml"])
    assert files(tmp_path) == {"wrong.toml"}


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content, _ in EVENT_TABLES])
def test_wrong_event_table(content: str | bytes, here: Here, tmp_path: Path) -> None:
    (tmp_path / "doses.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    use = VALID[VALID.index("use = ") : VALID.index("[record]")]
    (tmp_path / "wrong.toml").write_text(swap(use, 'product = "leaf_powder"\nevents = "doses.csv"\n'))
    assert_one_line(*here("run", "wrong.toml"), ["wrong.toml", 'arm "tea" events'])
    assert files(tmp_path) == {"wrong.toml", "doses.csv"}


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (["run"], ["FILE"]),
        (["run", "absent.toml"], ["absent.toml", "no such file"]),
        (["run", "absent.toml", "--dry-run"], ["absent.toml", "no such file"]),
        (["run", "."], ["is a folder"]),
        (["run", "fine.toml", "--sed", "3"], ["--sed"]),
        (["run", "fine.toml", "fine.toml"], ["fine.toml"]),
        (["run", "fine.toml", "--people", "many"], ["--people"]),
        (["run", "fine.toml", "--people", "0"], ["--people", "0"]),
        (["run", "fine.toml", "--seed", "-3"], ["--seed", "-3"]),
        (["run", "fine.toml", "--workers", "0"], ["--workers: 0", "1 to 256"]),
        (["run", "fine.toml", "--workers", "5000"], ["--workers: 5000"]),
        (["run", "fine.toml", "--set", "people.count"], ["--set", "people.count", "key=value"]),
        (["run", "fine.toml", "--set", "arm.0.use.0.dose=4 kgg"], ["4 kgg"]),
        (["run", "fine.toml", "--out", "fine.toml"], ["fine.toml", "is a file"]),
        (["run", "fine.toml", "--out", "fine.toml/below"], ["fine.toml/below", "cannot be written"]),
        (["run", "fine.toml", "--out", "x" * 300], ["xxx", "cannot be written"]),
        (["run", "fine.toml", "--resume"], ["no interrupted run"]),
        (["fly"], ["fly"]),
        (["report"], ["DIR"]),
        (["report", "nowhere"], ["nowhere", "no run folder"]),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_wrong_command_line(arguments: list[str], fragments: list[str], here: Here, tmp_path: Path) -> None:
    (tmp_path / "fine.toml").write_text(SMALL)
    assert_one_line(*here(*arguments), fragments)
    assert files(tmp_path) == {"fine.toml"}


@pytest.mark.parametrize(
    ("more", "fragments"),
    [("h_Ton = 0.5", ["h_Ton", "record.step"]), ("F_rel_tea = 1e9", ["F_rel_tea"])],
)
def test_values_that_cannot_be_simulated(more: str, fragments: list[str], here: Here, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(SMALL + f"[parameters]\n{more}\n")
    assert_one_line(*here("run", "wrong.toml"), fragments)
    assert {path for path in files(tmp_path) if "small" in path or "wrong" in path} == {"wrong.toml"}


@pytest.mark.parametrize(
    ("content", "arguments", "fragment"),
    [
        ("dear simulator", [], "not valid TOML"),
        (VALID.replace("39 mg", "39 mm"), [], "39 mm"),
        (arm('medicines = [{ name = "ketoconazol" }]'), [], "nearest: ketoconazole"),
        (VALID, ["--workers", "-1"], "--workers"),
        (VALID, ["--out", "wrong.toml"], "is a file"),
    ],
    ids=["no TOML", "dose", "medicine", "workers", "out"],
)
def test_mistake_in_a_process_of_its_own(content: str, arguments: list[str], fragment: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(content)
    told = ketum("run", "wrong.toml", *arguments, cwd=tmp_path)
    assert_one_line(told.returncode, told.stdout, told.stderr, [fragment])
    assert files(tmp_path) == {"wrong.toml"}


# interruption


BIG = """
[people]
count = 200000
population = "regular_users"
[[arm]]
name = "leaf"
use = [{ product = "leaf_powder", dose = "4 g", per_day = 3, for = "26 wk" }, { stop = true }]
[record]
for = "52 wk"
every = "1 d"
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile the engine first: an interrupt waits for the running chunk, and that for the compiler."""
    if not is_warm():
        folder = tmp_path_factory.mktemp("warm")
        (folder / "small.toml").write_text(SMALL)
        assert ketum("run", "small.toml", cwd=folder, timeout=300).returncode == 0


def interrupt(folder: Path, *, workers: int, wait: float, group: bool) -> Result:
    """Send a long run (or its group, as Ctrl-C does) SIGINT `wait` seconds after its begin; see all processes end."""
    (folder / "big.toml").write_text(BIG)
    process = subprocess.Popen(
        [*COMMAND, "run", "big.toml", "--out", "out", "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    )
    children: list[psutil.Process] = []
    try:
        watched = psutil.Process(process.pid)
        start(watched, workers, folder)
        time.sleep(wait)
        assert process.poll() is None
        children = watched.children(recursive=True)
        assert len(children) >= (workers if workers > 1 else 0)
        began = time.perf_counter()
        (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert time.perf_counter() - began < 5.0
        _, alive = psutil.wait_procs(children, timeout=2)
        assert alive == []
    finally:
        for left in [*children, *([psutil.Process(process.pid)] if process.poll() is None else [])]:
            if left.is_running():
                left.kill()
        process.wait()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start(process: psutil.Process, workers: int, folder: Path) -> None:
    """Wait until the run has begun, its worker processes too."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (folder / "out.partial" / "run.json").exists() and (workers == 1 or len(process.children()) >= workers):
            return
        time.sleep(0.02)
    raise AssertionError("the run has not begun")


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(
    ("workers", "group"), [(2, False), (2, True), (1, True)], ids=["two workers", "Ctrl-C", "one process"]
)
def test_interrupted_run_ends_at_once(workers: int, group: bool, tmp_path: Path) -> None:
    told = interrupt(tmp_path, workers=workers, wait=3.0, group=group)
    assert told.returncode == 130
    assert told.stdout == ""
    assert told.stderr.startswith("ketum: interrupted; ")
    assert "--resume" in told.stderr
    assert told.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"big.toml", "out.partial"}


def test_interrupted_run_says_so(small: Path, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ketum.engine.workers.run_experiment", stopped)
    code, out, err = here("run", small, "--out", "out")
    assert (code, out) == (130, "")
    assert "ketum: interrupted" in err
    assert files(tmp_path) == {"small.toml", "out.partial", "out.partial/run.json"}


@pytest.mark.usefixtures("warm")
def test_worker_that_dies_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_text(BIG)
    process = subprocess.Popen(
        [*COMMAND, "run", "big.toml", "--out", "out", "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        watched = psutil.Process(process.pid)
        start(watched, 2, tmp_path)
        time.sleep(2.0)
        workers = [child for child in watched.children() if "spawn_main" in " ".join(child.cmdline())]
        assert len(workers) == 2
        workers[0].kill()
        out, err = process.communicate(timeout=20)
        _, alive = psutil.wait_procs(workers, timeout=2)
        assert alive == []
    finally:
        process.kill()
        process.wait()
    assert_one_line(process.returncode, out, err, ["worker"])
    assert files(tmp_path) == {"big.toml"}


def test_an_interrupt_before_the_run_promises_nothing(
    small: Path, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ketum.results.folder.claim_folder", stopped)
    code, out, err = here("run", small, "--out", "out")
    assert (code, out, err) == (130, "", "ketum: interrupted\n")
    assert files(tmp_path) == {"small.toml"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["evidence", "theta"], ["claims"]], ids=" ".join)
def test_output_that_cannot_be_written_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("ketum: ")


def test_a_terminal_without_the_letters_shows_others() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([*COMMAND, "claims", "C10"], capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0
    assert b"Verdict" in done.stdout
    assert done.stderr == b""
