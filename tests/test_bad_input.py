"""Whatever a file holds, the loader returns a scenario or refuses with one clear line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bad_scenarios import EVENT_TABLES, SCENARIOS, VALID, arm, swap
from ketum.errors import ScenarioError
from ketum.scenario import Scenario, load_scenario
from refusals import LONGEST_MESSAGE, refusal

FUZZ = settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)


def write(folder: Path, content: str | bytes, name: str = "wrong.toml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_scenario_that_is_spoilt_below_is_valid(tmp_path: Path) -> None:
    assert isinstance(load_scenario(write(tmp_path, VALID)), Scenario)


@pytest.mark.parametrize(
    ("content", "fragments"),
    [pytest.param(content, fragments, id=name) for name, content, fragments in SCENARIOS],
)
def test_wrong_scenario(
    content: str | bytes, fragments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, content)
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("wrong.toml"), *fragments)


@pytest.mark.parametrize(
    ("content", "fragments"),
    [pytest.param(content, fragments, id=name) for name, content, fragments in EVENT_TABLES],
)
def test_wrong_event_table(
    content: str | bytes, fragments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, content, "doses.csv")
    use = VALID[VALID.index("use = ") : VALID.index("[record]")]
    write(tmp_path, swap(use, 'product = "leaf_powder"\nevents = "doses.csv"\n'))
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("wrong.toml"), "line 9", 'arm "tea" events', *fragments)


def test_no_file_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("absent.toml"), "no such file")
    (tmp_path / "folder.toml").mkdir()
    refusal(load_scenario, Path("folder.toml"), "is a folder")
    refusal(load_scenario, Path("/dev/null"), "not a regular file")


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, VALID)

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path(path.name), "permission denied")


def test_event_table_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use = VALID[VALID.index("use = ") : VALID.index("[record]")]
    write(tmp_path, swap(use, 'product = "leaf_powder"\nevents = "nowhere.csv"\n'))
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("wrong.toml"), "line 9", "nowhere.csv: there is no such file")


@pytest.mark.parametrize(
    ("override", "fragments"),
    [
        ("record.every", ("--set", "key=value")),
        ("record.evry=1 h", ("--set record.evry", "nearest: every")),
        ("peple.count=5", ("--set peple.count", "nearest: people")),
        ("people.count=many", ("--set people.count", '"many"')),
        ("arm.3.name=x", ("--set arm.3.name", "from 0 to 0")),
        ("arm.tea.name=x", ("--set arm.tea.name", "from 0 to 0")),
        ("arm.0.use.0.dose=2 kgg", ("--set arm.0.use.0.dose", 'arm "tea" use[0].dose', '"2 kgg"')),
        ("seed.more=1", ("--set seed.more", '"seed" is not a table')),
        ("seed=1\nextra = 2", ("--set seed", "whole number")),
        ("parameters.thta=2", ("--set parameters.thta", "theta")),
        ("setting.causal=nul", ("--set setting.causal", "nearest: null")),
    ],
)
def test_wrong_override(
    override: str, fragments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, VALID)
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("wrong.toml"), *fragments, overrides=[override])


def test_wrong_people_and_seed_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, VALID)
    monkeypatch.chdir(tmp_path)
    refusal(load_scenario, Path("wrong.toml"), "--people", "people.count: 0", people=0)
    refusal(load_scenario, Path("wrong.toml"), "--seed", "seed: -1", seed=-1)


def loads_or_is_refusal(load_scenario, path: Path, overrides: tuple[str, ...] = ()) -> None:
    try:
        scenario = load_scenario(path, overrides)
    except ScenarioError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < LONGEST_MESSAGE + len(str(path))
    else:
        assert isinstance(scenario, Scenario)


RICH = arm(
    'medicines = [{ name = "ketoconazole", dose = "200 mg", per_day = 1, from = "1 d", for = "2 d" }]\n'
    'treatments = [{ name = "sertraline", dose = "50 mg", per_day = 1, from = "1 d", adherence = 0.9 }]\n'
    '[[arm]]\nname = "leaf"\nuse = [{ product = "leaf_powder", dose = "4 g", per_day = 2, '
    'at = ["08:00", "20:30"], on_days = ["sat"], for = "2 d" }, { taper_by = "10 %/wk" }, { stop = true }]\n'
    '[parameters]\ntheta = 2.5\n[setting]\ncausal = ["null", "harm"]\nchannels = { longrun = false }'
)


@FUZZ
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "ignore"))))
def test_random_file(content: bytes, tmp_path: Path) -> None:
    loads_or_is_refusal(load_scenario, write(tmp_path, content))


@FUZZ
@given(
    start=st.integers(0, len(RICH) - 1),
    length=st.integers(0, 12),
    piece=st.one_of(
        st.text(max_size=6),
        st.sampled_from(['"', "[", "]", "{ ", "}", "=", "\n", "9", "-", "true", ".", "#", "''"]),
    ),
)
def test_scenario_with_a_random_slip(start: int, length: int, piece: str, tmp_path: Path) -> None:
    text = RICH[:start] + piece + RICH[start + length :]
    loads_or_is_refusal(load_scenario, write(tmp_path, text.encode("utf-8", "ignore")))


TOML_VALUES = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.floats().map(lambda x: repr(x)),
        st.booleans().map(lambda x: str(x).lower()),
        st.from_regex(r"[0-9.e+-]{1,6} ?[a-z%]{0,6}", fullmatch=True),
        st.sampled_from(['"4 g"', '"1 d"', '"0 d"', '"fixed"', "1979-05-27", "07:32:00", '"natural"', '"1e999 wk"']),
        st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from(["name", "for", "dose", "stop", "x"]), inner, max_size=2).map(
            lambda rows: "{ " + ", ".join(f"{key} = {value}" for key, value in rows.items()) + " }"
        ),
    ),
    max_leaves=4,
)
KEYS = [
    *("title", "seed", "people", "people.count", "people.population", "people.experience", "arm", "arm.0"),
    *("arm.0.name", "arm.0.use", "arm.0.events", "arm.0.product", "arm.0.medicines", "arm.0.treatments"),
    *(f"arm.1.use.0.{key}" for key in ("product", "dose", "per_day", "at", "on_days", "for", "every", "times")),
    *(f"arm.1.use.0.{key}" for key in ("first_day", "as_needed", "stop", "taper_over", "at_most_per_day")),
    *("arm.1.use.1.taper_by", "arm.1.use.1", "arm.0.medicines.0.name", "arm.0.medicines.0.at"),
    *(f"record.{key}" for key in ("for", "every", "start", "step", "outputs", "pk", "trajectories")),
    *("parameters", "parameters.theta", "parameters.body", "setting", "uncertainty", "nothing", "record"),
    *("uncertainty.draws", "uncertainty.shares", "uncertainty.of"),
    *("setting.causal", "setting.selection", "setting.channels", "setting.channels.withdrawal", "monitoring"),
    *("monitoring.every", "monitoring.rise", "monitoring.consecutive", "parameters.mood", "parameters.lam_m"),
    *(f"arm.0.treatments.0.{key}" for key in ("name", "dose", "per_day", "from", "for", "adherence")),
    *("arm.1.use.0.stopping", "arm.1.use.0.natural"),
]


@FUZZ
@given(key=st.sampled_from(KEYS), value=TOML_VALUES)
def test_scenario_with_a_random_value(key: str, value: str, tmp_path: Path) -> None:
    loads_or_is_refusal(load_scenario, write(tmp_path, RICH), (f"{key}={value}",))


@FUZZ
@given(
    rows=st.lists(st.lists(st.one_of(st.integers(-2, 30).map(str), st.text(max_size=4)), max_size=8), max_size=4),
    comma=st.booleans(),
)
def test_random_event_table(rows: list[list[str]], comma: bool, tmp_path: Path) -> None:
    joint = "," if comma else " "
    table = "\n".join(joint.join(row) for row in [["ID", "TIME", "AMT", "EVID", "II", "ADDL"], *rows])
    write(tmp_path, table.encode("utf-8", "ignore"), "doses.csv")
    use = VALID[VALID.index("use = ") : VALID.index("[record]")]
    loads_or_is_refusal(load_scenario, write(tmp_path, swap(use, 'product = "leaf_powder"\nevents = "doses.csv"\n')))
