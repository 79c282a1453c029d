"""A plugin process with some of the runtime's features switched off, by their names as arguments.

Only for measuring: nothing in the runtime knows of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from plugin_sdk import _log, serve
from plugin_sdk._serving import request_scope


def _validation() -> None:
    from plugin_sdk._serving.services import data

    data.parse_query = lambda model, _raw: model()  # type: ignore[assignment]


def _logging() -> None:
    _log.log = lambda *_arguments, **_fields: None  # type: ignore[assignment]


def _metrics() -> None:
    from plugin_sdk._serving import metrics as module

    def none() -> Any:
        return None

    module.Metrics = none  # type: ignore[assignment,misc]


def _tracing() -> None:
    request_scope._log_fields = lambda _endpoint, _call: {}  # type: ignore[assignment]


SWITCHES: dict[str, Callable[[], None]] = {
    "validation": _validation,
    "logging": _logging,
    "metrics": _metrics,
    "tracing": _tracing,
}
"""What each takes away: the query's model; the log lines of a request; its counters and histogram; its trace
id, user and data source as fields of every line."""


if __name__ == "__main__":
    for name in sys.argv[1:]:
        SWITCHES[name]()
    sys.argv = sys.argv[:1]  # plugins are started without arguments
    serve("weather_datasource.datasource:WeatherDataSource")
