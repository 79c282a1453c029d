"""A backend in the test's own process, on the author's models, that keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from plugin_cli.dev.preview.bridge import (
    Answer,
    Cancel,
    Health,
    ResourceCall,
    ResourcePart,
    Settings,
    Subscription,
)
from plugin_cli.dev.preview.bridge import Query as Asked
from plugin_sdk import DataSource
from plugin_sdk._serving.models.parse import ModelError, missing_settings, parse_query, parse_settings
from plugin_sdk.datasource import model_types
from tests.frontend.showcase import models

SENSORS = {"berlin": ["temperature", "wind"], "munich": ["temperature", "snow"]}
CHANNEL = "ds/showcase/ticks"


class ShowcaseBridge:
    """Answers each query with two points, the second of them `top` times the query's factor."""

    def __init__(self, source: type[DataSource[Any, Any]]) -> None:
        self._settings_model, self._query_model = model_types(source)
        self.settings: Any = None
        self.queries: list[Any] = []
        self.resources: list[str] = []
        self.ticks = 0
        self.top = 15.5
        self.schema_error = ""

    @property
    def last(self) -> Any:
        return self.queries[-1]

    def check_health(self, settings: Settings, headers: Mapping[str, str]) -> Health:
        try:
            self.settings = self._parse(settings)
        except ModelError as error:
            return Health("ERROR", str(error))
        secrets = settings.decrypted_secure_json_data
        raw = json.dumps(settings.json_data).encode()
        missing = missing_settings(self._settings_model, raw, secrets)
        if missing:
            return Health("ERROR", "; ".join(missing))
        return Health("OK", f"answers from {getattr(self.settings, 'region', 'everywhere')}")

    def query_data(
        self, settings: Settings, queries: Sequence[Asked], headers: Mapping[str, str], cancel: Cancel
    ) -> Mapping[str, Answer]:
        return {asked.ref_id: self._answer(asked) for asked in queries}

    def _answer(self, asked: Asked) -> Answer:
        try:
            query = parse_query(self._query_model, asked.json)
        except ModelError as error:
            return Answer(400, error=str(error), error_source="downstream")
        self.queries.append(query)
        query = query if isinstance(query, models.Query) else models.Query()
        if query.station == "nowhere":
            return Answer(500, error="no such station: nowhere", error_source="plugin")
        return Answer(200, [json.dumps(frame) for frame in _frames(asked, query, self.top)])

    def call_resource(
        self, settings: Settings, resource: ResourceCall, cancel: Cancel
    ) -> Iterator[ResourcePart]:
        self.resources.append(resource.url)
        asked = parse_qs(urlsplit(resource.url).query)
        answers: dict[str, Any] = {
            "stations": list(SENSORS),
            "sensors": SENSORS.get(asked.get("station", [""])[0]),
            "tag-keys": [{"text": "host"}],
            "tag-values": [{"text": "web1"}, {"text": "web2"}],
        }
        found = answers.get(resource.path)
        if found is None:
            yield ResourcePart(404, b'{"message": "no such station"}', [("Content-Type", "application/json")])
        else:
            yield ResourcePart(200, json.dumps(found).encode(), [("Content-Type", "application/json")])

    def subscribe_stream(self, settings: Settings, path: str) -> Subscription:
        return Subscription("OK")

    def run_stream(self, settings: Settings, path: str, cancel: Cancel) -> Iterator[bytes]:
        stopped = threading.Event()
        cancel.on_cancel(stopped.set)
        schema = {"fields": [{"name": "time", "type": "time"}, {"name": "value", "type": "number"}]}
        while not stopped.wait(0.1):
            self.ticks += 1
            data = {"values": [[1_700_000_000_000 + self.ticks * 1000], [self.ticks]]}
            yield json.dumps({"schema": schema, "data": data}).encode()

    def collect_metrics(self) -> bytes:
        return b""

    def _parse(self, settings: Settings) -> Any:
        raw = json.dumps(settings.json_data).encode()
        return parse_settings(self._settings_model, raw, settings.decrypted_secure_json_data)


def _frames(asked: Asked, query: models.Query, top: float) -> list[Mapping[str, Any]]:
    frame = _frame(asked, query, top)
    return [frame, _logs(asked)] if query.alias == "logs" else [frame]


def _frame(asked: Asked, query: models.Query, top: float) -> Mapping[str, Any]:
    meta: dict[str, Any] = {"notices": [{"severity": "info", "text": f"sensor {query.sensor}"}]}
    if query.alias == "live":
        meta["channel"] = CHANNEL
    fields = [
        {"name": "time", "type": "time", "typeInfo": {"frame": "time.Time"}},
        {"name": query.alias or "value", "type": "number", "typeInfo": {"frame": "float64"}},
        {"name": "text", "type": "string", "typeInfo": {"frame": "string"}},
    ]
    if query.alias == "wide":  # a time series that alert rules take
        fields.pop()
    values = [[asked.from_ms, asked.to_ms], [10, top * query.factor], ["first", "last"]]
    schema = {"refId": asked.ref_id, "name": query.station, "meta": meta, "fields": fields}
    return {"schema": schema, "data": {"values": values[: len(fields)]}}


def _logs(asked: Asked) -> Mapping[str, Any]:
    """Return lines as a backend tells them, named as Grafana's data plane has it."""
    fields = [
        {"name": "timestamp", "type": "time", "typeInfo": {"frame": "time.Time"}},
        {"name": "body", "type": "string", "typeInfo": {"frame": "string"}},
        {"name": "severity", "type": "string", "typeInfo": {"frame": "string"}},
        {"name": "pod", "type": "string", "typeInfo": {"frame": "string"}},
    ]
    values = [[asked.from_ms, asked.to_ms], ["it began", "it broke"], ["info", "error"], ["web-1", "web-2"]]
    schema = {"refId": asked.ref_id, "name": "lines", "meta": {"type": "log-lines"}, "fields": fields}
    return {"schema": schema, "data": {"values": values}}
