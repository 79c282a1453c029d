"""Queries and their responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from plugin_sdk.context import PluginContext
from plugin_sdk.errors import ErrorSource
from plugin_sdk.messages._request import Request, never
from plugin_sdk.messages.headers import Headers

Q = TypeVar("Q")
QUERY_FIELDS, KNOWN_FIELDS_ONLY = "plugin-cli-query-fields", "known"
"""gRPC metadata by which a host requests that fields unknown to the query's model are refused."""

INSTANCE, RUNNING = "plugin-cli-instance", "running"
"""gRPC metadata by which a host asks for the instance that runs with these settings, if there is one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From and to, in milliseconds since 1970; `from_` and `to` are datetimes in UTC."""

    from_ms: int
    to_ms: int

    @property
    def from_(self) -> datetime:
        """The beginning, in UTC. Raises OverflowError outside the years 1 to 9999."""
        return _EPOCH + timedelta(milliseconds=self.from_ms)

    @property
    def to(self) -> datetime:
        """The end, in UTC. Raises OverflowError outside the years 1 to 9999."""
        return _EPOCH + timedelta(milliseconds=self.to_ms)

    @property
    def duration(self) -> timedelta:
        """The length of the range; negative if Grafana sent a `from` later than `to`."""
        return timedelta(milliseconds=self.to_ms - self.from_ms)


@dataclass(slots=True)
class DataQuery(Request, Generic[Q]):
    """One query of a request (Go SDK: `backend.DataQuery`).

    Attributes:
        ref_id: the query's letter in the panel, and the key of its response.
        model: the query as the author's model, validated, with its defaults.
        time_range: the time range of the dashboard.
        interval_ms: the distance between points that suits the panel, in milliseconds; also `interval`.
        max_data_points: how many points the panel can show.
        query_type: free text set by the query editor.
        json: the whole query as Grafana stores it, as JSON bytes.
        context: who sent the query, and for which data source.
        headers: HTTP headers of the request.
    """

    ref_id: str
    model: Q
    time_range: TimeRange = TimeRange(0, 0)
    interval_ms: int = 0
    max_data_points: int = 0
    query_type: str = ""
    json: bytes = b"{}"
    context: PluginContext = field(default_factory=PluginContext)
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)

    @property
    def interval(self) -> timedelta:
        """The distance between points that suits the panel."""
        return timedelta(milliseconds=self.interval_ms)


@dataclass(slots=True)
class QueryDataRequest(Request, Generic[Q]):
    """All queries of one panel or alert rule (Go SDK: `backend.QueryDataRequest`)."""

    context: PluginContext
    queries: list[DataQuery[Q]]
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)


@dataclass(slots=True)
class DataResponse:
    """The response to one query: frames, or an error with source and status (Go SDK: `backend.DataResponse`).

    `frames` is a Frame, a list of them, or anything tabular. `status` is an HTTP status; by default 200, or
    500 with an error.
    """

    frames: Any = ()
    error: str = ""
    status: int = 0
    error_source: ErrorSource | None = None


QueryDataResponse = dict[str, DataResponse]
"""The responses of a request by ref_id (Go SDK: `backend.QueryDataResponse`)."""
