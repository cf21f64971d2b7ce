"""Loading a scenario or another file of tables: every mistake becomes one `ScenarioError` of one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ketum.errors import ScenarioError
from ketum.scenario.lines import line_of
from ketum.scenario.model import Scenario
from ketum.scenario.overrides import Option, Origins, apply_overrides
from ketum.scenario.read import parse, read_text
from ketum.scenario.resolve import resolve
from ketum.scenario.schema import ScenarioTable
from ketum.scenario.wording import KeyPath, MistakeError, key_words, nearest, shown

_MOST_NAME = 100
Shape = TypeVar("Shape", bound=BaseModel)
Resolved = TypeVar("Resolved")


def load_scenario(
    path: Path, overrides: Sequence[str] = (), people: int | None = None, seed: int | None = None
) -> Scenario:
    """Read a scenario file.

    Parameters
    ----------
    path : Path
        A TOML file in UTF-8.
    overrides : sequence of str
        ``key=value`` with dotted keys, laid over the file: ``record.every=1 h``, ``arm.0.use.0.dose=2 g``.
    people, seed : int, optional
        Number of persons and seed instead of those of the file.

    Returns
    -------
    Scenario
        Resolved: every default filled in, every quantity in internal units (h, mg, g).

    Raises
    ------
    ScenarioError
        If the file cannot be read or means nothing that can be run; the text names the file, the line where
        it is known, the key, the value and what is allowed.

    Examples
    --------
    >>> load_scenario(Path("no-such-scenario.toml"))
    Traceback (most recent call last):
    ketum.errors.ScenarioError: no-such-scenario.toml: there is no such file
    """
    options = ((["people", "count"], people, "--people"), (["seed"], seed, "--seed"))
    return load_file(path, "a scenario", _shape, resolve, overrides, options)


def _shape(document: Mapping[str, object]) -> type[ScenarioTable]:
    """Return the shape of a scenario; a study is told where it belongs."""
    if "design" in document and "arm" not in document:
        raise MistakeError(
            ("design",), "belongs to a study file; allowed: a scenario here, or ketum study for this file"
        )
    return ScenarioTable


def load_file(
    path: Path,
    kind: str,
    shape: Callable[[Mapping[str, object]], type[Shape]],
    resolve: Callable[[Shape, Path], Resolved],
    overrides: Sequence[str] = (),
    options: Sequence[Option] = (),
) -> Resolved:
    """Read a file of tables.

    Parameters
    ----------
    path : Path
        A TOML file in UTF-8.
    kind : str
        What it is, with its article, such as "a scenario".
    shape : callable
        Gives the shape that the tables must have.
    resolve : callable
        Turns tables of that shape into what they mean.
    overrides, options
        As for `ketum.scenario.overrides.apply_overrides`.

    Raises
    ------
    ScenarioError
        If the file cannot be read or means nothing; one line as of `load_scenario`.
    """
    path = Path(path)
    try:
        source = read_text(path)
    except ValueError as error:
        raise ScenarioError(f"{_file_name(path)}: {error}") from None
    return _load_text(source, path, kind, shape, resolve, overrides, options)


def scenario_of_text(text: str, name: str = "scenario.toml") -> Scenario:
    """Return the scenario of a text, such as `ketum.scenario.to_toml` writes.

    Parameters
    ----------
    text : str
        Event tables stand in it as rows: no file is looked for.
    name : str
        What messages call it; without its ending it is the default title.

    Raises
    ------
    ScenarioError
        As of `load_scenario`.
    """
    return _load_text(text, Path(name), "a scenario", _shape, partial(resolve, beside=False))


def scenario_of_tables(document: Mapping[str, object]) -> Scenario:
    """Return the scenario that plain tables mean, as TOML or JSON gives them; no file is looked for.

    Raises
    ------
    ScenarioError
        As of `load_scenario`, without a place; `key` leads to the mistake.
    """
    try:
        return resolve(_validate(document, _shape(document)), Path("scenario.toml"), beside=False)
    except MistakeError as mistake:
        raise _told(mistake, document) from None


def tables_of_text(text: str, name: str = "scenario.toml") -> dict[str, object]:
    """Return the tables of the text of a scenario as they were written, after checking that they mean one.

    Raises
    ------
    ScenarioError
        As of `scenario_of_text`.
    """
    scenario_of_text(text, name)
    return parse(text, "a scenario")


def _load_text(
    source: str,
    path: Path,
    kind: str,
    shape: Callable[[Mapping[str, object]], type[Shape]],
    resolve: Callable[[Shape, Path], Resolved],
    overrides: Sequence[str] = (),
    options: Sequence[Option] = (),
) -> Resolved:
    """Return what the text of a file means; parameters as of `load_file`."""
    document: dict[str, object] = {}
    origins: Origins = {}
    try:
        document = parse(source, kind)
        origins = apply_overrides(document, overrides, options)
        return resolve(_validate(document, shape(document)), path)
    except MistakeError as mistake:
        raise _told(mistake, document, _file_name(path), _where(mistake.path, source, origins)) from None


def _told(mistake: MistakeError, document: Mapping[str, object], *places: str) -> ScenarioError:
    """Return a mistake as one line, after the places at which it was made."""
    parts = [*places, key_words(mistake.path, document), mistake.text]
    return ScenarioError(": ".join(part for part in parts if part), mistake.path)


def _validate(document: Mapping[str, object], shape: type[Shape]) -> Shape:
    """Return the tables in their shape; the first mistake is raised, unknown keys before missing ones."""
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False)
    order = {"extra_forbidden": 0, "missing": 2}
    first = min(details, key=lambda detail: order.get(detail["type"], 1))
    raise MistakeError(first["loc"], _sentence(first, shape))


def _sentence(detail: ErrorDetails, shape: type[BaseModel]) -> str:
    """Put the finding of pydantic into the words of a scenario."""
    table, field = _field_at(detail["loc"], shape)
    allowed = field.description if field is not None else None
    if detail["type"] == "extra_forbidden":
        keys = [info.alias or name for name, info in table.model_fields.items()]
        near = nearest(detail["loc"][-1], keys)
        hint = f"nearest: {', '.join(near)}; " if near else ""
        return f"is not a known key; {hint}allowed: {', '.join(keys)}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "missing":
        return f"is missing; allowed: {allowed}"
    return f"{shown(detail['input'])} is not allowed; allowed: {allowed or 'a table'}"


def _field_at(loc: KeyPath, shape: type[BaseModel]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the innermost table that `loc` leads into, and its field."""
    table = shape
    field: FieldInfo | None = None
    inner: type[BaseModel] | None = shape
    for part in loc:
        if isinstance(part, int):
            continue
        if inner is None:
            break
        table = inner
        field = next((info for name, info in table.model_fields.items() if part == (info.alias or name)), None)
        inner = _table_in(field.annotation) if field is not None else None
    return table, field


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the kind of table that an annotation such as ``list[UseTable] | None`` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part)) is not None), None)


def _where(path: KeyPath, source: str, origins: Origins) -> str:
    """Return where a key was written: on the command line, or on which line of the file."""
    for key, origin in origins.items():
        if path[: len(key)] == key or (path and key[: len(path)] == path and line_of(path, source) is None):
            return origin
    line = line_of(path, source) if path else None
    return f"line {line}" if line is not None else ""


def _file_name(path: Path) -> str:
    """Return the path as it was given, on one line and not too long."""
    text = "".join(c if c.isprintable() else "?" for c in str(path))
    return text if len(text) <= _MOST_NAME else "..." + text[-_MOST_NAME + 3 :]
