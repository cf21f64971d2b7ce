"""What the explorer must refuse: files by name, other sites, wrong tokens, what is too large, what is no scenario."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from explorer import OWN, Explorer, running
from ketum.app.guard import HEADERS, Door
from ketum.app.limits import limits

pytestmark = pytest.mark.xdist_group("browser")
SECRET = "root-of-all-secrets"
TOKEN = "aVerySecretTokenOf32LettersOrSo1"
SMALL: dict[str, Any] = {
    "people": {"count": 32, "population": "us_adults"},
    "arm": [{"name": "one", "use": [{"product": "leaf_powder", "dose": "2 g", "per_day": 1}]}],
    "record": {"for": "4 d", "every": "1 d"},
}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    place = tmp_path_factory.mktemp("machine")
    (place / "runs").mkdir()
    (place / "secret.csv").write_text(f"ID TIME AMT EVID\n1 0 {SECRET} 1\n")
    with running(place / "runs", "--workers", "1") as found:
        found.wait()
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    """An explorer on all addresses of the machine."""
    with running(tmp_path_factory.mktemp("runs"), "--workers", "1", "--host", "0.0.0.0", "--token", TOKEN) as found:
        port = found.host.rpartition(":")[2]
        found.address = f"http://127.0.0.1:{port}/?token={TOKEN}"
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                found.ask("/")
                break
            except OSError:
                time.sleep(0.1)
        yield found


def scenario(**changed: Any) -> dict[str, Any]:
    return {"scenario": {**json.loads(json.dumps(SMALL)), **changed}}


def told(content: bytes) -> str:
    return str(json.loads(content)["text"])


# files of the machine

TRAVERSALS = [
    "/static/../server.py",
    "/static/..%2fserver.py",
    "/static/..%252f..%252fsecret.csv",
    "/static/%2e%2e/%2e%2e/secret.csv",
    "/static/....//secret.csv",
    "/static//etc/passwd",
    "/static/app.css%00.js",
    "/static/main.js/../../limits.toml",
    "/../../etc/passwd",
    "/report?key=../secret.csv",
    "/report?key=/etc/passwd",
    "/report?key=..%2f..%2f",
    "/scenario?name=../ledger",
    "/scenario?name=/etc/passwd",
    "/scenario?name=..%2f..%2fapp%2flimits",
    "/behind?name=../../../../etc/passwd",
    "/claim?id=../../etc/passwd",
    "/evidence?q=../../../etc/passwd",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(explorer: Explorer, path: str) -> None:
    status, content, _ = explorer.ask(path)
    assert status in (404, 422)
    assert SECRET.encode() not in content
    assert b"root:" not in content


@pytest.mark.parametrize("key", ["../secret.csv", "/etc", "", ".", "0" * 20, 7, None, ["a"], {"a": 1}])
def test_only_folders_that_were_found_are_shown(explorer: Explorer, key: object) -> None:
    status, content, _ = explorer.ask("/show", {"key": key})
    assert status == 404
    assert "no run folder" in told(content)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "secret.csv", "~/.bashrc", "file:///etc/passwd"])
def test_scenario_names_no_file(explorer: Explorer, name: str) -> None:
    arm = {"name": "one", "product": "leaf_tea", "events": name}
    (line,) = explorer.lines("/run", scenario(arm=[arm]))
    assert line["kind"] == "error"
    assert "rows of the table themselves" in line["text"]
    assert line["key"] == ["arm", 0, "events"]
    text = f'[[arm]]\nname = "one"\nproduct = "leaf_tea"\nevents = "{name}"\n[record]\nfor = "4 d"\n'
    status, content, _ = explorer.ask("/read", text)
    assert status == 422
    assert "rows of the table themselves" in told(content)
    assert SECRET not in told(content)


def test_event_table_in_the_scenario_is_taken(explorer: Explorer) -> None:
    arm = {"name": "one", "product": "leaf_tea", "events": "\nID TIME AMT EVID\n1 8 20 1\n"}
    kinds = [line["kind"] for line in explorer.lines("/run", scenario(arm=[arm]))]
    assert kinds[-1] == "done"


def test_link_out_of_the_runs_is_not_followed(explorer: Explorer, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("provenance.json", "results.nc"):
        (outside / name).write_text("{}")
    (explorer.runs / "link").symlink_to(outside)
    try:
        folders = json.loads(explorer.ask("/folders")[1])["folders"]
        assert "link" not in [one["name"] for one in folders]
    finally:
        (explorer.runs / "link").unlink()


def test_broken_run_folder_is_told(explorer: Explorer) -> None:
    broken = explorer.runs / "<img src=x onerror=alert(1)>"
    broken.mkdir()
    for name in ("provenance.json", "results.nc", "scenario.toml", "endpoints.csv", "findings.csv"):
        (broken / name).write_text("<script>alert(1)</script>")
    (one,) = [f for f in json.loads(explorer.ask("/folders")[1])["folders"] if f["name"].startswith("<img")]
    lines = explorer.lines("/show", {"key": one["key"]})
    assert lines[-1]["kind"] == "error"
    status, _, headers = explorer.ask(f"/report?key={one['key']}")
    assert status == 422
    assert headers["content-type"].startswith("application/json")
    assert explorer.lines("/run", scenario())[-1]["kind"] == "done"


# sizes


def test_upload_is_limited(explorer: Explorer) -> None:
    assert explorer.ask("/read", b"#" * (limits().most_bytes + 1))[0] == 413
    assert explorer.ask("/read", b"#" * limits().most_bytes)[0] == 422  # read, and no scenario


def raw(explorer: Explorer, request: bytes, *parts: bytes) -> bytes:
    """Send bytes as they are and return the beginning of the answer."""
    name, _, port = explorer.host.rpartition(":")
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.sendall(request)
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
        try:
            return connection.recv(4096)
        except OSError:
            return b""


def head(explorer: Explorer, path: str, *lines: str) -> bytes:
    usual = [f"POST {path} HTTP/1.1", f"Host: {explorer.host}", "X-Ketum: 1", *lines]
    return "\r\n".join([*usual, "", ""]).encode()


def test_body_without_a_length_is_limited(explorer: Explorer) -> None:
    chunk = b"10000\r\n" + b"#" * 0x10000 + b"\r\n"
    answer = raw(explorer, head(explorer, "/read", "Transfer-Encoding: chunked"), *[chunk] * 40)
    assert answer.startswith(b"HTTP/1.1 413") or answer == b""
    assert explorer.state()["waiting"] == 0


@pytest.mark.parametrize("length", ["-5", "1e9", "99999999999999999999", "12 12", "0x10"])
def test_false_length_is_refused(explorer: Explorer, length: str) -> None:
    answer = raw(explorer, head(explorer, "/read", f"Content-Length: {length}"))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"people": {"count": limits().most_people + 1}}, ["people", "count"]),
        ({"record": {"for": "7400 d", "every": "1 d"}}, ["record", "for"]),
        ({"record": {"for": "100000000 wk", "every": "1 wk"}}, ["record", "for"]),
        ({"people": {"count": 1, "population": "regular_users", "experience": "9000 d"}}, ["record", "for"]),
        ({"people": {"count": 5000}, "record": {"for": "7000 d", "every": "1 d"}}, ["people", "count"]),
        (
            {"uncertainty": {"draws": 500, "shares": 0}, "people": {"count": 5000}, "record": {"for": "99 d"}},
            ["people", "count"],
        ),
        ({"uncertainty": {"draws": 10_000}, "people": {"count": 1}}, ["uncertainty", "draws"]),
        ({"uncertainty": {"draws": 2, "shares": 65536}, "people": {"count": 1}}, ["uncertainty", "draws"]),
        ({"people": {"count": 999}, "record": {"for": "4 d", "trajectories": 999}}, ["record", "trajectories"]),
        (
            {"people": {"count": 5000}, "record": {"for": "1600 d", "every": "1 d", "step": "1 min"}},
            ["people", "count"],
        ),
        ({"record": {"for": "400 d", "every": "15 min", "step": "15 min"}}, ["record", "every"]),
    ],
)
def test_large_runs_are_refused_at_once(explorer: Explorer, changed: dict[str, Any], key: list[str]) -> None:
    began = time.monotonic()
    line = explorer.lines("/run", scenario(**changed))[-1]
    assert line["kind"] == "error"
    assert line["key"][:2] == key or line["key"] == ["record", "every"]
    assert "allowed" in line["text"]
    assert time.monotonic() - began < 5


def test_many_outputs_and_arms_are_refused(explorer: Explorer) -> None:
    arms = [{"name": f"arm {k}"} for k in range(101)]
    (line,) = explorer.lines("/run", scenario(arm=arms))
    assert line["kind"] == "error"


# no scenario

NO_SCENARIOS: list[bytes] = [
    b"",
    b"[]",
    b"null",
    b"{}",
    b'{"scenario": 3}',
    b'{"scenario": []}',
    b'{"scenario": {"arm": NaN}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"scenario":' * 50_000,
    b'{"scenario": {"title": "\\ud800"}}',
    b'{"scenario": {"seed": NaN}}',
    b'{"scenario": {"seed": 1e999}}',
    b'{"scenario": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}",
]


def test_uploads_that_are_slow_to_read_are_given_up(explorer: Explorer) -> None:
    began = time.monotonic()
    status, content, _ = explorer.ask("/read", ".".join("a" * 40_000) + " = 1")
    assert status == 422
    assert "took longer" in told(content) or "more memory" in told(content)
    assert time.monotonic() - began < 30
    assert explorer.ask("/", headers={})[0] == 200
    assert explorer.lines("/run", scenario())[-1]["kind"] == "done"


def test_event_table_of_endless_doses_is_refused(explorer: Explorer) -> None:
    events = "TIME AMT II ADDL\n" + "0 1 .5 1000000\n" * 3000
    arm = {"name": "one", "product": "leaf_tea", "events": events}
    record = {"for": "7000 d", "every": "700 d"}
    (line,) = explorer.lines("/run", scenario(arm=[arm], people={"count": 1}, record=record))
    assert "doses" in line["text"]


def test_who_does_not_read_holds_nothing(explorer: Explorer) -> None:
    name, _, port = explorer.host.rpartition(":")
    with socket.create_connection((name, int(port)), timeout=20) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(f"GET /static/plotly.js HTTP/1.1\r\nHost: {explorer.host}\r\n\r\n".encode())
        time.sleep(0.5)
        assert explorer.lines("/run", scenario())[-1]["kind"] == "done"


@pytest.mark.parametrize("body", NO_SCENARIOS)
def test_what_is_no_scenario_is_refused(explorer: Explorer, body: bytes) -> None:
    for path in ("/run", "/pack", "/write"):
        status, content, _ = explorer.ask(path, body, OWN)
        assert status == 400
        assert told(content)


@pytest.mark.parametrize(
    "changed",
    [
        {"people": {"count": 10**400}},
        {"title": "a\nb"},
        {"record": {"for": None}},
        {"arm": [{"name": "x", "use": [{"product": {"__class__": "os"}}]}]},
        {"record": {"for": "4 d", "outputs": ["__import__('os').system('true')"]}},
        {"parameters": {"__proto__": 1}},
        {"setting": {"causal": [[[]]]}},
    ],
)
def test_strange_values_are_refused(explorer: Explorer, changed: dict[str, Any]) -> None:
    lines = explorer.lines("/run", scenario(**changed))
    assert lines[-1]["kind"] == "error"
    assert "something went wrong" not in lines[-1]["text"]
    status, content, _ = explorer.ask("/write", scenario(**changed))
    if status == 200:  # it can be repaired as a file
        assert json.loads(content)["mistake"]
    else:
        assert status == 422
        assert told(content)


def test_names_are_shown_as_text(explorer: Explorer) -> None:
    name = "<img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>"
    arms = [{"name": name, "use": SMALL["arm"][0]["use"]}, {"name": "two"}]
    for line in explorer.lines("/run", scenario(title=name, arm=arms)):
        for key in ("html", "findings"):
            assert "<img src=x" not in line.get(key, "")
            assert "<a href='javascript" not in line.get(key, "")
        assert "<img src=x" not in json.dumps(line.get("plots", {}))


def test_upload_is_data(explorer: Explorer, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    template = "{{ cycler.__init__.__globals__.os.system('touch MARK') }}".replace("MARK", str(mark))
    for text in (
        f"__import__('pathlib').Path({str(mark)!r}).touch()",
        f'title = "{template}"\n[record]\nfor = "4 d"\n[[arm]]\nname = "x"',
        f"!!python/object/apply:os.system ['touch {mark}']",
    ):
        explorer.ask("/read", text.encode())
    explorer.lines("/run", scenario(title=template))
    assert not mark.exists()


# other sites

FOREIGN: list[Mapping[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"X-Ketum": ""},
    {"Host": "evil.example"},
]


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("path", ["/run", "/pack", "/question", "/read", "/write", "/show"])
def test_requests_of_other_sites_are_refused(explorer: Explorer, path: str, foreign: Mapping[str, str]) -> None:
    status, content, _ = explorer.ask(path, scenario(), {**OWN, **foreign})
    assert status in (403, 421)
    assert b"refused" in content or b"not offered" in content


@pytest.mark.parametrize("path", ["/state", "/folders", "/evidence?q=theta", "/static/main.js", "/report?key=x"])
def test_nothing_is_read_from_other_sites(explorer: Explorer, path: str) -> None:
    assert explorer.ask(path, headers={"Sec-Fetch-Site": "cross-site"})[0] == 403
    navigates = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert explorer.ask(path, headers=navigates)[0] == 403
    assert explorer.ask("/", headers=navigates)[0] == 200  # a link may lead to the page itself


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1.evil.example:{port}",
        "a@127.0.0.1:{port}",
        "127.0.0.1:{port}#a",
        "",
    ],
)
def test_names_that_are_not_offered_are_refused(explorer: Explorer, host: str) -> None:
    port = explorer.host.rpartition(":")[2]
    assert explorer.ask("/", headers={"Host": host.format(port=port)})[0] in (400, 421)


def test_host_must_stand_once(explorer: Explorer) -> None:
    twice = f"GET / HTTP/1.1\r\nHost: {explorer.host}\r\nHost: evil.example\r\n\r\n".encode()
    assert raw(explorer, twice).startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))
    assert raw(explorer, b"GET / HTTP/1.0\r\n\r\n").startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(explorer: Explorer, method: str) -> None:
    status, _, headers = explorer.ask("/run", scenario(), OWN, method)
    assert status == 405
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/nowhere", "/static/nothing.js", "/state", "/report?key=x"])
def test_every_answer_carries_its_policy(explorer: Explorer, path: str) -> None:
    _, _, headers = explorer.ask(path)
    for name in HEADERS:
        assert name.lower() in headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]


# tokens


def test_door_beyond_loopback_has_a_token() -> None:
    with pytest.raises(ValueError, match="needs a token"):
        Door("0.0.0.0", 8321, None, 1)


def test_token_is_asked_for_and_kept_in_a_cookie(guarded: Explorer) -> None:
    for path in ("/", "/state", "/static/main.js", "/?token=wrong", f"/state?token={TOKEN}", f"/?token={TOKEN[:-1]}"):
        status, content, _ = guarded.ask(path)
        assert status == 401, path
        assert TOKEN.encode() not in content
    status, _, headers = guarded.ask(f"/?token={TOKEN}")
    assert status == 303
    assert headers["location"] == "/"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    kept = {"Cookie": cookie.split(";")[0]}
    assert guarded.ask("/", headers=kept)[0] == 200
    assert guarded.ask("/state", headers={"Cookie": kept["Cookie"][:-1]})[0] == 401
    assert guarded.ask("/run", scenario(), OWN)[0] == 401
    status, content, _ = guarded.ask("/write", scenario(), {**OWN, **kept})
    assert status == 200
    assert b"leaf_powder" in content
    assert guarded.ask("/write", scenario(), {**OWN, **kept, "Origin": "http://evil.example"})[0] == 403
    assert guarded.ask("/", headers={**kept, "Host": f"evil.example:{guarded.host.rpartition(':')[2]}"})[0] == 421


def test_loopback_is_the_default(explorer: Explorer) -> None:
    assert explorer.host.startswith("127.0.0.1:")
    listens = [c.laddr.ip for c in psutil.Process(explorer.process.pid).net_connections() if c.status == "LISTEN"]
    assert listens == ["127.0.0.1"]


# it stays up


def test_process_that_dies_is_replaced(explorer: Explorer) -> None:
    explorer.lines("/run", scenario())
    whole = psutil.Process(explorer.process.pid)
    for child in whole.children(recursive=True):
        if "resource_tracker" not in " ".join(child.cmdline()):
            child.kill()
    lines = explorer.lines("/run", scenario())
    assert lines[-1]["kind"] in ("error", "done")
    assert explorer.lines("/run", scenario())[-1]["kind"] == "done"


def test_twenty_sessions_at_once_are_all_answered(explorer: Explorer) -> None:
    name, _, port = explorer.host.rpartition(":")
    script = Path(__file__).with_name("explorer_sessions.py")
    before = psutil.Process(explorer.process.pid).memory_info().rss
    tables = {**SMALL, "arm": [{"name": "nothing"}, *SMALL["arm"]]}
    asked = [name, port, "4", "20", json.dumps(tables)]
    done = subprocess.run([sys.executable, str(script), *asked], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert found["failed"] == 0
    assert len(found["took"]) >= 20
    assert explorer.state() == {"ready": 1, "of": 1, "waiting": 0}
    assert psutil.Process(explorer.process.pid).memory_info().rss < before + 60e6


def test_interrupt_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "scratch"
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(place))
        with running(tmp_path, "--workers", "1") as found:
            found.wait()
            assert len(list(place.iterdir())) == 1
            found.process.send_signal(signal.SIGINT)
            assert found.process.wait(20) == 130
            assert found.process.stdout is not None
            assert "Traceback" not in found.process.stdout.read()
    assert not list(place.iterdir())


def test_who_leaves_cancels(explorer: Explorer) -> None:
    long = scenario(people={"count": 4000}, record={"for": "728 d", "every": "7 d"})
    body = json.dumps(long).encode()
    name, _, port = explorer.host.rpartition(":")
    for _ in range(5):
        with socket.create_connection((name, int(port)), timeout=20) as connection:
            connection.sendall(head(explorer, "/run", f"Content-Length: {len(body)}") + body)
            time.sleep(0.2)
    began = time.monotonic()
    assert explorer.lines("/run", scenario())[-1]["kind"] == "done"
    assert time.monotonic() - began < 20  # the run itself takes longer
