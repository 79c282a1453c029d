"""The scaffold's data source with the work that measurements ask for: the twin of ../go-plugin."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from weather_datasource.models import Query, Settings

from plugin_sdk import (
    CheckHealthResult,
    DataQuery,
    DataSource,
    DataSourceInstanceSettings,
    Field,
    Frame,
    resource,
    stream,
)
from plugin_sdk.errors import DownstreamError

_START = datetime(2026, 1, 1, tzinfo=UTC)


class WeatherDataSource(DataSource[Settings, Query]):
    """One configured data source; Grafana makes a new one when its settings change."""

    def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
        self.settings = instance.settings

    def query(self, query: DataQuery[Query]) -> Frame:
        """Answer one query. Queries of a request run concurrently, in threads."""
        asked = query.model
        if asked.fail:
            raise DownstreamError("the API is away")
        if asked.wait_ms:
            time.sleep(asked.wait_ms / 1000)
        elif asked.busy_ms:
            _busy(asked.busy_ms / 1000)
        elif asked.rows:
            return _frame(asked.rows, asked.columns, asked.source)
        times = [query.time_range.from_, query.time_range.to]
        values = [10.0, 20.0]
        return Frame(asked.station, Field("time", times), Field("value", values))

    def fetch(self, query: DataQuery[Query]) -> Frame:
        """Stand for the scaffold's request to an API, so that the bundle holds what a plugin needs."""
        import httpx  # not at the top: the plugin starts without waiting for it

        points = httpx.get(self.settings.url, timeout=10).json()
        return Frame(query.model.station, Field("value", [point["value"] for point in points]))

    def check_health(self) -> CheckHealthResult:
        """Answer the button "Save & test"."""
        if not self.settings.api_key.get_secret_value():
            return CheckHealthResult.error("api_key is missing")
        return CheckHealthResult.ok("The data source is working")

    @resource("GET", "/stations")
    def stations(self) -> list[str]:
        """Offer values for the field "Station" of the query editor."""
        return ["berlin", "lisbon", "oslo"]

    @stream("live/{hertz}/{number}")
    async def live(self, hertz: str, number: str) -> AsyncIterator[Frame]:
        """Send a frame of one row, `hertz` times a second, that carries the moment it was made."""
        import asyncio  # not at the top: a plugin without channels does not hold it either

        del number  # it only tells channels apart
        period = 1 / float(hertz)
        due = time.monotonic()
        while True:
            now = time.time_ns()
            yield Frame(
                "live",
                Field("time", [datetime.fromtimestamp(now / 1e9, UTC)]),
                Field("sent_us", [float(now // 1000)]),
            )
            due += period
            await asyncio.sleep(max(0.0, due - time.monotonic()))


def _busy(seconds: float) -> None:
    end, total = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        total += sum(i for i in range(100))


def _frame(rows: int, columns: int, source: str) -> Frame:
    times, values = _ready(rows, columns, source)
    return Frame(
        "rows", Field("time", times), *(Field(f"value{i}", column) for i, column in enumerate(values))
    )


@cache
def _ready(rows: int, columns: int, source: str) -> tuple[Any, list[Any]]:
    """Keep the values, so that making a frame and encoding it is measured, not counting up."""
    if source == "numpy":
        found: tuple[Any, list[Any]] = import_module("weather_datasource.arrays").ready(rows, columns)
        return found
    return (
        [_START + timedelta(seconds=row) for row in range(rows)],
        [[row * 0.5 + column for row in range(rows)] for column in range(columns)],
    )
