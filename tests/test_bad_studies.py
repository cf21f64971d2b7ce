"""Whatever a study file or a command line holds, `ketum study` emulates it or refuses it with one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bad_studies import ASKED, COMMANDS, STUDIES, of, trial
from ketum.errors import ScenarioError
from ketum.studies.load import load_study, to_toml
from ketum.studies.model import Study
from refusals import LONGEST_MESSAGE, assert_one_line, files, refusal
from small_studies import OWN, SMALL, text_of

FUZZ = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
InProcess = Callable[..., tuple[int, str, str]]


def write(folder: Path, content: str | bytes, name: str = "wrong.toml") -> Path:
    (folder / "own.toml").write_text(OWN)
    path = folder / name
    path.write_bytes(content.encode("utf-8", "ignore") if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("design", SMALL)
def test_the_studies_that_are_spoilt_below_are_valid(design: str, tmp_path: Path) -> None:
    assert isinstance(load_study(write(tmp_path, text_of(design))), Study)
    if design != "scenario_trial":
        assert isinstance(load_study(write(tmp_path, of(design))), Study)


@pytest.mark.parametrize(
    ("content", "fragments"), [pytest.param(content, fragments, id=name) for name, content, fragments in STUDIES]
)
def test_wrong_study(
    content: str | bytes,
    fragments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_process: InProcess,
) -> None:
    write(tmp_path, content)
    monkeypatch.chdir(tmp_path)
    refusal(load_study, Path("wrong.toml"), *fragments)
    assert_one_line(*in_process("study", "wrong.toml"), ("wrong.toml", *fragments))
    assert files(tmp_path) == {"wrong.toml", "own.toml"}


FINE = text_of(
    "parallel_trial", 'visits = ["4 wk"]\n[treatment]\nfor = "2 wk"\n[sampling]\nper_arm = 20\n[pool]\npersons = 100\n'
)


FIND = ["fine.toml", "--workers", "1", "--find", "participants"]
WRONG = [*COMMANDS, *(([*FIND, *arguments], fragments) for arguments, fragments in ASKED)]


@pytest.mark.parametrize(("arguments", "fragments"), WRONG, ids=lambda value: " ".join(value)[:80])
def test_wrong_command_line_or_question_is_refused_before_it_runs(
    arguments: list[str],
    fragments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_process: InProcess,
) -> None:
    write(tmp_path, FINE, "fine.toml")
    monkeypatch.chdir(tmp_path)
    assert_one_line(*in_process("study", *arguments), fragments)
    assert files(tmp_path) == {"fine.toml", "own.toml"}


UNCHECKED = [
    ("a trial of no kratom", trial("[treatment]\nuse = [{ stop = true }]"), ("line 3", "treatment.use")),
    (
        "one visit for a relapse of two",
        of("randomised_withdrawal", '[withdrawal]\nrelapse_every = "4 wk"\nrelapse_until = "4 wk"'),
        ("withdrawal.relapse_until", "8 wk"),
    ),
    ("enrichment beyond h_0", of("new_user_cohort", "[cohort]\nenrichment = 5000"), ("line 3", "cohort.enrichment")),
    ("world beyond h_0", of("cross_sectional", "[world]\nenrichment = 1000"), ("line 3", "world.enrichment")),
    (
        "world of users who have none",
        of("self_report", '[world]\nfor = "52 wk"', 'source = "regular_users"'),
        ("line 3", "world", "regular_users"),
    ),
    ("visit twice", trial(top='visits = ["4 wk", "28 d"]'), ("line 2", "visits", "twice", "4 wk")),
]
"""What is accepted, or told badly, and should be refused at the door."""


@pytest.mark.parametrize(
    ("content", "fragments"), [pytest.param(content, fragments, id=name) for name, content, fragments in UNCHECKED]
)
def test_what_should_be_refused(content: str, fragments: tuple[str, ...], tmp_path: Path) -> None:
    refusal(load_study, write(tmp_path, content), *fragments)


def test_small_pool_of_a_small_study_can_be_read_again(tmp_path: Path) -> None:
    resolved = to_toml(load_study(write(tmp_path, of("n_of_1", "[sampling]\npersons = 8", "replicates = 2"))))
    assert to_toml(load_study(write(tmp_path, resolved))) == resolved


def test_no_file_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refusal(load_study, Path("absent.toml"), "no such file")
    (tmp_path / "folder.toml").mkdir()
    refusal(load_study, Path("folder.toml"), "is a folder")
    refusal(load_study, Path("/dev/null"), "not a regular file")


def loads_or_is_refused(path: Path, overrides: tuple[str, ...] = ()) -> None:
    try:
        study = load_study(path, overrides)
    except ScenarioError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < LONGEST_MESSAGE + len(str(path))
    else:
        if study.persons < 100:
            return  # see test_small_pool_of_a_small_study_can_be_read_again
        again = path.with_name("again.toml")
        again.write_text(to_toml(study), encoding="utf-8")
        written = load_study(again)
        assert to_toml(written) == to_toml(study)
        for part in ("title", "settings", "persons", "use", "entry", "lot_dose", "scenario"):
            assert getattr(written, part) == getattr(study, part)


RICH = {
    "parallel_trial": 'title = "A “trial”"\nquestion = "Does it?"\nvisits = ["4 wk", "8 wk"]\nscore = "hamd17"\n'
    '[entry]\npopulation = "us_adults"\nphq9_at_least = 7\n[sampling]\nper_arm = 30\n'
    f'{"[treatment]"}\nuse = [{{ product = "leaf_powder", dose = "2 g", per_day = 2, for = "2 wk" }}, '
    '{ product = "leaf_powder", dose = "4 g", as_needed = true, at_most_per_day = 5 }]\nfor = "8 wk"\nblinded = false\n'
    '[dropout]\nshare = 0.2\nby_severity = 1.5\nmissed = 0.1\nhandled = "last_observation"\n'
    '[analysis]\nestimators = ["ancova"]\n[pool]\npersons = 2000\n[parameters]\nm_W = 60\n',
    "n_of_1": SMALL["n_of_1"],
    "target_trial": SMALL["target_trial"],
    "cross_sectional": SMALL["cross_sectional"],
    "scenario_trial": SMALL["scenario_trial"],
}
FILES = {design: text_of(design, more) for design, more in RICH.items()}


@FUZZ
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "ignore"))))
def test_random_file(content: bytes, tmp_path: Path) -> None:
    loads_or_is_refused(write(tmp_path, content))


@FUZZ
@given(
    design=st.sampled_from(sorted(FILES)),
    place=st.floats(0.0, 1.0, exclude_max=True),
    length=st.integers(0, 12),
    piece=st.one_of(
        st.text(max_size=6),
        st.sampled_from(['"', "[", "]", "{ ", "}", "=", "\n", "9", "-", "true", ".", "#", "''"]),
    ),
)
def test_study_with_a_random_slip(design: str, place: float, length: int, piece: str, tmp_path: Path) -> None:
    text = FILES[design]
    start = int(place * len(text))
    loads_or_is_refused(write(tmp_path, text[:start] + piece + text[start + length :]))


VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.booleans().map(lambda x: str(x).lower()),
    st.from_regex(r"[0-9.e+-]{1,6} ?[a-z%]{0,6}", fullmatch=True),
    st.sampled_from(
        ['"4 g"', '"1 d"', '"0 d"', '"7 d"', '"4 wk"', "1979-05-27", '"1e999 wk"', '["4 wk"]', "[]", "{ a = 1 }"]
    ),
    st.sampled_from(
        ['"null"', '["harm"]', '["nothing", "both"]', '"trial"', '"drop"', '[{ product = "leaf_tea", per_day = 2 }]']
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=8),
)
KEYS = [
    *("design", "title", "question", "seed", "replicates", "setting", "setting.causal", "setting.selection"),
    *("setting.channels", "setting.channels.withdrawal", "pool", "pool.persons", "parameters", "parameters.m_W"),
    *("entry", "entry.population", "entry.phq9_at_least", "sampling", "sampling.per_arm", "sampling.persons"),
    *("sampling.users", "sampling.others", "sampling.participants", "visits", "score", "dropout", "analysis"),
    *(f"dropout.{key}" for key in ("share", "by_severity", "missed", "handled")),
    *(
        "analysis.estimators",
        "analysis.adjust",
        "analysis.bootstrap",
        "analysis.truncate",
        "nothing",
        "arms",
        "scenario",
    ),
    *("treatment.use", "treatment.for", "treatment.blinded", "treatment.use.0.dose", "treatment.use.1.as_needed"),
    *(f"crossover.{key}" for key in ("experience", "use", "pairs", "period", "washout", "discard")),
    *(f"cohort.{key}" for key in ("enrichment", "visits_every", "follow", "lead")),
    *("world.for", "world.enrichment", "exposure.counts", "exposure.concealed", "outcome.phq9_at_least"),
]


@FUZZ
@given(design=st.sampled_from(sorted(FILES)), key=st.sampled_from(KEYS), value=VALUES)
def test_study_with_a_random_value(design: str, key: str, value: str, tmp_path: Path) -> None:
    loads_or_is_refused(write(tmp_path, FILES[design]), (f"{key}={value}",))
