"""The calls to a plugin's backend, as Grafana makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from plugin_cli.calls.connect import BackendChoice, Connection, connect
from plugin_cli.calls.intervals import round_interval
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError

if TYPE_CHECKING:
    from plugin_sdk.client import QueryResult
    from plugin_sdk.messages import CallResourceResponse, CheckHealthResult


def check_health(connection: Connection) -> CheckHealthResult:
    """Return the outcome of "Save & test"."""
    return connection.client.check_health(connection.instance)


def query(
    connection: Connection,
    queries: Mapping[str, Mapping[str, Any]],
    *,
    range_seconds: float = 3600,
    max_data_points: int = 100,
) -> dict[str, QueryResult]:
    """Return the results by refId; a field that the query's model does not have is refused in them.

    Args:
        connection: to the backend.
        queries: as the editor would store them, by refId.
        range_seconds: how far the time range, which ends now, reaches back.
        max_data_points: how many points fit the panel.
    """
    from plugin_sdk.client import last

    return connection.client.query_data(
        [{**fields, "refId": ref_id} for ref_id, fields in queries.items()],
        connection.instance,
        time_range=last(range_seconds),
        interval_ms=round_interval(range_seconds * 1000 / max_data_points),
        max_data_points=max_data_points,
        known_fields_only=True,
    )


def call_resource(
    connection: Connection, method: str, path: str, body: bytes, params: Sequence[tuple[str, str]] = ()
) -> CallResourceResponse:
    """Return the response of a resource; `params` are added to the query string of its path."""
    if params:
        path += ("&" if "?" in path else "?") + urlencode(params)
    headers = {"Content-Type": ["application/json"]} if body else {}
    return connection.client.call_resource(method, path, connection.instance, body=body, headers=headers)


def collect_metrics(connection: Connection) -> str:
    """Return the metrics in Prometheus' text format."""
    return connection.client.collect_metrics()


def run_stream(choice: BackendChoice, path: str, limit: int | None, console: Console) -> Iterator[Any]:
    """Yield the packets of a channel, at most `limit`."""
    with connect(choice, console) as connection:
        status, initial = connection.client.subscribe_stream(path, connection.instance)
        if status.name != "OK":
            reason = initial.get("message") if isinstance(initial, dict) else None
            raise PluginCliError(
                f"the channel {path!r} cannot be opened",
                why=f"the plugin answers {status.name}" + (f": {reason}" if reason else ""),
                remedy=None if reason else "see the paths of @stream in the plugin's code",
            )
        if initial is not None:
            yield initial
        packets = connection.client.run_stream(path, connection.instance)
        for number, packet in enumerate(packets, start=1):
            yield packet
            if limit is not None and number >= limit:
                packets.close()  # type: ignore[attr-defined]  # a generator
                return
