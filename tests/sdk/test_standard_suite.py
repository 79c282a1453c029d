"""The standard suite passes a good plugin and finds each fault that it is there for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_sdk.testing.edges import edges_of

ROOT = Path(__file__).parents[2]

GOOD = """
import os, time
from typing import Annotated, Literal
from pydantic import BaseModel, Field
from plugin_sdk import App, CheckHealthResult, DataQuery, DataSource, Field as Column, Frame, resource
from plugin_sdk.forms import form, options_from


class Settings(BaseModel):
    url: str = ""


class Query(BaseModel):
    station: Annotated[str, form(options=options_from("stations"), custom=True)] = "berlin"
    limit: int = Field(10, ge=0, le=100)
    scale: float = 1.0
    mode: Literal["mean", "max"] = "mean"
    tags: list[str] = []
    live: bool = False


class Good(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        span = query.time_range
        return Frame("x", Column("time", [span.from_, span.to]), Column("value", [1.0, 2.0]))

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("fine")

    @resource("GET", "/stations")
    def stations(self) -> list[str]:
        return ["berlin"]


class AnApp(App[Settings]):
    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("fine")
"""

# What is wrong with a plugin, and the test that finds it; `Good` is the plugin otherwise.
FAULTS = {
    "health raises": ("def check_health(self): return {}['x']", "test_health"),
    "health has no message": ("def check_health(self): return CheckHealthResult.error('')", "test_health"),
    "a range without length": (
        "def query(self, query): return {'value': [1 / (query.time_range.to_ms - query.time_range.from_ms)]}",
        "test_a_query_of_a_range",
    ),
    "a number at its edge": (
        "def query(self, query): return {'value': [1 / query.model.limit]}", "test_a_query_at_an_edge"
    ),
    "an empty text": (
        "def query(self, query): return {'value': [float(ord(query.model.station[0]))]}",
        "test_a_query_at_an_edge",
    ),
    "an empty list is expected": (
        "def query(self, query): return {'value': [1.0 if not query.model.tags else 1 / 0]}",
        "test_a_query_at_an_edge",
    ),
    "text alone for an alert": (
        "def query(self, query): return Frame('x', Column('text', ['a']))", "test_a_query_of_an_alert"
    ),
    "an end when it is cancelled": (
        "def query(self, query):\n        time.sleep(0.1)\n        query.is_cancelled() and os._exit(3)\n"
        "        return {'value': [1.0]}",
        "test_a_query_that_is_cancelled",
    ),
    "a resource that is missing": ("stations = None", "test_a_resource"),
    "a resource that is no list": (
        "@resource('GET', '/stations')\n    def stations(self): return {'berlin': 1}", "test_a_resource"
    ),
}  # fmt: skip


def run_suites(folder: Path) -> dict[str, dict[str, str]]:
    """Run the suite of every plugin in one pytest and return the outcomes of each, by its test."""
    faults = "".join(
        f"class Fault{number}(Good):\n    {body}\n\n\n" for number, (body, _) in enumerate(FAULTS.values())
    )
    (folder / "plugins_of_the_suite.py").write_text(f"{GOOD}\n\n{faults}")
    names = ["Good", "AnApp", *(f"Fault{number}" for number in range(len(FAULTS)))]
    tests = "".join(f"Test{name} = standard_suite(plugins.{name})\n" for name in names)
    imports = "import plugins_of_the_suite as plugins\nfrom plugin_sdk.testing import standard_suite\n\n"
    (folder / "test_suites.py").write_text(imports + tests)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rA",
            "-p",
            "no:cacheprovider",
            "--tb=line",
            "test_suites.py",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for outcome, name, test in re.findall(r"^(PASSED|FAILED|ERROR) \S+::Test(\w+)::(\S+)", done.stdout, re.M):
        found[name][test] = outcome
    assert "SKIPPED" in done.stdout, done.stdout + done.stderr
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return what the suite says of every plugin."""
    return run_suites(tmp_path_factory.mktemp("suites"))


def test_a_good_plugin_passes(outcomes: dict[str, dict[str, str]]) -> None:
    assert set(outcomes["Good"].values()) == {"PASSED"}
    edges = [test for test in outcomes["Good"] if test.startswith("test_a_query_at_an_edge")]
    assert len(edges) > 50
    assert any("source-stations" in test for test in outcomes["Good"])


def test_an_app_has_the_tests_that_fit_it(outcomes: dict[str, dict[str, str]]) -> None:
    assert {test.split("[")[0] for test in outcomes["AnApp"]} == {"test_health_is_ok_or_says_what_is_wrong"}
    assert set(outcomes["AnApp"].values()) == {"PASSED"}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(outcomes: dict[str, dict[str, str]], fault: str) -> None:
    found = outcomes[f"Fault{list(FAULTS).index(fault)}"]
    failed = {test.split("[")[0] for test, outcome in found.items() if outcome != "PASSED"}

    assert any(test.startswith(FAULTS[fault][1]) for test in failed), found


def test_edges_stand_on_both_sides_of_every_bound() -> None:
    schema = {
        "properties": {
            "limit": {"type": "integer", "minimum": 1, "maximum": 9},
            "name": {"type": "string", "maxLength": 3},
            "mode": {"enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "integer"}},
            "kind": {"$ref": "#/$defs/Kind"},
        },
        "$defs": {"Kind": {"enum": ["x", "y"]}},
    }
    values: dict[str, list[object]] = {}
    for edge in edges_of(schema):
        values.setdefault(edge.field, []).append(edge.value)

    assert {0, 1, 2, 8, 9, 10} <= {value for value in values["limit"] if isinstance(value, int)}
    assert {"xx", "xxx", "xxxx"} <= {value for value in values["name"] if isinstance(value, str)}
    assert [value for value in values["mode"] if value in ("a", "b")] == ["a", "b"]
    assert [value for value in values["kind"] if value in ("x", "y")] == ["x", "y"]
    assert all(None in found for found in values.values())
    assert any(isinstance(value, list) and len(value) == 100 for value in values["tags"])
