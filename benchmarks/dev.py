"""From a saved file to the first answer of the new code, beside a Go plugin that is rebuilt and restarted.

    scripts/bench dev [ROUNDS]

The Python backend imports pandas. While it is exchanged it is asked every 100 ms, and no answer may be an
error. The Go plugin is built with a warm cache after one constant of it has changed, as by `mage`.

Between two saves there are some seconds, as between those of a person: meanwhile the next backend imports its
packages. What a save costs that comes at once after another is shown beside it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
TOOL = Path(sys.executable).parent / "plugin-cli"
GOAL_UP_SECONDS = 3.0
GOAL_SECONDS = 1.0
GOAL_RATIO = 1 / 3
PAUSE_SECONDS = 4.0
QUIET_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0


def main(arguments: list[str]) -> int:
    """Measure and print; 1 if a goal is missed."""
    rounds = int(arguments[0]) if arguments else 5
    with tempfile.TemporaryDirectory(prefix="bench-dev-") as folder:
        measured = _python(Path(folder), rounds)
        go = _go(Path(folder), rounds)
    live, at_once, errors = statistics.median(measured.paused), measured.at_once, measured.errors
    print(f"dev up to usable page, preview:   {measured.started:6.2f} s (goal {GOAL_UP_SECONDS:.0f} s)")
    print(f"save to first new answer, Python: {live:6.2f} s ({_spread(measured.paused)}), {errors} errors")
    print(f"  at once after another save:     {statistics.median(at_once):6.2f} s ({_spread(at_once)})")
    missed = errors > 0 or live > GOAL_SECONDS or measured.started > GOAL_UP_SECONDS
    if go:
        ratio = live / statistics.median(go)
        print(f"save to first new answer, Go:     {statistics.median(go):6.2f} s ({_spread(go)})")
        print(f"ratio:                            {ratio:6.2f} (goal {GOAL_RATIO:.2f})")
        missed = missed or ratio > GOAL_RATIO
    else:
        print("go is not installed: nothing to compare with")
    return int(missed)


def _spread(times: list[float]) -> str:
    return f"{min(times):.2f} to {max(times):.2f}"


@dataclass
class Measured:
    """Seconds from `dev up` to the first answer, and from a save to the first answer of the new code."""

    started: float
    paused: list[float] = field(default_factory=list)
    at_once: list[float] = field(default_factory=list)
    errors: int = 0


def _python(folder: Path, rounds: int) -> Measured:
    _run([TOOL, "create", "weather", "--name", "Weather", "--org", "acme", "--defaults"], folder)
    root = folder / "weather"
    project = root / "pyproject.toml"
    project.write_text(project.read_text().replace('"httpx>=0.27"', '"httpx>=0.27", "pandas>=2.2"'))
    source = root / "backend" / "weather_datasource" / "datasource.py"
    source.write_text("import pandas  # noqa: F401\n" + source.read_text())
    up = [TOOL, "dev", "up", "--runtime", "preview", "--detach", "--json"]
    try:
        _run(up, root)  # makes the environment, which is no part of this
        _run([TOOL, "dev", "down"], root)
        began = time.perf_counter()
        session = json.loads(_run(up, root))
        url = session["url"]
        _ask(url)
        measured = Measured(time.perf_counter() - began)
        for number in range(2 * rounds):
            at_once = number % 2 == 1
            if not at_once:
                _pause(session["pid"])
            seconds, failed = _exchange(url, source, 100.0 + number)
            (measured.at_once if at_once else measured.paused).append(seconds)
            measured.errors += failed
        return measured
    finally:
        _run([TOOL, "dev", "down"], root)


def _pause(owner: int) -> None:
    """Wait as long as a person does, and on a busy machine until the session has done its work meanwhile."""
    time.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + LONGEST_PAUSE_SECONDS
    spent = _child_ticks(owner)
    while time.monotonic() < deadline:
        time.sleep(QUIET_SECONDS)
        before, spent = spent, _child_ticks(owner)
        if spent <= before + 1:
            return


def _child_ticks(owner: int) -> int:
    """Return the processor time of the session's backends so far, in ticks; 0 on systems without /proc."""
    spent = 0
    for path in Path(f"/proc/{owner}/task").glob("*/children"):
        for child in path.read_text().split():
            with suppress(OSError):
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                spent += int(fields[11]) + int(fields[12])
    return spent


def _exchange(url: str, source: Path, value: float) -> tuple[float, int]:
    """Save a new value and ask every 100 ms until it is answered; also count the answers that were errors."""
    source.write_text(re.sub(r"values = \[.*", f"values = [10.0, {value}]", source.read_text()))
    began, errors = time.perf_counter(), 0
    while True:
        values = _ask(url)
        if values == [10.0, value]:
            return time.perf_counter() - began, errors
        errors += values is None
        time.sleep(0.1)


def _ask(url: str) -> list[float] | None:
    body = {"from": "0", "to": "1000", "queries": [{"refId": "A"}]}
    page, _, token = url.partition("?token=")  # Grafana's own address has none
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(f"{page}api/ds/query", json=body, headers=headers, timeout=60, trust_env=False)
    frames = answer.json().get("results", {}).get("A", {}).get("frames")
    return list(frames[0]["data"]["values"][1]) if answer.status_code == 200 and frames else None


def _go(folder: Path, rounds: int) -> list[float]:
    from plugin_sdk.testing import PluginProcess

    go = shutil.which("go") or next((str(p) for p in [Path("/usr/local/go/bin/go")] if p.exists()), None)
    if go is None:
        return []
    module, built = folder / "go", folder / "gpx_go"
    shutil.copytree(ROOT / "conformance", module)
    changed = module / "cmd" / "refplugin" / "edited.go"
    times = []
    for number in range(-1, rounds):
        changed.write_text(f"package main\n\nvar edited = {number}\n\nfunc init() {{ _ = edited }}\n")
        began = time.perf_counter()
        _run([go, "build", "-o", str(built), "./cmd/refplugin"], module, CGO_ENABLED="0")
        with PluginProcess([built]) as plugin:
            plugin.client.check_health()
            times.append(time.perf_counter() - began)
    return times[1:]  # the first one filled the cache


def _run(command: list[str | Path], cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
