"""Reading and writing study files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ketum.scenario.load import load_file
from ketum.scenario.schema import UseTable
from ketum.scenario.write import toml_value
from ketum.studies.model import Study
from ketum.studies.resolve import resolve, shape_of


def load_study(
    path: Path, overrides: Sequence[str] = (), replicates: int | None = None, seed: int | None = None
) -> Study:
    """Read a study file.

    Parameters
    ----------
    path : Path
        A TOML file in UTF-8.
    overrides : sequence of str
        ``key=value`` with dotted keys, laid over the file: ``sampling.per_arm=200``.
    replicates, seed : int, optional
        Instead of those of the file.

    Returns
    -------
    Study

    Raises
    ------
    ScenarioError
        If the file cannot be read or means nothing that can be emulated; the text names the file, the line where it is
        known, the key, the value and what is allowed.

    Examples
    --------
    >>> load_study(Path("no-such-study.toml"))
    Traceback (most recent call last):
    ketum.errors.ScenarioError: no-such-study.toml: there is no such file
    """
    options = ((["replicates"], replicates, "--replicates"), (["seed"], seed, "--seed"))
    return load_file(path, "a study", shape_of, resolve, overrides, options)


def to_toml(study: Study) -> str:
    """Return a study as a file in which every default is written out."""
    plain = study.table.model_dump(mode="json", by_alias=True, exclude_none=True)
    plain |= {"title": study.title, "pool": {"persons": study.persons}}
    plain = {key: plain[key] for key in ("setting", "pool")} | plain
    if plain.get("source") == "regular_users":
        del plain["world"]
    order = ("title", "question", "design", "seed", "replicates")
    single = {key: plain[key] for key in order if key in plain}
    single |= {key: value for key, value in plain.items() if key not in single and not isinstance(value, dict)}
    lines = [f"{key} = {toml_value(value)}" for key, value in single.items()]
    for key, value in plain.items():
        if isinstance(value, dict) and value:
            lines += [
                "",
                f"[{key}]",
                *(f"{name} = {toml_value(inner)}" for name, inner in value.items() if inner != {}),
            ]
    return "\n".join([*lines, ""])


def use_in_toml(use: Sequence[UseTable]) -> str:
    """Return phases of use as they are written in a file."""
    return toml_value([phase.model_dump(mode="json", by_alias=True, exclude_none=True) for phase in use])
