"""`scripts/bench` runs; what it finds depends on the machine and is not judged here."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

pytestmark = [pytest.mark.nightly, pytest.mark.go]


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "scripts" / "bench"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_figures_of_both_plugins_come_as_table_json_and_markdown(tmp_path: Path) -> None:
    files = {"--json": tmp_path / "results.json", "--markdown": tmp_path / "results.md"}
    options = [part for pair in files.items() for part in pair]

    done = bench("--quick", *options, "--only", "start", "query-1", "resource")

    assert done.returncode in (0, 1), done.stderr
    results = json.loads(files["--json"].read_text())["results"]
    assert {result["group"] for result in results} == {"start", "query-1", "resource"}
    for result in results:
        assert all(value > 0 for rounds in result["rounds"].values() for value in rounds), result
        assert {"python", "go"} <= set(result["rounds"])
    goals = {result["title"]: result["verdict"] for result in results if result["goal"]}
    assert set(goals) == {
        "exec to handshake",
        "exec to first health answer",
        "tiny query, 1 in flight, p50",
    }
    assert all(goals.values())
    for title in goals:
        assert title in done.stdout
        assert title in files["--markdown"].read_text()


def test_the_cost_of_each_feature_is_measured() -> None:
    done = bench("features", "--quick")

    assert done.returncode in (0, 1), done.stderr
    names = [line.split("  ")[0] for line in done.stdout.splitlines()[2:]]
    assert names == ["everything on", "validation", "logging", "metrics", "tracing", "all of them"]


def test_growth_is_measured_step_by_step() -> None:
    done = bench("scale", "--quick", "--only", "instances")

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == ["1", "10", "100", "1,000"]


def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    done = bench("--only", "everything")

    assert done.returncode == 2
    assert "query-1" in done.stderr


def test_ctrl_c_shows_what_was_measured_and_leaves_no_process() -> None:
    command = [str(ROOT / "scripts" / "bench"), "--only", "query-10", "query-50", "--rounds", "3"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("query-50: round 2"):
            break
    started = descendants(running.pid)

    running.send_signal(signal.SIGINT)
    shown, _ = running.communicate(timeout=120)

    assert len(started) >= 3  # the Go client and both plugins
    assert running.returncode == 130
    assert "tiny query, 10 in flight, p50" in shown
    end = time.monotonic() + 60
    while left := [pid for pid in started if is_alive(pid)]:
        assert time.monotonic() < end, left
        time.sleep(0.1)


def descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listed.read_text().split()
    ]
    return children + [found for child in children for found in descendants(child)]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped, by whoever adopted it, has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
