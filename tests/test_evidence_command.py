"""`ketum evidence`: every name has its page, every row behind a number is there, and what is assumed is said."""

import csv
import json
import math
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ketum import evidence
from ketum.engine.outputs import output_catalogue
from ketum.errors import EvidenceError
from ketum.evidence.behind import (
    all_observations,
    all_parameters,
    groups,
    observations_behind,
    sources_behind,
    targets_named,
)
from ketum.evidence.behind_words import between_person, measured, number, quartiles
from ketum.evidence.observations import VERIFIED
from ketum.evidence.parameter import Parameter
from ketum.evidence.search import Index, evidence_entries
from ketum.evidence.sources import cited_keys
from ketum.evidence.words import CLASSES, SEEN, SEEN_IN_COLUMN
from ketum.results.catalogue import endpoint_catalogue
from ketum.results.dossier import look_up, overview, search
from ketum.results.dossier_outputs import (
    brought_in,
    conditions,
    endpoint_basis,
    endpoints_of,
    groups_behind,
    outputs_of,
)

DATA = Path(evidence.__file__).parent / "data"
OWN = {"assumption", "proposal"}

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ketum(in_process: Call) -> Call:
    """Run `ketum evidence` in this process; returns exit code, stdout and stderr."""
    return partial(in_process, "evidence")


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page(name: str, kind: str) -> dict[str, Any]:
    return next(record for record in look_up(name)["pages"] if record["kind"] == kind)


def plain(value: object) -> Iterator[object]:
    """Yield every leaf of a record."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from plain(inner)
    else:
        yield value


# What a name leads to


def test_every_name_has_a_page_of_its_kind_and_the_page_is_json() -> None:
    tables = evidence.observation_tables()
    names = {
        "parameter": [*all_parameters(), *(p.symbol for p in all_parameters().values())],
        "output": list(output_catalogue()),
        "end point": list(endpoint_catalogue()),
        "target": [row["id"] for row in rows_of("calibration_targets.csv")],
        "observation": [row["id"] for table in tables for row in rows_of(f"observations/{table}.csv")][::9],
        "claim": [row["id"] for row in rows_of("claims.csv")],
        "safety rule": [row["id"] for row in rows_of("safety_rules.csv")],
        "source": list(evidence.load_sources())[::5],
        "group": [f"group:{group}" for group in groups()],
    }
    for kind, some in names.items():
        for name in some:
            record = page(name, kind)
            assert json.loads(json.dumps(record, allow_nan=False)), name


def test_a_name_that_is_two_things_shows_both() -> None:
    assert [record["kind"] for record in look_up("C20")["pages"]] == ["target", "claim"]
    assert [record["kind"] for record in look_up("tolerance")["pages"]] == ["output", "end point"]


def test_case_matters_only_where_it_must() -> None:
    assert look_up("Theta")["pages"][0]["key"] == "body.theta"
    assert look_up("c33")["pages"][0]["kind"] == "claim"
    assert look_up("lam0")["pages"][0]["key"] == "mood.lam0"
    assert look_up("lam_0")["pages"][0]["key"] == "body.lam_0"


# A parameter


def test_every_class_and_every_place_where_a_number_was_seen_has_words() -> None:
    assert tuple(CLASSES) == evidence.PROVENANCES
    assert tuple(SEEN) == VERIFIED
    assert tuple(SEEN_IN_COLUMN) == (*VERIFIED, "own")


def test_a_page_of_a_parameter_holds_every_observation_of_its_sources() -> None:
    printed = [row for table in evidence.observation_tables() for row in rows_of(f"observations/{table}.csv")]
    for key, parameter in all_parameters().items():
        cited = set(cited_keys(parameter.source)) - OWN
        expected = {row["id"] for row in printed if cited & {part.strip() for part in row["source"].split(";")}}
        behind = observations_behind(parameter)
        assert expected <= {b.observation.id for b in behind}, key
        assert len({b.observation.id for b in behind}) == len(behind)


def test_calibration_targets_come_first_and_the_likest_row_before_others() -> None:
    shift = observations_behind(all_parameters()["mood.d_F"])
    assert [(b.observation.id, b.tie) for b in shift[:2]] == [
        ("treatments-018", "target"),
        ("treatments-019", "target"),
    ]
    clearance = observations_behind(all_parameters()["body.CL_MG"])
    assert clearance[0].observation.quantity == "CL/F"
    assert clearance[0].observation.details["analyte"] == "mitragynine"
    ties = [b.tie for b in observations_behind(all_parameters()["body.theta"])]
    assert ties == sorted(ties, key=["target", "source", "note", "own"].index)


def test_targets_are_named_by_either_side() -> None:
    def named(key: str) -> list[str]:
        return [target.id for target in targets_named(all_parameters()[key])]

    assert named("mood.q_SSRI") == ["C4"]  # its note: "calibrated to C4"
    assert named("mood.c_fr") == ["C2a", "C2b", "C2c"]  # "C2" stands for three rows
    assert named("mood.a_opi") == ["C17c"]  # the note of C17c: "sets a_opi"
    assert named("body.theta") == []


def test_sources_of_the_note_are_told_apart_from_those_cited() -> None:
    assert sources_behind(all_parameters()["body.h_Poff"]) == {"gossop1987": "source", "shi2009": "note"}


def test_what_is_assumed_or_our_own_is_said_and_what_is_from_memory_too(ketum: Call) -> None:
    for parameter in all_parameters().values():
        if set(cited_keys(parameter.source)) & OWN:
            assert "no publication behind it" in page(parameter.key, "parameter")["basis"], parameter.key
    for record in (look_up(name)["pages"][0] for name in all_observations()):
        if set(record["source"]) & OWN:
            assert record["own"]
            assert "no measurement" in record["seen"] or "no publication" in record["seen"]
        else:
            recalled = record["verified"] == "recall"
            assert (record["seen"] == "from memory, to be checked") is recalled
    _, told, _ = ketum("theta")
    assert "rests on         assumption of this model, no publication behind it" in told
    _, told, _ = ketum("binding-004")
    assert "verified   from memory, to be checked" in told
    _, told, _ = ketum("h_X")  # himmelsbach1942, which nobody has looked up
    assert "every number of its sources is from memory, to be checked" in told
    _, told, _ = ketum("CL_MG")
    assert "from memory" not in told
    _, told, _ = ketum("brain-099")
    assert "our own derivation or choice, no measurement" in told


def changed(key: str, kind: str, value: float, bp_1: float, bp_2: float | None = None) -> Parameter:
    from dataclasses import replace

    spread = evidence.Distribution(kind, bp_1, bp_2)  # type: ignore[arg-type]
    return replace(all_parameters()[key], value=value, between_person=spread)


@pytest.mark.parametrize(
    ("kind", "value", "bp_1", "bp_2", "law"),
    [
        ("normal", 42.0, 10.92, None, stats.norm(42.0, 10.92)),
        ("lognormal", 30.0, 0.4, None, stats.lognorm(math.sqrt(math.log(1.16)), scale=30.0)),
        (
            "lognormal_mean",
            9.0,
            0.38,
            None,
            stats.lognorm(s := math.sqrt(math.log1p(0.38**2)), scale=9 * math.exp(-s * s / 2)),
        ),
        ("beta", 0.25, 2.0, 6.0, stats.beta(2.0, 6.0)),
        ("gamma", 3.0, 2.0, None, stats.gamma(2.0, scale=1.5)),
    ],
)
def test_half_of_people_lie_between_the_quartiles(
    kind: str, value: float, bp_1: float, bp_2: float | None, law: Any
) -> None:
    ends = quartiles(changed("body.A", kind, value, bp_1, bp_2))
    assert ends == pytest.approx(law.ppf([0.25, 0.75]), rel=1e-9)
    if kind.startswith("lognormal_mean"):
        assert law.mean() == pytest.approx(value)


def test_quartiles_are_those_of_the_persons_that_are_drawn() -> None:
    from ketum.people.persons import draw_persons

    persons = draw_persons(np.arange(20_000), 1, evidence.load_parameters("body"))
    for symbol in ("A", "CL_MG", "lam_0", "Dist"):
        ends = quartiles(all_parameters()[f"body.{symbol}"])
        assert np.quantile(persons.parameters[symbol], [0.25, 0.75]) == pytest.approx(ends, rel=0.03)


def test_spread_is_said_in_words() -> None:
    assert between_person(all_parameters()["body.A"]) == "lognormal, CV 40%: half of people between 23.1 and 38.9"
    for parameter in all_parameters().values():
        assert between_person(parameter)


@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, 1e-5, 0.000123456, 80000.0, 1e9, 3.98e5, 0.33647223662121289])
def test_a_number_is_written_out_to_six_figures(value: float) -> None:
    text = number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=1e-5)


def test_a_parameter_stands_behind_the_outputs_whose_groups_hold_it() -> None:
    w = all_parameters()["body.g_W"]
    assert {"withdrawal", "severity", "phq9"} <= set(outputs_of(w))
    assert "mitragynine" not in outputs_of(w)
    assert "withdrawal_peak" in page("g_W", "parameter")["end_points"]
    medicine = all_parameters()["body.i3A_ketoconazole"]
    assert outputs_of(medicine) == ()
    assert brought_in(medicine) == "every output of an arm with medicines that act on CYP3A"
    for parameter in all_parameters().values():
        assert outputs_of(parameter) or endpoints_of(parameter) or brought_in(parameter), parameter.key
    assert outputs_of(all_parameters()["body.ae_0"]) == ()
    assert "adverse_effect" in endpoints_of(all_parameters()["body.ae_0"])


def test_no_parameter_of_who_persons_are_is_taken_for_one_of_a_group() -> None:
    assert page("gad_r", "parameter")["group"] is None  # its symbol looks like one of the group gad7


# An output and an end point


@pytest.mark.parametrize("name", ["mitragynine", "withdrawal", "phq9", "servings"])
def test_an_output_counts_what_stands_behind_it(name: str) -> None:
    record = page(name, "output")
    by_hand = [p for p in all_parameters().values() if p.table in ("body", "mood")]
    by_hand = [p for p in by_hand if evidence.group_of(p.symbol) in groups_behind(name)]
    counts = {row["provenance"]: row["count"] for row in record["classes"]}
    assert counts == {k: n for k, n in evidence.provenance_of(by_hand).items() if n}
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert sorted(s for row in record["classes"] for s in row["symbols"]) == sorted(p.symbol for p in by_hand)
    assert sum(row["share"] for row in record["classes"]) == pytest.approx(1)
    assert [t["id"] for t in record["targets"]] == [
        t.id for t in evidence.load_calibration_targets() if t.output == name
    ]


def test_every_end_point_is_read_from_outputs_and_rests_on_known_groups() -> None:
    for name in endpoint_catalogue():
        basis = endpoint_basis(name)
        assert set(basis.outputs) <= output_catalogue().keys(), name
        assert set(basis.groups) <= set(groups()), name
        assert basis.parameters(), name
    assert endpoint_basis("withdrawal_peak").outputs == ("withdrawal",)
    assert set(groups_behind("withdrawal")) < set(endpoint_basis("withdrawal_peak").groups)


def test_groups_that_act_in_some_arms_are_groups_or_tables() -> None:
    tables = {p.table for p in all_parameters().values()}
    assert set(conditions()) <= set(groups()) | tables


# Words


def test_a_search_finds_rows_that_hold_every_word() -> None:
    found = look_up("vein colour")
    assert {"products-057", "products-058"} <= {hit["name"] for hit in found["groups"]["observation"]}
    assert "C14" in {hit["name"] for hit in found["groups"]["claim"]}
    names = {entry.name for entry in search("sertraline CYP2C19").hits}
    assert names
    assert names <= {entry.name for entry in search("sertraline").hits} & {e.name for e in search("CYP2C19").hits}


@pytest.mark.parametrize(
    ("asked", "same"),
    [("vein color", "vein colour"), ("PHQ9", "PHQ-9"), ("7-OH", "7-hydroxymitragynine"), ("LEÓN", "leon")],
)
def test_words_are_compared_without_case_accents_hyphens_and_spelling(asked: str, same: str) -> None:
    found = {(entry.kind, entry.name) for entry in search(asked).hits}
    assert found
    assert found == {(entry.kind, entry.name) for entry in search(same).hits}


def test_a_misspelt_word_is_replaced_and_that_is_told(ketum: Call) -> None:
    assert look_up("sertralin")["replaced"] == {}  # the beginning of a known word
    found = look_up("mitragynin clearanse")
    assert found["replaced"]["clearanse"][0] == "clearance"
    assert "CL_MG" in {hit["name"] for hit in found["groups"]["parameter"]}
    code, told, _ = ketum("mitragynin clearanse")
    assert code == 0
    assert "'clearanse' stands nowhere; taken for it: clearance" in told


def test_every_kind_of_row_can_be_found() -> None:
    kinds = {entry.kind for entry in search("withdrawal").hits}
    assert kinds >= {"output", "end point", "group", "parameter", "target", "observation", "claim", "safety rule"}
    assert {entry.kind for entry in search("Thailand").hits} >= {"law"}
    assert {entry.kind for entry in search("Kroenke").hits} >= {"source"}


def test_the_name_counts_more_than_the_note() -> None:
    index = Index(evidence_entries())
    assert index.search("theta").hits[0].name == "theta"


# The command


def test_nothing_found_ends_with_2_and_the_nearest_names(ketum: Call) -> None:
    code, out, err = ketum("xyzzy")
    assert (code, out) == (2, "")
    assert err.startswith("ketum: 'xyzzy' is not found: no row holds all of these words; nearest known: 'n_dizzy'")
    assert err.count("\n") == 1
    with pytest.raises(EvidenceError, match="nearest known"):
        look_up("")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("theta",),
        ("mood.m_W",),
        ("CL_MG",),
        ("withdrawal",),
        ("withdrawal_peak",),
        ("pk-001",),
        ("K1",),
        ("tanna2022",),
        ("C33",),
        ("R04",),
        ("group:receptor",),
        ("vein", "colour"),
        ("withdrawal", "--search"),
    ],
)
def test_a_page_in_a_pipe_is_plain_and_80_columns_wide(ketum: Call, words: tuple[str, ...]) -> None:
    code, out, err = ketum(*words)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert "\x1b" not in out


def test_a_page_shows_value_classes_rows_references_and_what_to_type_next(ketum: Call) -> None:
    _, told, _ = ketum("CL_MG")
    for words in (
        "value            68 L/h",
        "lognormal, CV 15%: half of people between 61.5 and 75.2",
        "90% of draws between 50 and 92",
        "from 0.068 to 68000",
        "trials in people",
        "Observations behind it: 96 (69 text; 27 abstract)",
        "pk-006",
        "https://doi.org/10.3390/pharmaceutics14030620",
        "ketum evidence NAME shows any row named here.",
    ):
        assert words in told
    assert all(b.observation.id in told for b in observations_behind(all_parameters()["body.CL_MG"]))
    _, told, _ = ketum("withdrawal")
    assert "C11a  SOWS on cessation, mean                     13.5 points  from 11.5 to 15.5" in told
    assert "withdrawal-015" in told


def test_long_lists_are_cut_and_shown_whole_on_demand(ketum: Call) -> None:
    _, short, _ = ketum("tanna2022")
    _, whole, _ = ketum("tanna2022", "--all")
    assert "and 66 more: --all shows every row" in short
    cited = [o.id for o in evidence.load_observations() if "tanna2022" in cited_keys(o.source)]
    assert all(name in whole for name in cited)
    assert not all(name in short for name in cited)


def test_json_is_what_the_library_returns_and_keeps_its_keys(ketum: Call) -> None:
    _, told, _ = ketum("theta", "--json")
    given = json.loads(told)
    assert given == json.loads(json.dumps(look_up("theta")))
    assert list(given) == ["asked", "kind", "pages"]
    assert list(given["pages"][0]) == [
        *("kind", "table", "table_words", "symbol", "key", "name", "value", "unit", "provenance", "basis"),
        *("provenance_words", "between_person", "uncertainty", "physical_range", "note", "group", "targets_named"),
        *("targets_of_its_sources", "observations", "observations_seen", "all_from_memory", "sources"),
        *("outputs", "end_points", "acts_when"),
    ]
    assert all(leaf is None or isinstance(leaf, str | int | float) for leaf in plain(given))
    _, told, _ = ketum("--json")
    assert json.loads(told) == json.loads(json.dumps(overview()))


def test_the_overview_counts_every_row(ketum: Call) -> None:
    record = overview()
    assert sum(map(sum, (row.values() for row in record["parameters"].values()))) == len(all_parameters())
    assert sum(map(sum, (row.values() for row in record["observations"].values()))) == len(all_observations())
    recalled = [o for o in all_observations().values() if o.verified == "recall" and o.source not in OWN]
    assert sum(row["recall"] for row in record["observations"].values()) == len(recalled)
    _, told, _ = ketum()
    assert f"{record['claims']} claims" in told
    for example in ("theta", "withdrawal_peak", "vein colour"):
        assert f"ketum evidence {example}" in told


def test_what_was_measured_is_printed_as_it_stands() -> None:
    rows = all_observations()
    assert measured(rows["pk-001"]) == "81.9 nM (50.1 to 177, range)"
    assert measured(rows["acute-001"]) == "-0.70 mm (p<0.01)"
    assert measured(rows["animal_behaviour-005"]) == "1 to 5 g"


def test_a_page_comes_within_a_second() -> None:
    code = "import sys; sys.argv = ['ketum', 'evidence', 'theta']; from ketum.cli.main import main; main()"
    best = math.inf
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert best < 1.0


def test_the_document_shows_what_the_command_prints(ketum: Call) -> None:
    document = Path(__file__).parents[1] / "docs" / "evidence.md"
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"```text\n\$ ketum evidence ?([^\n]*)\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    for command, shown in blocks:
        _, told, _ = ketum(*command.split())
        for part in shown.split("[...]\n"):
            assert part.strip("\n") in told, command
    assert all((document.parent / link).exists() for link in re.findall(r"\]\(([^)#]+)\)", text))
    files = set(re.findall(r"`([a-z_]+\.(?:csv|bib|md))`", text))
    assert files >= {file.name for file in DATA.iterdir() if file.is_file()}
