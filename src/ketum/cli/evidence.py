"""`ketum evidence`: looks up and shows."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer


def evidence_command(words: Sequence[str], *, as_words: bool, every: bool, as_json: bool) -> None:
    """Show what a name rests on, what a search finds, or how much of everything there is."""
    from ketum.results.dossier import look_up, overview

    found = look_up(" ".join(words), as_words=as_words) if words else overview()
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    from ketum.cli.evidence_print import show

    show(found, every=every)
