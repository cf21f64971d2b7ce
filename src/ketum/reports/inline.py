"""What a page carries within itself, so that it opens without a network: style, scripts, data."""

from __future__ import annotations

from functools import cache
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path

from markupsafe import Markup

from ketum.errors import RunFolderError


def in_script(text: str) -> Markup:
    r"""Return JSON that cannot end the script element in which it stands.

    Examples
    --------
    >>> print(in_script('"</script>"'))
    "\u003c/script\u003e"
    """
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


@cache
def own(name: str) -> str:
    """Return a shipped template, style or script."""
    return resources.files("ketum.reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def plotly_script() -> Markup:
    """Return plotly.js as it ships in the plotly package, found without importing the package.

    Raises
    ------
    RunFolderError
        If the package, or the script in it, is missing.
    """
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RunFolderError("the report needs the plotly package, which is not installed")
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        version = metadata.version("plotly")
        raise RunFolderError(f"{path}: plotly {version} does not bring it ({error.strerror or error})") from None
    return Markup(text.replace("</script", "<\\/script"))
