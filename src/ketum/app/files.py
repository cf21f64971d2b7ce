"""The files of the page: a fixed list, read once; nothing else is ever served by a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ketum.reports.inline import own, plotly_script

_SCRIPT, _STYLE = "text/javascript", "text/css"
_MODULES = (
    *("main", "state", "form", "phase", "fields", "size"),
    *("run", "workbench", "results", "hours", "questions", "evidence", "files"),
)
_SLICE = 65_536
Files = dict[str, tuple[bytes, str, str]]
"""Content, kind and tag of each file by its name."""


def page_files() -> Files:
    """Return the files of the page by name, each with its kind and a tag that changes with it."""
    place = resources.files("ketum.app").joinpath("static")
    mine = {f"{name}.js": _SCRIPT for name in _MODULES} | {"app.css": _STYLE}
    served = {name: (place.joinpath(name).read_text(encoding="utf-8"), kind) for name, kind in mine.items()}
    served["report.css"] = (own("report.css") + own("claims.css"), _STYLE)
    served["plots.js"] = (own("plots.js"), _SCRIPT)
    served["plotly.js"] = (str(plotly_script()), _SCRIPT)
    packed = {name: (text.encode(), kind) for name, (text, kind) in served.items()}
    return {name: (body, kind, f'"{sha256(body).hexdigest()[:24]}"') for name, (body, kind) in packed.items()}


def file(files: Files, request: Request) -> Response:
    """Return a file of the page, or that the client has it already."""
    found = files.get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    body, kind, tag = found
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return StreamingResponse(_slices(body), media_type=kind, headers={**headers, "Content-Length": str(len(body))})


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body in pieces, so that a client that does not read them takes no memory."""
    for start in range(0, len(body), _SLICE):
        yield body[start : start + _SLICE]
