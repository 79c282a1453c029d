"""What handlers are given and what they return. Names are the Go SDK's, in Python's spelling."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from plugin_sdk.context import PluginContext
from plugin_sdk.errors import ErrorSource

if TYPE_CHECKING:
    from plugin_sdk.data import Frame

Q = TypeVar("Q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Headers(Mapping[str, str]):
    """Request headers, found whatever the case of the name.

    Grafana prefixes forwarded HTTP headers with `http_`; `Authorization`, `X-Id-Token` and `Cookie` also
    come bare. `headers["X-Grafana-User"]` finds both forms (Go SDK: `ForwardHTTPHeaders`).
    """

    __slots__ = ("_found", "raw")

    def __init__(self, raw: Mapping[str, str] | None = None) -> None:
        self.raw: Mapping[str, str] = raw or {}
        self._found: dict[str, str] | None = None

    def _index(self) -> dict[str, str]:
        if self._found is None:
            bare = {name.lower(): value for name, value in self.raw.items()}
            forwarded = {name[5:]: value for name, value in bare.items() if name.startswith("http_")}
            self._found = {
                name: value for name, value in bare.items() if not name.startswith("http_")
            } | forwarded
        return self._found

    def __getitem__(self, name: str) -> str:
        return self._index()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._index())

    def __len__(self) -> int:
        return len(self._index())

    def __repr__(self) -> str:
        return f"Headers({sorted(self._index())})"

    def forwarded(self) -> dict[str, str]:
        """Return the HTTP headers that may be sent on to the downstream system, under canonical names."""
        bare = {"authorization", "x-id-token", "cookie", "fromalert"}
        wanted = {name[5:].lower() for name in self.raw if name.lower().startswith("http_")} | bare
        return {canonical(name): value for name, value in self._index().items() if name in wanted}


def canonical(name: str) -> str:
    """Return a header name in canonical MIME form, e.g. `X-Id-Token`."""
    return "-".join(part.capitalize() for part in name.split("-"))


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From and to, in milliseconds since 1970; `from_` and `to` are the same as aware UTC datetimes."""

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
        """How long the range is; negative where Grafana sent from after to."""
        return timedelta(milliseconds=self.to_ms - self.from_ms)


class _Call:
    """What every request carries: the context, the headers, and whether its caller is still there."""

    __slots__ = ()
    context: PluginContext
    headers: Headers
    is_cancelled: Callable[[], bool]

    @property
    def cancelled(self) -> bool:
        """True once the caller has gone (the user left the dashboard, an alert timed out)."""
        return self.is_cancelled()


def _never() -> bool:
    return False


@dataclass(slots=True)
class DataQuery(_Call, Generic[Q]):
    """One query of a request (Go SDK: `backend.DataQuery`).

    Attributes:
        ref_id: the query's letter in the panel; the key of its answer.
        model: the query as the author's own model, validated with its defaults.
        time_range: what the user looks at.
        interval_ms: the distance between points that fits the panel, in milliseconds; `interval` is the same.
        max_data_points: how many points the panel can show.
        query_type: free text set by the query editor.
        json: the whole query as Grafana stores it, undecoded.
        context: who asks, and for which data source.
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
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)

    @property
    def interval(self) -> timedelta:
        """The distance between points that fits the panel."""
        return timedelta(milliseconds=self.interval_ms)


@dataclass(slots=True)
class QueryDataRequest(_Call, Generic[Q]):
    """All queries of one panel or alert rule (Go SDK: `backend.QueryDataRequest`)."""

    context: PluginContext
    queries: list[DataQuery[Q]]
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)


@dataclass(slots=True)
class DataResponse:
    """The answer to one query: frames, or an error with source and status (Go SDK: `backend.DataResponse`).

    `frames` takes a Frame, a list of them, or anything tabular. `status` is an HTTP status; unset it is 200,
    or 500 with an error.
    """

    frames: Any = ()
    error: str = ""
    status: int = 0
    error_source: ErrorSource | None = None


QueryDataResponse = dict[str, DataResponse]
"""The answers of a request by ref_id (Go SDK: `backend.QueryDataResponse`)."""


class HealthStatus(IntEnum):
    """The outcome of "Save & test" (Go SDK: `backend.HealthStatus`)."""

    UNKNOWN = 0
    OK = 1
    ERROR = 2


@dataclass(slots=True)
class CheckHealthRequest(_Call):
    """Asks whether the data source works; comes from "Save & test" and the health API."""

    context: PluginContext
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)


@dataclass(slots=True)
class CheckHealthResult:
    """What "Save & test" shows (Go SDK: `backend.CheckHealthResult`).

    Attributes:
        status: OK, ERROR or UNKNOWN.
        message: the sentence shown.
        details: further facts as a JSON object; Grafana refuses any other JSON value.
    """

    status: HealthStatus
    message: str = ""
    details: Mapping[str, Any] | None = None

    @classmethod
    def ok(cls, message: str, **details: Any) -> CheckHealthResult:
        """Return a result that says the data source works."""
        return cls(HealthStatus.OK, message, details or None)

    @classmethod
    def error(cls, message: str, **details: Any) -> CheckHealthResult:
        """Return a result that says what is wrong."""
        return cls(HealthStatus.ERROR, message, details or None)


@dataclass(slots=True)
class CallResourceRequest(_Call):
    """An HTTP request to `/api/datasources/uid/<uid>/resources/<path>` (Go: `backend.CallResourceRequest`).

    Attributes:
        path: without a leading slash.
        url: path and query string.
        http_headers: every header as a list of values.
    """

    context: PluginContext
    path: str
    method: str = "GET"
    url: str = ""
    http_headers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    body: bytes = b""
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)

    @property
    def headers(self) -> Headers:  # type: ignore[override]  # derived: resources carry lists of values
        """The headers with the values of one name joined by a comma."""
        return Headers({name: ", ".join(values) for name, values in self.http_headers.items()})

    @property
    def query_string(self) -> str:
        """What follows the question mark in `url`."""
        return self.url.partition("?")[2]

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the query string; the last of several with one name."""
        from urllib.parse import parse_qsl

        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def json(self) -> Any:
        """Return the body decoded from JSON. Raises ValueError where it is not JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class CallResourceResponse:
    """An HTTP response, or one part of a streamed one (Go SDK: `backend.CallResourceResponse`).

    The first part carries status (100 to 999) and headers; later ones only a body.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, Sequence[str] | str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> CallResourceResponse:
        """Return `value` as a JSON response. Raises ValueError for NaN and infinity, which JSON has not."""
        return cls(status, json_bytes(value), {"Content-Type": "application/json"})


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON, pydantic models and dataclasses included.

    Raises:
        ValueError: it holds NaN or infinity, which no browser would read.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_jsonable)
    return text.encode("utf-8", "replace")


def _jsonable(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    if isinstance(value, (set, frozenset, tuple)) or hasattr(value, "__next__"):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


class StreamStatus(IntEnum):
    """The answer to a subscription or a publication."""

    OK = 0
    NOT_FOUND = 1
    PERMISSION_DENIED = 2


@dataclass(slots=True)
class SubscribeStreamRequest(_Call):
    """Somebody opens a channel (Go SDK: `backend.SubscribeStreamRequest`); `path` names it."""

    context: PluginContext
    path: str
    data: bytes = b""
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)


@dataclass(slots=True)
class SubscribeStreamResponse:
    """Whether the channel may be opened, and what to show first (a Frame, or anything JSON)."""

    status: StreamStatus = StreamStatus.OK
    initial_data: Frame | Any = None


@dataclass(slots=True)
class RunStreamRequest(_Call):
    """Asks for the packets of a channel while somebody is subscribed (Go SDK: `backend.RunStreamRequest`)."""

    context: PluginContext
    path: str
    data: bytes = b""
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)


@dataclass(slots=True)
class PublishStreamRequest(_Call):
    """Somebody sends data into a channel (Go SDK: `backend.PublishStreamRequest`)."""

    context: PluginContext
    path: str
    data: bytes = b""
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=_never, repr=False)


@dataclass(slots=True)
class PublishStreamResponse:
    """Whether the data is accepted; `data` is what Grafana sends to the subscribers, empty for nothing."""

    status: StreamStatus = StreamStatus.OK
    data: bytes = b""


@dataclass(slots=True)
class CollectMetricsRequest:
    """Asks for metrics in Prometheus' text format; knows no user and no data source."""

    context: PluginContext


class Operation(IntEnum):
    """What is about to happen to a stored object."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2


@dataclass(slots=True)
class AdmissionRequest:
    """Asks whether settings may be stored (Go SDK: `backend.AdmissionRequest`)."""

    context: PluginContext
    operation: Operation
    group: str = ""
    version: str = ""
    kind: str = ""
    object_bytes: bytes = b""
    old_object_bytes: bytes = b""


@dataclass(slots=True)
class StatusResult:
    """Why something was refused, as Kubernetes' API says it."""

    status: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0


@dataclass(slots=True)
class ValidationResponse:
    """Whether the object may be stored."""

    allowed: bool
    result: StatusResult | None = None
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class MutationResponse:
    """The object as it shall be stored."""

    allowed: bool
    object_bytes: bytes = b""
    result: StatusResult | None = None
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class RawObject:
    """A stored object, undecoded."""

    raw: bytes
    content_type: str = "application/json"


@dataclass(slots=True)
class ConversionRequest:
    """Asks for stored objects in another version of their API (Go SDK: `backend.ConversionRequest`)."""

    context: PluginContext
    uid: str
    objects: Sequence[RawObject]
    target_group: str = ""
    target_version: str = ""


@dataclass(slots=True)
class ConversionResponse:
    """The converted objects; the runtime copies the request's uid."""

    objects: Sequence[RawObject] = ()
    result: StatusResult | None = None
