"""What comes in the body of a request, refused where it is too large, too slow, too deep or no JSON."""

from __future__ import annotations

import json
from typing import Any

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ketum.app.limits import limits

_BODY_S = 30


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


async def json_of(request: Request) -> dict[str, Any]:
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


def scenario_in(found: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of the scenario in a JSON object."""
    tables = found.get("scenario")
    if not isinstance(tables, dict):
        raise HTTPException(400, "the request holds no scenario")
    return tables
