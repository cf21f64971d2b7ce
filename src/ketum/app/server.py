"""The explorer as a web application: which address answers what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
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
from ketum.app.bodies import body_of, json_of, scenario_in
from ketum.app.choices import choices
from ketum.app.files import file, page_files
from ketum.app.folders import Found, folder_of, found_folders
from ketum.app.guard import Door, Guard
from ketum.app.html import render
from ketum.app.limits import limits
from ketum.app.lines import WRONG
from ketum.app.questions import questions
from ketum.app.work import answer, prepare
from ketum.app.workers import Workers
from ketum.claims.scenarios import scenario_text
from ketum.errors import KetumError
from ketum.reports.inline import in_script
from ketum.results.dataset import NOTE
from ketum.scenario import scenario_of_tables, tables_of_text
from ketum.scenario.plain import plain_toml
from ketum.version import __version__

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

    routes = [
        Route("/", _page),
        Route("/static/{name}", partial(file, page_files())),
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


@cache
def _page_text() -> str:
    """Return the page, which is the same for everybody."""
    held = in_script(json.dumps({"choices": choices(), "questions": [one.told for one in questions().values()]}))
    claims, numbers = evidence.claims_list(), evidence.numbers()
    return render(
        "index.html", held=held, version=__version__, note=NOTE, claims=claims, numbers=numbers, questions=questions()
    )


def _page(_: Request) -> Response:
    """Return the page."""
    return HTMLResponse(_page_text(), headers={"Cache-Control": "no-store"})


async def _run(answers: Answers, task: str, request: Request) -> Response:
    """Answer with the lines of a run; whoever goes before its end cancels it."""
    found = await json_of(request)
    tables = scenario_in(found)
    what: Any = {"scenario": tables, "first": str(found.get("first", ""))} if task == "run" else tables
    return _lines(answers, (task, what))


async def _question(answers: Answers, request: Request) -> Response:
    asked = questions().get(str((await json_of(request)).get("id")))
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
    tables = scenario_in(await json_of(request))

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
    key = str((await json_of(request)).get("key", ""))
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
    return JSONResponse({"text": WRONG, "key": []}, 500)


def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"text": error.detail, "key": []}, error.status_code)
