"""The scaffold's own code: clean by our tools, its tests pass, its sample fetches with the key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from plugin_cli.scaffold.answers import Answers
from plugin_cli.scaffold.render import write_tree
from plugin_sdk.testing import LogLine, PluginProcess, last, settings
from tests.scaffold.scaffolds import COMBINATIONS, answers, label, rendered

KEY = "s3cret-key-of-the-test"


def scaffold(folder: Path, one: Answers) -> Path:
    """Write a plugin."""
    write_tree(rendered(one), folder)
    return folder


def tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python tool of this environment in the plugin."""
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("one", COMBINATIONS, ids=label)
def test_code_is_clean_for_ruff(tmp_path: Path, one: Answers) -> None:
    folder = scaffold(tmp_path, one)

    checked = tool(folder, "ruff", "check", "--no-cache", ".")
    formatted = tool(folder, "ruff", "format", "--no-cache", "--check", ".")

    assert checked.returncode == 0, checked.stdout
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.parametrize("one", [COMBINATIONS[0], COMBINATIONS[15]], ids=label)
def test_code_is_clean_for_mypy_strict(tmp_path: Path, one: Answers) -> None:
    folder = scaffold(tmp_path, one) / "backend"

    checked = tool(folder, "mypy", "--strict", "weather_datasource", "tests")

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("one", [COMBINATIONS[0], COMBINATIONS[15]], ids=label)
def test_its_own_tests_pass(tmp_path: Path, one: Answers) -> None:
    folder = scaffold(tmp_path, one)

    tested = tool(folder, "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")

    assert tested.returncode == 0, tested.stdout
    assert "passed" in tested.stdout


def test_a_failing_test_shows_its_assertion_and_no_log(tmp_path: Path) -> None:
    folder = scaffold(tmp_path, answers())
    test = folder / "backend" / "tests" / "test_datasource.py"
    test.write_text(test.read_text().replace("assert value[-1] > 15", "assert value[-1] > 99"))

    tested = tool(folder, "pytest", "-q", "-p", "no:cacheprovider")

    assert tested.returncode == 1
    assert "assert 20.0 > 99" in tested.stdout
    assert "@message" not in tested.stdout


class Api(ThreadingHTTPServer):
    """An HTTP API as the sample expects it; remembers what it was asked."""

    daemon_threads = True

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.points: Any = [{"time": 1000, "value": 11}, {"time": 2000, "value": 12.5}]
        self.asked: list[tuple[dict[str, list[str]], str | None]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/observations"


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked.append((parse_qs(urlsplit(self.path).query), self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.points).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def api() -> Iterator[Api]:
    """Return an API that listens on this machine."""
    server = Api()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def query_once(folder: Path, api: Api) -> tuple[Any, list[LogLine]]:
    """Start the scaffold as Grafana starts it, with the key set, and run one query for Lisbon."""
    lines: list[LogLine] = []
    env = {"PYTHONPATH": str(folder / "backend"), "PATH": os.environ["PATH"]}
    instance = settings({"url": api.url}, {"api_key": KEY})
    with PluginProcess(
        [sys.executable, "-m", "weather_datasource"], env=env, cwd=folder, on_log=lines.append
    ) as plugin:
        results = plugin.client.query_data(
            [{"refId": "A", "station": "lisbon"}], instance, time_range=last(60)
        )
    return results["A"], lines


def test_with_a_url_it_fetches_with_the_key_as_bearer_and_never_logs_it(tmp_path: Path, api: Api) -> None:
    result, lines = query_once(scaffold(tmp_path, answers()), api)

    (frame,) = result.frames
    times, values = (field.to_list() for field in frame.fields)
    ((asked, authorization),) = api.asked
    assert ([time.timestamp() for time in times], values) == ([1.0, 2.0], [11.0, 12.5])
    assert authorization == f"Bearer {KEY}"
    assert asked["station"] == ["lisbon"]
    assert int(asked["to"][0]) - int(asked["from"][0]) == 60_000
    assert KEY not in repr(lines)


def test_an_api_without_points_is_no_data(tmp_path: Path, api: Api) -> None:
    api.points = []

    result, _ = query_once(scaffold(tmp_path, answers()), api)

    assert (result.error, [frame.fields for frame in result.frames]) == ("", [[]])


@pytest.mark.parametrize("answer", [{"error": "no"}, [1, 2], [{"at": 1}], "text", None, [[1, 2]]])
def test_an_api_that_answers_something_else_is_at_fault(tmp_path: Path, api: Api, answer: Any) -> None:
    api.points = answer

    result, _ = query_once(scaffold(tmp_path, answers()), api)

    assert result.error == "the API did not answer points with time and value"
    assert (result.status, result.error_source) == (502, "downstream")


def test_a_failing_api_is_the_error_of_the_query_without_the_key(tmp_path: Path, api: Api) -> None:
    api.status = 403

    result, lines = query_once(scaffold(tmp_path, answers()), api)

    assert "403" in result.error
    assert result.error_source == "downstream"
    assert KEY not in repr(result) + repr(lines)
