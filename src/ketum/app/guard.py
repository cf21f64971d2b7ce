"""What stands before every request: who may ask, from where, and how much may be sent.

- Host: only names under which the page was offered (against DNS rebinding).
- Token: on any address but loopback, asked for once in the address and then kept in a cookie.
- Origin: what changes or computes something comes from the page itself (against cross-site requests).
- Size: what announces itself as too large is refused unread; `bodies.body_of` counts what comes all the same.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

import anyio
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "ketum_token_{port}"
"""Cookies are shared by all ports of a host, so each explorer has its own."""
_ASKED = "token"
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)(?::([0-9]{1,5}))?")
_HTTP = 80
_SEND_S = 30.0
"""How long a client may take to read what it is sent next; one that does not read holds no run for ever."""
_READS = ("GET", "HEAD")
_OWN_HEADER = "x-ketum"
"""A header that a page of another site cannot send without being asked first, which is always refused."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer; a route may set its own policy."""


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine alone.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a name writes out, or None for any other name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Door:
    """At which address the explorer stands, and the token that it asks for; none on loopback unless one is given."""

    host: str
    port: int
    token: str | None
    most_bytes: int

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise ValueError("an address beyond loopback needs a token")

    def offers(self, host: str) -> bool:
        """Return whether a Host header names this door: on loopback one of its names, elsewhere any address."""
        found = _HOST.fullmatch(host)
        if found is None or int(found[2] or _HTTP) != self.port:
            return False
        name = found[1].strip("[]").lower()
        if is_loopback(self.host):
            return is_loopback(name)
        return _address(name) is not None or name in (self.host, "localhost")


class Guard:
    """ASGI middleware that lets through what may pass a door."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing else is offered
        headers = Headers(scope=scope)
        refused = self._refused(scope, headers)
        if refused is not None:
            await JSONResponse({"text": refused[1], "key": []}, refused[0])(scope, receive, self._with_headers(send))
            return
        if self.door.token is not None and not self._has_token(headers):
            await self._ask_token(scope, receive, send)
            return
        with suppress(TimeoutError):  # the connection is closed
            await self.app(scope, receive, self._with_headers(send))

    def _refused(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason if a request may not pass."""
        if len(headers.getlist("host")) != 1 or not self.door.offers(headers["host"]):
            return 421, "this address is not offered here"
        site = headers.get("sec-fetch-site", "same-origin")
        navigates = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        reads = scope["method"] in _READS
        if site not in ("same-origin", "none") and not (reads and navigates and scope["path"] == "/"):
            return 403, "requests of other sites are refused"
        if reads:
            return None
        if scope["method"] != "POST":
            return 405, "only GET and POST are answered"
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{headers['host']}":
            return 403, "requests of other sites are refused"
        if headers.get(_OWN_HEADER) != "1":
            return 403, "requests of other sites are refused"
        if not headers.get("content-length", "0").isdecimal():
            return 400, "the length of the request is no number"
        if int(headers.get("content-length", "0")) > self.door.most_bytes:
            return 413, f"the request is too large; allowed: up to {self.door.most_bytes:,} bytes"
        return None

    def _has_token(self, headers: Headers) -> bool:
        try:
            held = SimpleCookie(headers.get("cookie", "")).get(_COOKIE.format(port=self.door.port))
        except CookieError:
            return False
        return held is not None and _same(held.value, self.door.token or "")

    async def _ask_token(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the token from the address once, keep it in a cookie, and take it out of the address."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        given = query.pop(_ASKED, [""])[0]
        answer: PlainTextResponse | RedirectResponse
        if scope["path"] == "/" and scope["method"] == "GET" and _same(given, self.door.token or ""):
            answer = RedirectResponse("/" + (f"?{urlencode(query, doseq=True)}" if query else ""), 303)
            answer.set_cookie(_COOKIE.format(port=self.door.port), given, httponly=True, samesite="strict", path="/")
        else:
            answer = PlainTextResponse("this page needs the address with its token, as ketum app printed it\n", 401)
        await answer(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = {name.decode("latin-1").lower() for name, _ in message["headers"]}
                more = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items() if k.lower() not in held]
                message = {**message, "headers": [*message["headers"], *more]}
            with anyio.fail_after(_SEND_S):
                await send(message)

        return sent


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())
