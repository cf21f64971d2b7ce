"""What every refusal must be: one clear line that names the file, the key, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ketum.errors import ScenarioError

LONGEST_MESSAGE = 500


def refusal(load: Callable[..., object], path: Path, *fragments: str, **options: object) -> str:
    """Load a file that must be refused and return the message."""
    with pytest.raises(ScenarioError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert path.name in message
    for fragment in fragments:
        assert fragment in message
    assert "Traceback" not in message
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < LONGEST_MESSAGE
    return message


def assert_one_line(code: int, out: str, err: str, fragments: Sequence[str] = ()) -> None:
    """Check what the command prints of bad input."""
    assert code == 2
    assert out == ""
    assert err.startswith("ketum: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for fragment in fragments:
        assert fragment in err


def files(folder: Path) -> set[str]:
    """Return everything in a folder, to see that nothing was left behind."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
