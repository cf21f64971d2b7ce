"""Names that hold numbers, such as `difference_week_8`: which template of a table they belong to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache


@cache
def _pattern(template: str) -> re.Pattern[str]:
    literals = re.split(r"\{(\w+)\}", template)
    parts = [re.escape(part) if k % 2 == 0 else rf"(?P<{part}>\d+)" for k, part in enumerate(literals)]
    return re.compile("".join(parts))


def numbers(template: str, name: str) -> Mapping[str, int] | None:
    """Return the numbers of a name that was made from a template, or None if it was not.

    Examples
    --------
    >>> numbers("difference_week_{N}", "difference_week_8")
    {'N': 8}
    >>> numbers("crude", "crude"), numbers("iptw_{N}", "iptw_last")
    ({}, None)
    """
    found = _pattern(template).fullmatch(name)
    return None if found is None else {key: int(value) for key, value in found.groupdict().items()}


def template_of(name: str, templates: Collection[str]) -> str | None:
    """Return the template a name was made from; a name that stands there as it is comes first.

    Examples
    --------
    >>> template_of("iptw_4", ["iptw_last", "iptw_{N}"])
    'iptw_{N}'
    """
    if name in templates:
        return name
    return next((template for template in templates if numbers(template, name) is not None), None)
