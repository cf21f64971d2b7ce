"""Tables of a scenario as a file that reads like a protocol: what was written, and no defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit

from ketum.scenario.write import inline_lines, table_lines, toml_value

_LISTS = ("use", "medicines", "treatments")


def plain_toml(document: Mapping[str, Any]) -> str:
    """Return the tables of a scenario as the text of a file.

    Parameters
    ----------
    document : mapping
        Tables as a scenario file holds them, such as `ketum.scenario.tables_of_text` returns.

    Returns
    -------
    str
        TOML that reads back to the same tables.

    Examples
    --------
    >>> print(plain_toml({"seed": 1, "arm": [{"name": "tea", "use": [{"stop": True}]}], "record": {"for": "5 d"}}))
    seed = 1
    <BLANKLINE>
    [[arm]]
    name = "tea"
    use = [
      { stop = true },
    ]
    <BLANKLINE>
    [record]
    for = "5 d"
    <BLANKLINE>
    """
    first = {key: value for key, value in document.items() if not isinstance(value, Mapping) and key != "arm"}
    lines = [f"{key} = {toml_value(value)}" for key, value in first.items()]
    for key, value in document.items():
        if key == "arm":
            for arm in value:
                lines += _arm(arm)
        elif isinstance(value, Mapping) and value:
            lines += table_lines(f"[{key}]", value)
    return "\n".join(lines).lstrip("\n") + "\n"


def _arm(arm: Mapping[str, Any]) -> list[str]:
    """Return an arm: lists of tables with one a line, an event table as its rows."""
    lines = ["", "[[arm]]"]
    for key, value in arm.items():
        if key in _LISTS and isinstance(value, list) and value:
            lines += inline_lines(key, value)
        elif key == "events" and "\n" in str(value):
            lines.append(f"events = {tomlkit.string(value, multiline=True).as_string()}")
        else:
            lines.append(f"{key} = {toml_value(value)}")
    return lines
