"""Drawings and formulas that were handed over as text, made fit to stand inside a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from markupsafe import Markup, escape

from ketum.errors import RunFolderError

_SHAPES = {
    *("svg", "g", "defs", "marker", "path", "line", "polyline", "polygon", "rect", "circle", "ellipse"),
    *("text", "tspan", "title", "desc"),
}
_LINKS = ("href", "src")
_OWN = re.compile(r"url\(\s*[\"']?#([\w-]+)[\"']?\s*\)")


def inline_svg(text: str, prefix: str, label: str, where: str) -> Markup:
    """Return a drawing without namespaces, whose ids begin with `prefix` so that several can share a page.

    `label` is its text alternative, `where` what an error names.

    Raises
    ------
    RunFolderError
        If it is no SVG, or holds what is neither shape nor word, or points outside itself.

    Examples
    --------
    >>> print(inline_svg('<svg xmlns="x"><g id="a"/></svg>', "dag-0", "A diagram", "study.json"))
    <svg role="img" aria-label="A diagram"><g id="dag-0-a" /></svg>
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise RunFolderError(f"{where}: is no SVG ({error})") from None
    if _bare(root.tag) != "svg":
        raise RunFolderError(f"{where}: is no SVG, but <{_bare(root.tag)}>")
    for element in root.iter():
        element.tag = _bare(element.tag)
        if element.tag not in _SHAPES:
            raise RunFolderError(f"{where}: <{element.tag}> may not stand in a drawing; allowed are shapes and words")
        element.attrib = {
            name: value
            for name, value in (_attribute(_bare(key), value, prefix, where) for key, value in element.items())
            if name
        }
    root.attrib |= {"role": "img", "aria-label": label}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _bare(name: str) -> str:
    """Return a name without its namespace."""
    return str(name).rpartition("}")[2]


def _attribute(name: str, value: str, prefix: str, where: str) -> tuple[str, str]:
    """Return an attribute as it may stand in the page."""
    if name.lower().startswith("on") or (name.lower() in _LINKS and not value.startswith("#")):
        raise RunFolderError(f"{where}: {name}='{value}' may not stand in a drawing")
    if name == "id":
        return name, f"{prefix}-{value}"
    if name == "href":
        return name, f"#{prefix}-{value[1:]}"
    if name in ("aria-labelledby", "aria-describedby"):
        return name, " ".join(f"{prefix}-{part}" for part in value.split())
    own = _OWN.sub(lambda found: f"url(#{prefix}-{found[1]})", value)
    if "url(" in _OWN.sub("", own) or "://" in own:
        raise RunFolderError(f"{where}: {name}='{value}' points outside the drawing")
    return name, own


def formula(text: str) -> Markup:
    """Return a formula with what is raised and lowered; everything else is text.

    Examples
    --------
    >>> print(formula("E[Y^{a=1}_{8}] < 0"))
    E[Y<sup>a=1</sup><sub>8</sub>] &lt; 0
    """
    safe = str(escape(text))
    for sign, tag in (("^", "sup"), ("_", "sub")):
        safe = re.sub(rf"{re.escape(sign)}\{{([^{{}}]*)\}}", rf"<{tag}>\1</{tag}>", safe)
    return Markup(safe)
