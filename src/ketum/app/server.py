"""The explorer as a web application: which address answers what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from ketum.app import evidence
from ketum.app.answers import FULL, Answers
from ketum.app.choices import choices
from ketum.app.folders import Found, folder_of, found_folders
from ketum.app.guard import Door, Guard
from ketum.app.html import render
from ketum.app.limits import limits
from ketum.app.questions import questions
from ketum.app.work import answer, prepare
from ketum.app.workers import Workers
from ketum.claims.scenarios import scenario_text
from ketum.errors import KetumError
from ketum.reports.inline import in_script, own, plotly_script
from ketum.results.dataset import NOTE
from ketum.scenario import scenario_of_tables, tables_of_text
from ketum.scenario.plain import plain_toml
from ketum.version import __version__

_SCRIPT, _STYLE = "text/javascript", "text/css"
_MODULES = ("main", "state", "form", "phase", "fields", "run", "results", "workbench", "questions", "evidence", "files")
_SLICE = 65_536
_BODY_S = 30
_REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:"
)
"""A report is a page by itself: it runs its own scripts, apart from the explorer and from everything else."""


def application(door: Door, root: Path, count: int) -> ASGIApp:
    """Return the explorer.

    Parameters
    ----------
    door : Door
        Where it stands, and what it asks for.
    root : Path
        The folder below which run folders may be opened.
    count : int
        Processes that run scenarios.
    """
    answers = Answers(Workers(count, prepare, answer, limits().most_memory_mb))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        answers.workers.start()
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(answers.workers.close)

    files = _static()
    routes = [
        Route("/", _page),
        Route("/static/{name}", partial(_file, files)),
        Route("/run", partial(_run, answers, "run"), methods=["POST"]),
        Route("/pack", partial(_run, answers, "pack"), methods=["POST"]),
        Route("/question", partial(_question, answers), methods=["POST"]),
        Route("/read", partial(_read, answers), methods=["POST"]),
        Route("/write", _write, methods=["POST"]),
        Route("/evidence", partial(_asked, "q", evidence.searched)),
        Route("/behind", partial(_asked, "name", evidence.behind)),
        Route("/claim", partial(_asked, "id", evidence.claim)),
        Route("/scenario", partial(_asked, "name", _scenario)),
        Route("/folders", partial(_folders, root)),
        Route("/show", partial(_show, answers, root), methods=["POST"]),
        Route("/report", partial(_report, answers, root)),
        Route("/state", partial(_state, answers)),
    ]
    handlers = {KetumError: _mistake, HTTPException: _refusal, Exception: _broken}
    return Guard(Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers), door)


def _static() -> dict[str, tuple[bytes, str, str]]:
    """Return the files of the page by name, each with its kind and its tag; nothing else is ever served."""
    place = resources.files("ketum.app").joinpath("static")
    mine = {f"{name}.js": _SCRIPT for name in _MODULES} | {"app.css": _STYLE}
    served = {name: (place.joinpath(name).read_text(encoding="utf-8"), kind) for name, kind in mine.items()}
    served["report.css"] = (own("report.css") + own("claims.css"), _STYLE)
    served["plots.js"] = (own("plots.js"), _SCRIPT)
    served["plotly.js"] = (str(plotly_script()), _SCRIPT)
    packed = {name: (text.encode(), kind) for name, (text, kind) in served.items()}
    return {name: (body, kind, f'"{sha256(body).hexdigest()[:24]}"') for name, (body, kind) in packed.items()}


def _page(_: Request) -> Response:
    """Return the page."""
    held = in_script(json.dumps({"choices": choices(), "questions": [one.told for one in questions().values()]}))
    claims, numbers = evidence.claims_list(), evidence.numbers()
    page = render(
        "index.html", held=held, version=__version__, note=NOTE, claims=claims, numbers=numbers, questions=questions()
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _file(files: dict[str, tuple[bytes, str, str]], request: Request) -> Response:
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


async def body_of(request: Request) -> bytes:
    """Return the body of a request, refused once it is larger than allowed.

    Raises
    ------
    HTTPException
        With status 413, or 408 if it does not come.
    """
    most, held = limits().most_bytes, bytearray()
    try:
        with anyio.fail_after(_BODY_S):
            async for chunk in request.stream():
                held += chunk
                if len(held) > most:
                    raise HTTPException(413, f"the request is too large; allowed: up to {most:,} bytes")
    except TimeoutError:
        raise HTTPException(408, f"the request did not come within {_BODY_S} s") from None
    return bytes(held)


async def _json_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body of a request."""
    content = await body_of(request)
    try:
        found = json.loads(content)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # neither half letters nor what is no number
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise HTTPException(400, "the request holds no JSON object")
    if _depth(found) > limits().most_depth:
        raise HTTPException(400, "the request holds tables within tables within tables; no scenario does")
    return found


def _depth(found: Any) -> int:
    """Return how deep lists and tables are nested."""
    deepest, level = 0, [found]
    while level:
        deepest += 1
        within = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [value for values in within for value in values]
    return deepest


def _scenario_in(found: dict[str, Any]) -> dict[str, Any]:
    tables = found.get("scenario")
    if not isinstance(tables, dict):
        raise HTTPException(400, "the request holds no scenario")
    return tables


async def _run(answers: Answers, task: str, request: Request) -> Response:
    """Answer with the lines of a run; whoever goes before its end cancels it."""
    found = await _json_of(request)
    tables = _scenario_in(found)
    what: Any = {"scenario": tables, "first": str(found.get("first", ""))} if task == "run" else tables
    return _lines(answers, (task, what))


async def _question(answers: Answers, request: Request) -> Response:
    asked = questions().get(str((await _json_of(request)).get("id")))
    if asked is None:
        raise HTTPException(404, "there is no such question")
    return _lines(answers, ("question", asked.id))


def _lines(answers: Answers, task: tuple[str, Any]) -> Response:
    if answers.full:
        raise HTTPException(503, FULL)
    return StreamingResponse(
        answers.lines(task), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"}
    )


async def _read(answers: Answers, request: Request) -> Response:
    """Return the tables of a scenario file, which a process of the engine reads."""
    (found,) = await answers.whole(("read", await body_of(request)))
    return JSONResponse({"scenario": found["tables"]})


async def _write(request: Request) -> Response:
    """Return the file of a scenario, and what is wrong with it: it can be repaired as a file too."""
    tables = _scenario_in(await _json_of(request))

    def write() -> dict[str, str]:
        mistake = ""
        try:
            scenario_of_tables(tables)
        except KetumError as error:
            mistake = str(error)
        try:
            return {"text": plain_toml(tables), "mistake": mistake}
        except (AttributeError, TypeError, ValueError, RecursionError):  # no tables of TOML at all
            raise KetumError(mistake) from None

    return JSONResponse(await anyio.to_thread.run_sync(write))


def _asked(key: str, answer: Callable[[str], Any], request: Request) -> Response:
    """Return what a function answers to what stands in the address."""
    found = answer(request.query_params.get(key, ""))
    return JSONResponse({"html": found} if isinstance(found, str) else dict(found))


def _scenario(name: str) -> dict[str, Any]:
    """Return a scenario of the claims ledger."""
    return {"scenario": tables_of_text(scenario_text(name))}


def _folders(root: Path, _: Request) -> Response:
    found = [{"key": one.key, "kind": one.kind, "name": one.name} for one in found_folders(root)]
    return JSONResponse({"folders": found})


def _known(root: Path, key: str) -> Found:
    found = folder_of(root, key)
    if found is None:
        raise HTTPException(404, "there is no run folder of this key (any more)")
    return found


async def _show(answers: Answers, root: Path, request: Request) -> Response:
    """Answer with the parts of a run folder."""
    key = str((await _json_of(request)).get("key", ""))
    found = await anyio.to_thread.run_sync(_known, root, key)
    if found.kind != "run":
        raise HTTPException(400, "this is a study folder; open its report")
    return _lines(answers, ("show", str(found.path)))


async def _report(answers: Answers, root: Path, request: Request) -> Response:
    """Return the report of a run or study folder as a page by itself."""
    found = await anyio.to_thread.run_sync(_known, root, request.query_params.get("key", ""))
    (page,) = await answers.whole(("report", (found.kind, str(found.path))))
    return HTMLResponse(page["html"], headers={"Content-Security-Policy": _REPORT_POLICY, "Cache-Control": "no-store"})


def _state(answers: Answers, _: Request) -> Response:
    return JSONResponse(
        {"ready": answers.workers.ready, "of": answers.workers.count, "waiting": answers.workers.waiting}
    )


def _mistake(_: Request, error: Exception) -> Response:
    """Tell of a mistake in what was given."""
    return JSONResponse({"text": str(error), "key": list(getattr(error, "key", ()))}, 422)


def _broken(_: Request, error: Exception) -> Response:
    """Tell that something went wrong here; what it was stands in the log."""
    del error
    return JSONResponse({"text": "something went wrong inside ketum; its log tells more", "key": []}, 500)


def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"text": error.detail, "key": []}, error.status_code)
