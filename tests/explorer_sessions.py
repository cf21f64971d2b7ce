"""Many sessions at an explorer from a process of their own: how long their runs take, and how many fail.

Arguments: host, port, seconds, number of sessions, the scenario as JSON. Prints ``{"took": [s, ...], "failed": n}``.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

HEADERS = {"X-Ketum": "1", "Content-Type": "application/json"}


def session(host: str, port: int, until: float, tables: dict[str, Any], number: int) -> tuple[list[float], int]:
    """Run a scenario again and again with other doses; return how long each run took, s, and how many failed."""
    rng = random.Random(number)
    took: list[float] = []
    failed = 0
    while time.time() < until:
        tables["arm"][1]["use"][0]["dose"] = f"{rng.randint(2, 16) / 2} g"
        began = time.time()
        try:
            connection = http.client.HTTPConnection(host, port, timeout=120)
            connection.request("POST", "/run", json.dumps({"scenario": tables}), HEADERS)
            failed += b'"kind":"done"' not in connection.getresponse().read()
            connection.close()
        except OSError:
            failed += 1
        took.append(time.time() - began)
        time.sleep(rng.uniform(0.5, 2))
    return took, failed


def main() -> None:
    """Be all sessions at once."""
    host, port, seconds, count, scenario = sys.argv[1:]
    until = time.time() + float(seconds)
    with ThreadPoolExecutor(int(count)) as pool:
        tables = json.loads(scenario)
        jobs = [pool.submit(session, host, int(port), until, deepcopy(tables), k) for k in range(int(count))]
        found = [job.result() for job in jobs]
    print(json.dumps({"took": [t for took, _ in found for t in took], "failed": sum(failed for _, failed in found)}))


if __name__ == "__main__":
    main()
