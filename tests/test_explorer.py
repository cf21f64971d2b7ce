"""Parts of the explorer by themselves: runs in memory, run-ins that are kept, choices, folders, queues, the command."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ketum.app import evidence
from ketum.app.choices import choices
from ketum.app.compare import compared
from ketum.app.folders import folder_of, found_folders
from ketum.app.guard import Door, is_loopback
from ketum.app.limits import experiment_within, limits
from ketum.app.questions import questions
from ketum.app.view import parts
from ketum.app.work import answer, prepare
from ketum.app.workers import Ticket, Workers
from ketum.engine.chunk import run_chunk
from ketum.engine.collected import Tally
from ketum.engine.lives import Beginnings
from ketum.errors import EvidenceError, ScenarioError
from ketum.reports.page import report
from ketum.reports.reader import in_memory, read_folder
from ketum.running import run
from ketum.scenario import Scenario, scenario_of_tables, tables_of_text, to_toml
from ketum.scenario.build import build_experiment
from ketum.scenario.plain import plain_toml
from ketum.simulation import simulate
from refusals import assert_one_line
from scenario_strategies import scenarios

COMMAND = [sys.executable, "-c", "from ketum.cli.main import main; main()", "app"]
TABLES: dict[str, Any] = {
    "title": "Small",
    "seed": 3,
    "people": {"count": 64, "population": "regular_users", "experience": "28 d"},
    "arm": [
        {"name": "never"},
        {
            "name": "stop",
            "use": [{"product": "leaf_powder", "dose": "4 g", "per_day": 3, "for": "7 d"}, {"stop": True}],
        },
    ],
    "record": {"for": "21 d", "every": "1 d"},
}


def lines(task: tuple[str, Any]) -> list[dict[str, Any]]:
    told: list[bytes] = []
    answer(task, told.append)
    return [json.loads(line) for line in told]


def test_memory_tells_what_the_folder_tells(tmp_path: Path) -> None:
    scenario = scenario_of_tables(TABLES)
    done = run(scenario, tmp_path / "run", workers=1)
    (tmp_path / "rows").mkdir()
    made = simulate(scenario, tmp_path / "rows", workers=1)
    rows = [finding.row() for finding in made.findings]
    facts = json.loads((done.folder / "provenance.json").read_text())
    seen = in_memory(made.dataset, made.endpoints, made.pk, rows, made.text, facts)
    assert report(seen) == report(read_folder(done.folder))


def test_kept_run_ins_change_no_bit() -> None:
    experiment = build_experiment(scenario_of_tables(TABLES))
    beginnings = Beginnings(2)
    found = []
    for kept in (None, beginnings, beginnings):
        tally = Tally.empty(experiment)
        rows = run_chunk(experiment, 0, 64, tally, kept)
        counts = [sketch.counts for sketches in tally.arms for sketch in sketches.by_name.values()]
        found.append((rows.persons, rows.trajectories, counts))
    for persons, trajectories, counts in found[1:]:
        np.testing.assert_array_equal(persons, found[0][0])
        np.testing.assert_array_equal(trajectories, found[0][1])
        for one, other in zip(counts, found[0][2], strict=True):
            np.testing.assert_array_equal(one, other)


def test_run_ins_are_kept_apart() -> None:
    beginnings = Beginnings(8)
    experiment = build_experiment(scenario_of_tables(TABLES))
    first = beginnings.of(experiment, 0, 64)
    assert beginnings.of(experiment, 0, 64) is first
    more = replace(experiment, cohort=replace(experiment.cohort, count=500))
    assert beginnings.of(more, 0, 64) is first  # a person does not depend on how many there are
    others: tuple[dict[str, Any], ...] = (
        {"seed": 4},
        {"people": {**TABLES["people"], "experience": "35 d"}},
        {"people": {**TABLES["people"], "population": "us_adults"}},
        {"parameters": {"ka": 1.1}},
        {"record": {**TABLES["record"], "step": "15 min"}},
        {"setting": {"selection": False}},
    )
    for changed in others:
        other = build_experiment(scenario_of_tables({**TABLES, **changed}))
        assert beginnings.of(other, 0, 64) is not first, changed
    assert beginnings.of(experiment, 64, 64) is not first


def test_parts_come_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    scenario = scenario_of_tables(TABLES)
    made = simulate(scenario, tmp_path, workers=1)
    seen = in_memory(made.dataset, made.endpoints, made.pk, [f.row() for f in made.findings], made.text, made.facts)
    told = [json.loads(line) for line in parts(seen, "withdrawal")]
    assert told[0]["kind"] == "parts"
    names = [name for name, _ in told[0]["parts"]]
    assert [line["name"] for line in told[1:]] == sorted(names, key=lambda name: name != "withdrawal")
    for line in told[1:]:
        for place in line["plots"]:
            assert f'id="{place}"' in line["html"]
    (pair,) = compared(seen)
    assert (pair.later, pair.earlier) == ("stop", "never")
    for _, rows in pair.settings:
        for row in rows:
            assert math.isclose(row.better + row.worse + row.same, 1.0)
            stats = seen.endpoints["stop minus never"][row.name]
            assert {row.better, row.worse} == {stats["share above"], stats["share below"]}
    peak = next(row for _, rows in pair.settings for row in rows if row.name == "withdrawal_highest")
    assert peak.worse > 0.9


def test_worker_answers_every_task() -> None:
    prepare()
    ran = [told for told in lines(("run", {"scenario": TABLES, "first": "effects"})) if told["kind"] != "progress"]
    assert [ran[0]["kind"], ran[1]["name"], ran[-1]["kind"]] == ["parts", "effects", "done"]
    assert lines(("question", "one-cup"))[0]["name"] == "answer"
    (wrong,) = lines(("run", {"scenario": {**TABLES, "seed": -1}}))
    assert wrong["kind"] == "error"
    assert wrong["key"] == ["seed"]


@pytest.mark.parametrize("name", list(questions()))
def test_questions_are_scenarios_of_the_explorer(name: str) -> None:
    asked = questions()[name]
    scenario = scenario_of_tables(asked.tables)
    experiment_within(scenario)
    assert str(scenario.people.count) in asked.asked  # the words tell of the same people
    assert scenario_of_tables(tomllib.loads(plain_toml(asked.tables))) == scenario


def test_choices_mean_something() -> None:
    held = choices()
    assert scenario_of_tables(held["start"])
    for product in held["products"]:
        for dose in product["doses"]:
            phase = {"product": product["name"], "dose": f"{dose['start']} {dose['unit']}", "per_day": 1}
            assert scenario_of_tables({**TABLES, "arm": [{"name": "one", "use": [phase]}]})
            assert dose["low"] <= dose["start"] <= dose["high"]
    for one in held["treatments"]:
        assert scenario_of_tables({**TABLES, "arm": [{"name": "one", "treatments": [{"name": one["name"]}]}]})
    for name in held["medicines"]:
        medicine = {"name": name, "dose": "10 mg", "per_day": 1}
        assert scenario_of_tables({**TABLES, "arm": [{"name": "one", "medicines": [medicine]}]})
    for key in held["context"]:
        assert scenario_of_tables({**TABLES, "context": {key: True}})
    for one in held["settings"]:
        assert scenario_of_tables({**TABLES, "setting": {"causal": one["name"]}})
    for key in held["channels"]:
        assert scenario_of_tables({**TABLES, "setting": {"channels": {key: False}}})


def test_plain_file_reads_back() -> None:
    for file in sorted((Path(__file__).parents[1] / "examples").glob("*.toml")):
        tables = tables_of_text(file.read_text(encoding="utf-8"))
        assert tomllib.loads(plain_toml(tables)) == tables
    events = "\nID TIME AMT EVID\n1 8 20 1\n"
    with_events = {**TABLES, "arm": [{"name": 'a "quoted" name', "product": "leaf_tea", "events": events}]}
    assert tomllib.loads(plain_toml(with_events)) == with_events


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(scenario=scenarios())
def test_any_plain_file_is_the_same_scenario(scenario: Scenario) -> None:
    tables = tables_of_text(to_toml(scenario))
    assert scenario_of_tables(tables) == scenario
    assert scenario_of_tables(json.loads(json.dumps(tables))) == scenario
    assert scenario_of_tables(tomllib.loads(plain_toml(tables))) == scenario


def test_sizes_are_told_with_what_is_allowed() -> None:
    wide = scenario_of_tables({**TABLES, "people": {"count": limits().most_people + 1}})
    with pytest.raises(
        ScenarioError, match=r"people\.count: 5,001 persons .* up to 5,000; ketum run has no such limit"
    ):
        experiment_within(wide)


def test_evidence_is_html_that_shows_text_as_text() -> None:
    assert '<a href="#evidence/acute-001">' in evidence.behind("theta")
    assert "contradicted" in evidence.searched("vein colour")
    with pytest.raises(EvidenceError):
        evidence.searched("zzzzqqq")
    with pytest.raises(EvidenceError):
        evidence.claim("C99")
    told = evidence.claim("C33")
    assert set(told["plots"])
    for place in told["plots"]:
        assert f'id="{place}"' in told["html"]


def test_folders_are_found_by_key(tmp_path: Path) -> None:
    assert found_folders(tmp_path / "nowhere") == []
    for name in ("a", "deep/b", "much/too/deep"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for mark in ("provenance.json", "results.nc"):
            (folder / mark).touch()
    found = {one.name: one for one in found_folders(tmp_path)}
    assert set(found) == {"a", "deep/b"}
    assert folder_of(tmp_path, found["a"].key) == found["a"]
    assert folder_of(tmp_path, "a") is None


@pytest.mark.parametrize(
    ("host", "offered", "refused_hosts"),
    [
        (
            "127.0.0.1",
            ["127.0.0.1:80", "localhost:80", "[::1]:80"],
            ["127.0.0.1", "127.0.0.1:81", "a.b:80", "", "@:80"],
        ),
        ("0.0.0.0", ["10.0.0.7:80", "127.0.0.1:80", "localhost:80"], ["evil.example:80", "10.0.0.7:8", "a@10.0.0.7:8"]),
        ("machine.local", ["machine.local:80", "10.0.0.7:80"], ["evil.example:80"]),
    ],
)
def test_door_offers_its_names(host: str, offered: list[str], refused_hosts: list[str]) -> None:
    door = Door(host, 80, "token", 1)
    assert [name for name in offered if not door.offers(name)] == [name for name in offered if name.count(":") == 0]
    assert not [name for name in refused_hosts if door.offers(name) and ":" in name]
    assert is_loopback("127.8.8.8")


def test_queue_is_fair_and_loses_nobody() -> None:
    workers = Workers(1, prepare, answer, 1000)
    one: Any = object()
    workers.give_back(one)
    first, second, third = (workers.take(9) for _ in range(3))
    assert first.wait(0) is one
    assert (workers.waiting, workers.ahead_of(third)) == (2, 1)
    workers.leave(second)
    assert isinstance(second, Ticket)
    workers.give_back(one)
    assert third.wait(0) is one
    fourth = workers.take(9)
    workers.leave(third)  # was given and never used
    assert fourth.wait(0) is one


def test_command_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for options, words in (
            (["--port", port], "cannot be taken"),
            (["--host", "999.0.0.1"], "cannot be taken"),
            (["--token", "short"], "at least 16"),
            (["--runs", str(tmp_path / "file")], "is a file"),
            (["--port", "70000"], "port"),
        ):
            done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False)
            assert_one_line(done.returncode, done.stdout, done.stderr, [words])
