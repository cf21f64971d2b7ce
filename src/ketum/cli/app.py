"""`ketum app`: starts the explorer and tells where it stands."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from pathlib import Path
from urllib.parse import urlencode

import typer

from ketum.cli.outcome import check_workers
from ketum.errors import ScenarioError

_TOKEN_BYTES = 24
_LEAST_TOKEN = 16
_KEEP_ALIVE_S = 30
_STOP_S = 2


def app_command(host: str, port: int, token: str | None, runs: Path, workers: int | None, *, browser: bool) -> None:
    """Serve the explorer until it is interrupted."""
    import uvicorn

    from ketum.app.guard import Door, is_loopback
    from ketum.app.limits import limits
    from ketum.app.protocol import PatientProtocol
    from ketum.app.server import application
    from ketum.engine.workers import cores

    check_workers(workers)
    if token is not None and (len(token) < _LEAST_TOKEN or not token.isascii() or not token.isalnum()):
        raise ScenarioError(f"--token: is not allowed; allowed: at least {_LEAST_TOKEN} letters and digits")
    if token is None and not is_loopback(host):
        token = secrets.token_hex(_TOKEN_BYTES)
    if runs.exists() and not runs.is_dir():
        raise ScenarioError(f"--runs: {runs} is a file; allowed: a folder")
    bound = _bound(host, port)
    port = bound.getsockname()[1]
    door = Door(host, port, token, limits().most_bytes)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/" + (f"?{urlencode({'token': token})}" if token else "")
    typer.echo(f"Explorer: {address}")
    if not is_loopback(host):
        typer.echo("Whoever has this address may use it; it is not encrypted. Keep it to a network that you trust.")
    typer.echo("Stop it with Ctrl-C.")
    if browser:
        webbrowser.open(address)
    config = uvicorn.Config(
        application(door, runs, workers or cores()),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http=PatientProtocol,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
    )
    uvicorn.Server(config).run(sockets=[bound])


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket at an address; port 0 takes any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(
            f"--host, --port: {host}:{port} cannot be taken ({reason}); allowed: another port"
        ) from None
    return bound
