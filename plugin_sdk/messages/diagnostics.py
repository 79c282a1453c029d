"""Health checks and metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from plugin_sdk.context import PluginContext
from plugin_sdk.messages._request import Request, never
from plugin_sdk.messages.headers import Headers


class HealthStatus(IntEnum):
    """The outcome of "Save & test" (Go SDK: `backend.HealthStatus`)."""

    UNKNOWN = 0
    OK = 1
    ERROR = 2


@dataclass(slots=True)
class CheckHealthRequest(Request):
    """A request to check the data source, from "Save & test" or the health API."""

    context: PluginContext
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)


@dataclass(slots=True)
class CheckHealthResult:
    """What "Save & test" shows (Go SDK: `backend.CheckHealthResult`).

    Attributes:
        status: OK, ERROR or UNKNOWN.
        message: the text shown.
        details: further facts, which must be a JSON object for Grafana.
    """

    status: HealthStatus
    message: str = ""
    details: Mapping[str, Any] | None = None

    @classmethod
    def ok(cls, message: str, **details: Any) -> CheckHealthResult:
        """Return the result of a data source that works."""
        return cls(HealthStatus.OK, message, details or None)

    @classmethod
    def error(cls, message: str, **details: Any) -> CheckHealthResult:
        """Return the result of a data source that does not work; `message` gives the reason."""
        return cls(HealthStatus.ERROR, message, details or None)


@dataclass(slots=True)
class CollectMetricsRequest:
    """A request for metrics in Prometheus' text format, without a user or a data source."""

    context: PluginContext
