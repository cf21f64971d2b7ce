"""The door of the evidence: shipped tables enter whole, and each wrong cell is refused by name."""

import csv
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketum import evidence
from ketum.engine.outputs import output_catalogue
from ketum.errors import EvidenceError
from ketum.evidence import load_parameters, parse_quantity, registry
from ketum.evidence.dimensions import target_outputs
from ketum.evidence.parameter import TableName
from ketum.evidence.units import same_unit

DATA = Path(evidence.__file__).parent / "data"
TABLES = get_args(TableName)

Edit = Callable[..., Path]


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Copy a shipped table with cells of one row changed; rows count from 0, so its line is two more."""

    def edit(name: str, row: int, **cells: str) -> Path:
        rows = rows_of(name)
        rows[row] |= cells
        path = tmp_path / Path(name).name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    return edit


def refused(load: Callable[[], object]) -> str:
    with pytest.raises(EvidenceError) as caught:
        load()
    message = str(caught.value)
    assert "\n" not in message
    return message


# What ships


@pytest.mark.parametrize(
    ("name", "file"), [("body", "parameters_body"), ("mood", "parameters_mood"), ("covariates", "covariates")]
)
def test_every_shipped_parameter_is_loaded_as_printed_and_in_place(name: TableName, file: str) -> None:
    table = load_parameters(name)
    printed = rows_of(f"{file}.csv")
    assert [(p.symbol, p.value, p.source) for p in table.values()] == [
        (row["symbol"], float(row["value"]), row["source"]) for row in printed
    ]
    assert [p.position for p in table.values()] == list(range(len(printed)))


def test_every_shipped_observation_is_loaded_and_its_id_is_unique_over_all_tables() -> None:
    observations = evidence.load_observations()
    printed = [row for name in evidence.observation_tables() for row in rows_of(f"observations/{name}.csv")]
    assert [o.id for o in observations] == [row["id"] for row in printed]
    assert len({o.id for o in observations}) == len(observations)


def test_an_observation_keeps_what_was_printed() -> None:
    bound = next(o for o in evidence.load_observations("products") if o.value == "<0.124")
    assert bound.number is None
    cmax = evidence.load_observations("pk")[0]
    assert (cmax.number, cmax.low, cmax.high, cmax.spread) == (81.9, 50.1, 177.0, "range")
    assert cmax.details["product"].startswith("tea from 2 g leaf powder")
    assert "quantity" not in cmax.details
    assert {cmax: 1}[cmax] == 1


@pytest.mark.parametrize("name", ["claims", "legal", "safety_rules"])
def test_every_shipped_statement_is_loaded(name: evidence.records.RecordTable) -> None:
    records = evidence.load_rows(name)
    printed = rows_of(f"{name}.csv")
    shown = [{column: str(getattr(record, column)) for column in printed[0]} for record in records]
    assert shown == [{column: cell.strip() for column, cell in row.items()} for row in printed]


def test_every_calibration_target_is_loaded_and_accepts_its_own_value() -> None:
    targets = evidence.load_calibration_targets()
    assert [t.id for t in targets] == [row["id"] for row in rows_of("calibration_targets.csv")]
    assert all(t.accepts(t.value) for t in targets)
    open_above = next(t for t in targets if t.accept_high is None)
    assert open_above.accepts(1e9)
    assert not open_above.accepts(0.9)


def test_every_entry_of_the_bibliography_is_read_and_shown_without_latex() -> None:
    sources = evidence.load_sources()
    assert len(sources) == (DATA / "sources.bib").read_text(encoding="utf-8").count("\n@") + 1
    for source in sources.values():
        line = source.reference()
        assert source.title in line
        assert not set(line) & set("{}\\\n")
    assert sources["kamble2020plasma"].authors == (
        *("Kamble, Shyam H.", "León, Francisco", "King, Tamara I.", "others"),
    )
    assert sources["boas1985"].reference().startswith("Boas and Villiger (1985). Clinical actions of fentanyl")
    assert "[DOI from memory, check before citing]" in sources["boas1985"].reference()


def test_the_formula_of_age_has_the_mean_its_note_states() -> None:
    low, span, power = load_parameters("covariates").numbers(["age_min", "age_span", "age_pow"])
    assert low + span / (power + 1) == pytest.approx(47.5, abs=0.05)


def test_the_room_is_imported_without_slow_libraries() -> None:
    slow = "{'pint', 'numpy', 'pandas', 'rapidfuzz', 'bibtexparser', 'platformdirs'}"
    code = (
        "import sys, ketum.evidence as e; "
        f"e.parse_quantity('26 wk', 'time'); assert not {slow} & set(sys.modules), sys.modules.keys(); "
        "[e.load_parameters(name) for name in ('body', 'mood', 'covariates')]; e.load_calibration_targets(); "
        "assert not {'pint', 'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# What is refused


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"source": ""}, "source", "is empty; a text is required"),
        ({"source": "tanna2202"}, "source", "'tanna2202' is not allowed; give keys of sources.bib"),
        ({"source": "tanna2022; rumour"}, "source", "'tanna2022; rumour' is not allowed"),
        (
            {"provenance": "rumour"},
            "provenance",
            "'rumour' is not allowed; give one of human_trial, human_obs",
        ),
        ({"provenance": ""}, "provenance", "is empty; give one of human_trial"),
        (
            {"unit": "parrots/h"},
            "unit",
            "'parrots/h' is not allowed; give a unit such as 'mg', 'L/h'",
        ),
        ({"unit": "3 kg"}, "unit", "'3 kg' is not allowed; give a unit"),
        ({"symbol": "WT_ref"}, "symbol", "'WT_ref' is not allowed; it stands in row 2 already"),
        ({"value": "heavy"}, "value", "'heavy' is not allowed; give a finite number"),
        ({"value": "nan"}, "value", "'nan' is not allowed; give a finite number"),
        ({"value": ""}, "value", "is empty; give a finite number"),
        ({"p_low": "90"}, "value", "'80' is not allowed; give a finite number from 90"),
        ({"p_high": "70"}, "value", "'80' is not allowed; give a finite number from 0.08 up to 70"),
        ({"between_person": "cauchy"}, "between_person", "give one of none, normal, lognormal"),
        ({"bp_1": "-0.2"}, "between_person", "lognormal needs a value above 0, bp_1 = CV above 0"),
        ({"bp_1": "", "bp_2": "0.2"}, "between_person", "given: value 80, bp_1 empty, bp_2 0.2"),
        ({"between_person": "none"}, "between_person", "none needs bp_1 and bp_2 empty"),
        ({"between_person": "beta", "bp_2": "2"}, "between_person", "beta needs a value from 0 to 1"),
        ({"between_person": "integers", "bp_2": "90"}, "between_person", "integers needs whole numbers"),
        ({"between_person": "logit_normal"}, "between_person", "logit_normal needs a value between 0 and 1"),
        ({"provenance": "human_trial", "source": "assumption"}, "source", "rests on a publication"),
        ({"uncertainty": "vague"}, "uncertainty", "give one of fixed, uniform, loguniform"),
        ({"uncertainty": "normal"}, "uncertainty", "normal needs u_low < u_high with the value between them"),
        ({"uncertainty": "uniform", "u_low": "90", "u_high": "70"}, "uncertainty", "u_low 90, u_high 70"),
        ({"uncertainty": "uniform", "u_low": "85", "u_high": "90"}, "uncertainty", "given: value 80"),
        ({"uncertainty": "lognormal", "u_low": "0", "u_high": "90"}, "uncertainty", "needs 0 < u_low"),
        (
            {"uncertainty": "bernoulli", "u_low": "0", "u_high": "90"},
            "uncertainty",
            "bernoulli needs a value 0",
        ),
        ({"u_high": "90"}, "uncertainty", "fixed needs u_low and u_high empty"),
    ],
)
def test_a_wrong_cell_of_a_parameter_is_refused_by_name(
    edited: Edit, cells: dict[str, str], column: str, said: str
) -> None:
    path = edited("parameters_body.csv", 1, **cells)
    message = refused(lambda: load_parameters("body", path))
    assert message.startswith(f"parameters_body.csv, row 3, column '{column}': ")
    assert said in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("symbol,name", "symbol", "row 1: column 'name' is missing; the columns are symbol, name,"),
        (",note\n", ",note,mood\n", "row 1: column 'mood' is not known; the columns are"),
        (",note\n", ",note,note\n", "row 1: column 'note' stands twice"),
        ("symbol,name", "name,symbol", "row 1: the columns are out of order"),
        ("WT_ref,reference", "WT_ref,a,reference", "row 2: 16 values; the header has 15 columns"),
        ("WT_ref,reference", 'WT_ref,"a"b,reference', "row 2: not readable as a table"),
    ],
)
def test_a_wrong_shape_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (DATA / "parameters_body.csv").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert refused(lambda: load_parameters("body", path)).startswith(f"mine.csv, {said}")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    missing, foreign = tmp_path / "missing.csv", tmp_path / "foreign.csv"
    foreign.write_bytes(b"\xff\xfe\x00s")
    assert refused(lambda: load_parameters("body", missing)).endswith(
        "missing.csv: cannot be read: No such file or directory"
    )
    assert "is not UTF-8 text" in refused(lambda: load_parameters("body", foreign))


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "covariates.csv"
    text = (DATA / "covariates.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert load_parameters("covariates", path) == load_parameters("covariates")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"source": ""}, "column 'source': is empty"),
        (
            {"verified": "seen"},
            "column 'verified': 'seen' is not allowed; give one of text, abstract, recall",
        ),
        ({"id": "pk-001"}, "column 'id': 'pk-001' is not allowed; it stands in row 2 already"),
        ({"low": "2"}, "column 'low': '2' is not allowed; it may not be above high, 1.5"),
        ({"quantity": ""}, "column 'quantity': is empty"),
    ],
)
def test_a_wrong_observation_is_refused(edited: Edit, cells: dict[str, str], said: str) -> None:
    path = edited("observations/pk.csv", 1, **cells)
    assert refused(lambda: evidence.load_observations(path=path)).startswith(f"pk.csv, row 3, {said}")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"observation": "pk-999"}, "'pk-999' is not allowed; give the id of a row in observations/"),
        ({"value": "400"}, "'400' is not allowed; it must lie from accept_low to accept_high"),
    ],
)
def test_a_wrong_calibration_target_is_refused(edited: Edit, cells: dict[str, str], said: str) -> None:
    path = edited("calibration_targets.csv", 0, **cells)
    assert said in refused(lambda: evidence.load_calibration_targets(path))


# Units that fit


def test_every_shipped_symbol_has_one_unit_and_every_line_of_units_is_used() -> None:
    lines = rows_of("parameter_dimensions.csv")
    used: set[tuple[str, str]] = set()
    for name in TABLES:
        for symbol, parameter in load_parameters(name).items():
            fits = [
                (line["unit"], line["table"], pattern)
                for line in lines
                if line["table"] == name
                for pattern in line["symbols"].split()
                if fnmatchcase(symbol, pattern)
            ]
            by_name = [fit for fit in fits if fit[2] == symbol]
            assert len(by_name or fits) == 1, symbol
            unit, *line = (by_name or fits)[0]
            assert unit == parameter.unit, symbol
            used.add((line[0], line[1]))
    assert used == {(line["table"], pattern) for line in lines for pattern in line["symbols"].split()}


@pytest.mark.parametrize(
    ("name", "symbol", "unit", "said"),
    [
        ("body", "CL_MG", "mg", "CL_MG is a clearance or flow, which the model counts in 'L/h'"),  # another kind
        ("body", "CL_MG", "mL/min", "CL_MG is a clearance or flow, which the model counts in 'L/h'"),  # another size
        ("body", "K_MG", "uM", "K_MG is a concentration, which the model counts in 'nM'"),
        ("body", "h_X", "d", "h_X is a time within days, which the model counts in 'h'"),
        ("body", "theta", "nM", "theta is a plain number or ratio, which the model counts in '1'"),
        ("body", "V_7", "rad", "V_7 is a volume, which the model counts in 'L'"),
        ("mood", "w_P", "HAM-D17 points", "w_P is a severity, which the model counts in 'PHQ-9 points'"),
        ("mood", "p_try", "%", "p_try is a fraction of one, which the model counts in 'fraction'"),
        ("settings", "harm.beta_L", "PHQ-9 points", "harm.beta_L is a logarithm of a ratio, which the model counts in"),
    ],
)
def test_a_unit_that_does_not_fit_its_symbol_is_refused(
    edited: Edit, name: TableName, symbol: str, unit: str, said: str
) -> None:
    file = {"body": "parameters_body.csv", "mood": "parameters_mood.csv", "settings": "causal_settings.csv"}[name]
    row = load_parameters(name)[symbol].position
    message = refused(lambda: load_parameters(name, edited(file, row, unit=unit)))
    assert message.startswith(f"{file}, row {row + 2}, column 'unit': '{unit}' is not allowed; {said}")


def test_the_messages_for_what_may_not_be_loaded_are_these(edited: Edit) -> None:
    row = load_parameters("body")["CL_MG"].position
    said = {
        "source": ("", "is empty; a text is required"),
        "provenance": (
            "rumour",
            "'rumour' is not allowed; give one of "
            "human_trial, human_observational, animal, in_vitro, theory, assumption",
        ),
        "unit": ("mg", "'mg' is not allowed; CL_MG is a clearance or flow, which the model counts in 'L/h'"),
    }
    for column, (cell, words) in said.items():
        path = edited("parameters_body.csv", row, **{column: cell})
        assert refused(lambda path=path: load_parameters("body", path)) == (
            f"parameters_body.csv, row {row + 2}, column '{column}': {words}"
        )
    path = edited("parameters_body.csv", row, unit="parrots/h")
    assert refused(lambda: load_parameters("body", path)) == (
        f"parameters_body.csv, row {row + 2}, column 'unit': 'parrots/h' is not allowed; "
        "give a unit such as 'mg', 'L/h', 'nM', or a label of unit_labels.csv"
    )


@pytest.mark.parametrize(("symbol", "unit"), [("CL_MG", "L/hour"), ("WT_ref", "kilogram"), ("K_MG", "nanomolar")])
def test_the_same_unit_in_other_words_fits(edited: Edit, symbol: str, unit: str) -> None:
    row = load_parameters("body")[symbol].position
    table = load_parameters("body", edited("parameters_body.csv", row, unit=unit))
    assert table[symbol].unit == unit


@given(unit=st.sampled_from(["L/h", "mL/min", "L/day", "mL/h", "L", "1/h", "mg", "liter/hour", "m**3/h", "dL/h"]))
def test_two_units_are_one_where_pint_finds_the_factor_one(unit: str) -> None:
    quantity = registry().Quantity(1.0, unit)
    one = quantity.is_compatible_with("L/h") and quantity.to("L/h").magnitude == pytest.approx(1.0, rel=1e-9)
    assert same_unit(unit, "L/h") is bool(one)


@pytest.mark.parametrize(
    ("target", "cells", "said"),
    [
        (
            "K1",
            {"unit": "mg"},
            "column 'unit': 'mg' is not allowed; this target of output 'mitragynine' is a concentration; "
            "give 'nM' or 'ng/mL'",
        ),
        ("K1", {"unit": "h"}, "is a concentration; give 'nM' or 'ng/mL'"),
        ("K2", {"unit": "nM"}, "is a time; give 'h'"),
        ("K3", {"unit": "nM"}, "is an exposure; give 'nM*h' or 'ng/mL*h'"),
        ("C12", {"unit": "points"}, "of output 'use_disorder' is a share of persons; give '%' or 'fraction'"),
        ("C9", {"unit": "mg"}, "of output 'dose' is an amount of leaf; give 'g'"),
        ("C9", {"unit": "spoons"}, "column 'unit': 'spoons' is not allowed; give a unit such as"),
        ("K1", {"output": "mitragynin"}, "column 'output': 'mitragynin' is not allowed; give an output that a target"),
    ],
)
def test_a_unit_that_does_not_fit_the_output_of_a_target_is_refused(
    edited: Edit, target: str, cells: dict[str, str], said: str
) -> None:
    row = next(k for k, line in enumerate(rows_of("calibration_targets.csv")) if line["id"] == target)
    message = refused(lambda: evidence.load_calibration_targets(edited("calibration_targets.csv", row, **cells)))
    assert message.startswith(f"calibration_targets.csv, row {row + 2}, column '")
    assert said in message


def test_a_concentration_may_stand_in_mass_or_in_amount(edited: Edit) -> None:
    path = edited("calibration_targets.csv", 0, value="32.6", unit="ng/mL", accept_low="26", accept_high="40")
    assert evidence.load_calibration_targets(path)[0].unit == "ng/mL"


def test_targets_are_compared_with_outputs_of_the_model_or_with_persons() -> None:
    of_persons = {"auc_ratio", "sex", "age", "motive", "prior_opioid"}
    outputs = output_catalogue()
    for pattern in target_outputs():
        assert pattern in of_persons or any(fnmatchcase(name, pattern) for name in outputs), pattern


def test_wrong_statements_are_refused(edited: Edit) -> None:
    rules = edited("safety_rules.csv", 0, severity="mild")
    assert "give one of caution, warning, danger" in refused(lambda: evidence.load_rows("safety_rules", rules))
    laws = edited("legal.csv", 0, checked="2026")
    assert "give a day such as" in refused(lambda: evidence.load_rows("legal", laws))
    claims = edited("claims.csv", 1, id="C01")
    assert "it stands in row 2 already" in refused(lambda: evidence.load_rows("claims", claims))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@misc{a, title={A}}\n@misc{a, title={B}}", "mine.bib, row 2: not a readable BibTeX entry"),
        ("@misc{a, title={A}}\n@misc{b, title={", "mine.bib, row 2: not a readable BibTeX entry"),
        ("\n@misc{a, year={2020}}", "mine.bib, row 2: entry 'a' has no title"),
        ("@misc{a, title={A}, year={soon}}", "mine.bib, row 1: year 'soon' of 'a' is not a number"),
    ],
)
def test_a_wrong_bibliography_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.bib"
    path.write_text(text, encoding="utf-8")
    assert refused(lambda: evidence.load_sources(path)).startswith(said)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    assert "body, mood, covariates" in refused(lambda: load_parameters("soul"))  # type: ignore[arg-type]
    assert "withdrawal" in refused(lambda: evidence.load_observations("soul"))
    assert "safety_rules" in refused(lambda: evidence.load_rows("soul"))  # type: ignore[call-overload]


# Tables of parameters


def test_with_values_returns_another_table_and_leaves_the_first_alone() -> None:
    body = load_parameters("body")
    changed = body.with_values({"b_CL": 0.8})
    assert (body.value("b_CL"), changed.value("b_CL")) == (0.75, 0.8)
    assert changed["b_CL"].position == body["b_CL"].position
    assert list(changed) == list(body)
    assert changed.name == "body"


def test_an_unknown_symbol_is_answered_with_the_nearest() -> None:
    body = load_parameters("body")
    for load in (lambda: body.with_values({"b_Cl": 0.8}), lambda: body.value("b_Cl")):
        message = refused(load)
        assert message.startswith("table 'body': parameter 'b_Cl' is not known; nearest known: 'b_CL'")
    assert "b_Cl" not in body
    assert body.get("b_Cl") is None


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf])
def test_a_value_outside_the_physical_range_is_refused(value: float) -> None:
    covariates = load_parameters("covariates")
    message = refused(lambda: covariates.with_values({"female_share": value}))
    assert message == f"covariates.female_share: {value} is not allowed; give a finite number from 0 up to 1"


def test_require_lists_every_missing_symbol() -> None:
    message = refused(lambda: load_parameters("body").require(["b_CL", "soul", "spirit"]))
    assert message == "table 'body': missing parameters: soul, spirit"


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_frozen_and_travel_to_other_processes(name: TableName) -> None:
    table = load_parameters(name)
    assert pickle.loads(pickle.dumps(table)) == table
    assert load_parameters(name) is table
    with pytest.raises(FrozenInstanceError):
        next(iter(table.values())).value = 1.0  # type: ignore[misc]


def test_provenance_counts_every_parameter_once() -> None:
    body = load_parameters("body")
    counts = evidence.provenance_of(body.values())
    assert tuple(counts) == evidence.PROVENANCES
    assert sum(counts.values()) == len(body)


# Quantities


@pytest.mark.parametrize(
    ("text", "dimension", "number"),
    [
        ("26 wk", "time", 4368.0),
        ("15 min", "time", 0.25),
        ("2.5 d", "time", 60.0),
        ("10 min", "time", 10 / 60),
        (" 1e3h ", "time", 1000.0),
        ("3 weeks", "time", 504.0),
        ("39 mg", "mass", 39.0),
        ("4 g", "mass", 4000.0),
        ("4 g", "grams", 4.0),
        ("400 mg", "grams", 0.4),
        ("250 mL", "volume", 0.25),
        ("250 ml", "volume", 0.25),
        ("0 %", "fraction", 0.0),
        ("25%", "fraction", 0.25),
        (".5 µg", "mass", 0.0005),
    ],
)
def test_a_quantity_becomes_a_number_in_the_internal_unit(text: str, dimension: str, number: float) -> None:
    assert parse_quantity(text, dimension) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "dimension", "said"),
    [
        ("26", "time", 'give a time such as "26 wk", "15 min" (units: s, min, h, d, wk)'),
        ("wk", "time", "give a time"),
        ("", "time", "give a time"),
        ("nan h", "time", "give a time"),
        ("inf h", "time", "give a time"),
        ("1e999 h", "time", "give a time"),
        ("-1 h", "time", "give a time"),
        ("1,5 h", "time", "give a time"),
        ("4 g", "time", "give a time"),
        ("4 kratoms", "time", "give a time"),
        ("5 degC", "time", "give a time"),
        ("6 month", "time", "months differ in length; write weeks or days"),
        ("6 mo", "time", "months differ in length"),
        ("1 y", "time", 'write "52 wk" or "365 d"'),
        ("2 years", "time", 'write "52 wk" or "365 d"'),
        ("4 h", "mass", 'give a mass such as "39 mg" (units: ug, mg, g, kg)'),
        ("5 Mg", "mass", "give a mass"),
        ("4 L", "grams", 'give a mass such as "4 g"'),
        ("4 g", "volume", 'give a volume such as "250 mL" (units: mL, L)'),
        ("10 %/wk", "fraction", 'give a fraction such as "25 %" (units: %)'),
        ("0.1", "fraction", "give a fraction"),
        ("5 rad", "fraction", "give a fraction"),
        ("4 g", "colour", "give one of time, mass, grams, volume, fraction"),
    ],
)
def test_what_is_no_such_quantity_is_refused(text: str, dimension: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"is not allowed|is not known") as caught:
        parse_quantity(text, dimension)
    assert said in str(caught.value)


UNITS = [
    *(("time", unit, "hour") for unit in ("s", "min", "h", "d", "wk", "week", "ms")),
    *(("mass", unit, "milligram") for unit in ("ug", "mg", "g", "kg", "lb", "ng")),
    *(("grams", unit, "gram") for unit in ("ug", "mg", "g", "kg", "oz")),
    *(("volume", unit, "liter") for unit in ("mL", "L", "cup", "dL")),
    ("fraction", "%", "dimensionless"),
]


@given(number=st.floats(min_value=0, max_value=1e12), case=st.sampled_from(UNITS))
def test_a_quantity_makes_the_round_trip_that_pint_makes(number: float, case: tuple[str, str, str]) -> None:
    dimension, unit, internal = case
    parsed = parse_quantity(f"{number!r} {unit}", dimension)
    back = registry().Quantity(parsed, internal).to(unit).magnitude
    assert back == pytest.approx(number, rel=1e-12, abs=1e-300)


@given(text=st.text(max_size=12), dimension=st.sampled_from(["time", "mass", "grams", "volume", "fraction"]))
def test_any_text_is_a_finite_number_or_a_value_error(text: str, dimension: str) -> None:
    try:
        number = parse_quantity(f"1 {text}", dimension)
    except ValueError:
        return
    assert math.isfinite(number)
    assert number >= 0


@pytest.mark.parametrize("blocked", [True, False])
def test_the_registry_is_built_with_and_without_a_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocked: bool
) -> None:
    folder = tmp_path / "cache"
    if blocked:
        folder.write_text("a file where the folder should be")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: folder)
    units = registry.__wrapped__()
    assert units.Quantity(1, "wk").to("h").magnitude == pytest.approx(168)
    assert folder.is_file() == blocked
