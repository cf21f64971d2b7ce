"""What is known beside the scenario: where it is, and what makes kratom riskier. It brings findings and no number."""

from __future__ import annotations

from ketum.evidence.safety import legal_places
from ketum.scenario.model import Context
from ketum.scenario.schema import ContextTable
from ketum.scenario.wording import KeyPath, MistakeError, refusal, shown, unknown

_ALLOWED = "a place of the legal table, such as Thailand, Texas or United Kingdom, or a list of them"


def resolve_context(table: ContextTable) -> Context:
    """Return the context of a scenario.

    Raises
    ------
    MistakeError
        If a jurisdiction is not in the dated legal table, or stands twice.

    Examples
    --------
    >>> resolve_context(ContextTable(jurisdiction="Thailand", pregnancy=True)).given
    ('pregnancy',)
    """
    written = table.jurisdiction
    names = [written] if isinstance(written, str) else written
    path: KeyPath = ("context", "jurisdiction")
    if not isinstance(names, list):
        raise MistakeError(path, refusal(written, "a jurisdiction", _ALLOWED))
    for number, name in enumerate(names):
        here: KeyPath = path if isinstance(written, str) else (*path, number)
        if not isinstance(name, str) or name not in legal_places():
            raise MistakeError(here, unknown(name, "a jurisdiction of the legal table", legal_places(), _ALLOWED))
        if name in names[:number]:
            raise MistakeError(here, f"{shown(name)} stands twice; allowed: each place once")
    switches = {key: getattr(table, key) for key in type(table).model_fields if key != "jurisdiction"}
    return Context(jurisdiction=tuple(names), **switches)
