"""A small plugin whose backend runs from its source, without an environment of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.venv import create as environment

PLUGIN_ID = "acme-weather-datasource"

DATASOURCE = """
import os
from datetime import UTC, datetime, timedelta
from pydantic import BaseModel, Field, SecretStr
from plugin_sdk import (
    CallResourceRequest, CheckHealthResult, DataQuery, DataSource, DownstreamError, Frame, resource, stream
)

class Settings(BaseModel):
    url: str = ""
    api_key: SecretStr = Field(SecretStr(""), title="API key")

class Query(BaseModel):
    station: str = "berlin"
    rows: int = 3
    fail: bool = False

class Weather(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]):
        if query.model.fail:
            raise DownstreamError("the station is closed", status=503)
        if not query.model.rows:
            return []
        if query.model.rows < 0:
            return {}["rows"]
        times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(query.model.rows)]
        values = [float(n) for n in range(query.model.rows)]
        points = [query.max_data_points] * query.model.rows
        return Frame.from_any({"time": times, query.model.station: values, "points": points}, name="weather")

    def check_health(self):
        settings = self.instance.settings
        if not settings.url:
            return CheckHealthResult.error("no URL", key="url")
        return CheckHealthResult.ok(f"{settings.url} with {len(settings.api_key.get_secret_value())} characters")

    @resource("GET", "/stations")
    def stations(self, region: str = "all"):
        return [region]

    @resource("POST", "/echo")
    def echo(self, request: CallResourceRequest):
        return [request.headers.get("content-type"), request.body.decode()]

    @resource("GET", "/exit")
    def exit(self):
        os._exit(3)

    @stream("ticks")
    def ticks(self):
        number = 0
        while True:
            yield {"n": number}
            number += 1

    @stream("two")
    def two(self):
        yield 1
        yield 2

    @stream("broken")
    def broken(self):
        yield 1
        raise DownstreamError("the feed ended")
"""

PROVISIONING = """
apiVersion: 1
datasources:
  - name: Weather
    uid: weather
    type: acme-weather-datasource
    jsonData:
      url: http://$WEATHER_HOST/
    secureJsonData:
      api_key: ${WEATHER_API_KEY}
  - name: Bare
    type: acme-weather-datasource
  - name: Other
    type: prometheus
"""


@dataclass
class SourcePlugin:
    """Where the plugin is; its parts can be changed."""

    root: Path
    metadata: dict[str, Any] = field(
        default_factory=lambda: {
            "id": PLUGIN_ID,
            "name": "Weather",
            "type": "datasource",
            "backend": True,
            "executable": "gpx_weather",
            "info": {"version": "%VERSION%", "updated": "%TODAY%"},
            "dependencies": {"grafanaDependency": ">=11.6.0"},
        }
    )

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


def write_source_plugin(root: Path) -> SourcePlugin:
    """Write the whole plugin below `root`."""
    plugin = SourcePlugin(root)
    plugin.write("src/plugin.json", json.dumps(plugin.metadata))
    plugin.write("backend/weather/__init__.py", "")
    plugin.write(
        "backend/weather/__main__.py", 'from plugin_sdk import serve\n\nserve("weather.datasource:Weather")\n'
    )
    plugin.write("backend/weather/datasource.py", DATASOURCE)
    plugin.write("provisioning/datasources/weather.yaml", PROVISIONING)
    plugin.write("pyproject.toml", '[project]\nname = "acme-weather"\nversion = "1.0.0"\n')
    return plugin


def use_this_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run backends with the tests' own interpreter: making an environment takes seconds."""
    monkeypatch.setattr(environment, "ensure_environment", lambda _project, _console: Path(sys.executable))
