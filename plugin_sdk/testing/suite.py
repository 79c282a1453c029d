"""The standard tests of a plugin: what Grafana and its users do to every data source and app.

In a file of tests, one line takes them in:

    TestStandard = standard_suite(Weather, settings={"url": ""})
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from plugin_sdk import json_schema as js
from plugin_sdk.client import LogLine, PluginClient, PluginProcess, QueryResult, last
from plugin_sdk.client import settings as instance_settings
from plugin_sdk.messages import TimeRange
from plugin_sdk.testing.edges import Edge, edges_of

WAYS = ("source", "dist")
_ANSWERED = (200, 400, 401, 403, 502, 503, 504)
"""What a resource may answer without the service behind it, or with settings that are not complete."""
_PATIENCE_SECONDS = 30


def standard_suite(
    plugin: type,
    *,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    dist: str | Path = "dist",
) -> type:
    """Return a class of tests for pytest to collect, under a name that begins with `Test`.

    Each test runs against the plugin's source and, where `plugin-cli build` has made one, against the
    executable for this machine. A later plugin_sdk has more of them.

    Args:
        plugin: the class.
        settings: those with which it answers without the network, if it can.
        secrets: secret settings by name.
        query: the fields that a query must have; every other one is left to its default.
        dist: where the built plugin is, from the folder that pytest runs in.
    """
    from plugin_sdk._serving.plugin import abilities_of
    from plugin_sdk.schema import schema_of_class

    schema = schema_of_class(plugin)
    abilities = abilities_of(plugin)
    answers_queries = abilities.has("query") or abilities.has("query_data")
    members: dict[str, Any] = {
        "plugin": plugin,
        "instance": instance_settings(settings, secrets),
        "query": dict(query or {}),
        "dist": Path(dist),
        "edges": edges_of(schema["query"]) if answers_queries else [],
        "resources": sorted(_resources(schema)),
        "processes": {},
    }
    if not answers_queries:
        members |= {name: None for name in vars(_Suite) if name.startswith("test_a_query")}
    if not members["resources"]:
        members["test_a_resource_of_the_forms_offers_choices"] = None
    return type("StandardSuite", (_Suite,), members)


class _Suite:
    """The tests; `standard_suite` makes a class of a plugin of them."""

    plugin: ClassVar[type]
    instance: ClassVar[Any]
    query: ClassVar[dict[str, Any]]
    dist: ClassVar[Path]
    edges: ClassVar[list[Edge]]
    resources: ClassVar[list[str]]
    processes: ClassVar[dict[str, tuple[PluginProcess, list[LogLine]]]]

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Run every test each way, and those of edges and resources for each of these."""
        for name, values in (("way", WAYS), ("edge", self.edges), ("resource", self.resources)):
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, values, ids=str)

    @classmethod
    def teardown_class(cls) -> None:
        """Stop the plugin."""
        for process, _ in cls.processes.values():
            process.stop()
        cls.processes.clear()

    def test_health_is_ok_or_says_what_is_wrong(self, way: str) -> None:
        """The button "Save & test" gets an answer with a sentence, whatever the settings."""
        with self._no_exception(way) as client:
            for settings in (self.instance, instance_settings()):
                result = client.check_health(settings)
                _require(result.status.name in ("OK", "ERROR"), f"health is {result.status.name}")
                _require(bool(result.message.strip()), f"health is {result.status.name} without a message")

    def test_a_query_of_a_range_without_length_is_answered(self, way: str) -> None:
        """A panel may ask for one moment."""
        now = last(0)
        with self._no_exception(way) as client:
            self._ask(client, {}, time_range=TimeRange(now.to_ms, now.to_ms))

    def test_a_query_at_an_edge_of_a_field_is_answered_or_refused(self, way: str, edge: Edge) -> None:
        """Whatever stands in a stored query is answered, or refused by a sentence for its author."""
        with self._no_exception(way) as client:
            result = self._ask(client, {edge.field: edge.value})
            if not self._fits({edge.field: edge.value}):
                _require(result.status == 400, f"it does not fit the model; status {result.status}")

    def test_a_query_of_an_alert_rule_has_numbers_to_compare(self, way: str) -> None:
        """Grafana's alert rules take times, numbers, and text as labels, and nothing else."""
        with self._no_exception(way) as client:
            result = self._ask(client, {}, headers={"FromAlert": "true"})
            for frame in result.frames:
                kinds = {_kind(field) for field in frame.fields}
                _require(not kinds or "number" in kinds, f"frame {frame.name!r} has no field of numbers")
                _require(kinds <= {"time", "number", "text", "boolean"}, f"frame {frame.name!r} has {kinds}")

    def test_a_query_that_is_cancelled_leaves_the_plugin_at_work(self, way: str) -> None:
        """A dashboard is left while its queries run; the next one is answered all the same."""
        client = self._client(way)
        brief = client.with_metadata()
        brief.timeout_seconds = 0.001
        for _ in range(5):
            try:
                self._ask(brief, {})
            except Exception as error:  # the deadline has passed, as it should
                _require("DEADLINE" in str(getattr(error, "code", "")) + str(error), f"cancelled: {error}")
        patient = client.with_metadata()
        patient.timeout_seconds = _PATIENCE_SECONDS
        patient.check_health(self.instance)
        self._ask(patient, {})

    def test_a_resource_of_the_forms_offers_choices(self, way: str, resource: str) -> None:
        """The lists in the editors come from here."""
        with self._no_exception(way) as client:
            response = client.call_resource("GET", resource, self.instance)
            _require(response.status in _ANSWERED, f"GET {resource}: status {response.status}")
            if response.status == 200:
                choices = json.loads(response.body)
                _require(isinstance(choices, list), f"{resource} answers no list")
                _require(all(map(_is_choice, choices)), f"{resource} offers {choices[:3]}")

    def _ask(self, client: PluginClient, fields: Mapping[str, Any], **options: Any) -> QueryResult:
        results = client.query_data([{"refId": "A", **self.query, **fields}], self.instance, **options)
        _require(set(results) == {"A"}, f"the query A got {sorted(results)}")
        return results["A"]

    def _fits(self, fields: Mapping[str, Any]) -> bool:
        from plugin_sdk._serving.models.parse import ModelError, parse_query
        from plugin_sdk.datasource import model_types

        _, model = model_types(self.plugin)
        try:
            parse_query(model, json.dumps({"refId": "A", **self.query, **fields}).encode())
        except ModelError:
            return False
        return True

    def _client(self, way: str) -> PluginClient:
        if way not in self.processes:
            lines: list[LogLine] = []
            process = PluginProcess(self._command(way), env=_environment(), on_log=lines.append)
            process.__enter__()
            self.processes[way] = process, lines
        return self.processes[way][0].client

    def _command(self, way: str) -> list[str]:
        if way == "source":
            entry = f"{self.plugin.__module__}:{self.plugin.__qualname__}"
            return [sys.executable, "-m", "plugin_sdk", entry]
        executable = _built_executable(self.dist)
        if executable is None:
            import pytest

            pytest.skip(f"{self.dist} has no executable for this machine: plugin-cli build")
        return [str(executable)]

    def _no_exception(self, way: str) -> _NoException:
        client = self._client(way)
        return _NoException(client, self.processes[way][1])


class _NoException:
    """A block in which the plugin may log no unexpected exception."""

    def __init__(self, client: PluginClient, lines: list[LogLine]) -> None:
        self._client, self._lines, self._start = client, lines, len(lines)

    def __enter__(self) -> PluginClient:
        return self._client

    def __exit__(self, *_exc: object) -> None:
        # A line written before the answer is read before the next call: one more has it all.
        self._client.collect_metrics()
        for line in self._lines[self._start :]:
            if line.level == "error" and "stack" in line.fields:
                raise AssertionError(f"{line.message}\n{line.fields['stack']}")


def _require(fits: bool, sentence: str) -> None:
    if not fits:
        raise AssertionError(sentence)


def _resources(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the resources that fields take their choices from, those that need no other field."""
    for part in ("settings", "query"):
        for _, node in js.fields(schema[part], schema[part], {}):
            options = (node.get(js.HINTS) or {}).get("options")
            if isinstance(options, Mapping) and not options.get("params"):
                yield str(options["resource"])


def _is_choice(choice: Any) -> bool:
    return isinstance(choice, (str, int, float)) or (isinstance(choice, dict) and "value" in choice)


def _kind(field: Any) -> str:
    name = str(getattr(field.type, "value", field.type))
    if name.startswith(("int", "uint", "float")):
        return "number"
    return {"string": "text", "bool": "boolean"}.get(name, name)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _built_executable(dist: Path) -> Path | None:
    """Return the executable for this machine in a built plugin, as Grafana finds it."""
    try:
        name = json.loads((dist / "plugin.json").read_bytes())["executable"]
    except (OSError, ValueError, LookupError):
        return None
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    suffix = ".exe" if os.name == "nt" else ""
    path = dist / f"{name}_{platform.system().lower()}_{machine}{suffix}"
    return path.absolute() if path.is_file() else None
