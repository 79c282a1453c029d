"""One real call to the plugin's backend: health, queries, resources, channels, metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.adapters.backend import BackendKind, running_backend
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project, find_project
from plugin_cli.provisioning import load_settings, unset_variables

if TYPE_CHECKING:
    from plugin_sdk import CallResourceResponse, CheckHealthResult, DataSourceInstanceSettings
    from plugin_sdk.testing import LogLine, PluginClient, QueryResult


@dataclass(frozen=True)
class CallRequest:
    """Which backend is called, with which settings.

    Attributes:
        root: a folder inside the plugin repository.
        backend: the built one, the source, or whichever is newer.
        settings_file: settings instead of those in provisioning/.
        datasource: which of several provisioned data sources.
    """

    root: Path
    backend: BackendKind = BackendKind.AUTO
    settings_file: Path | None = None
    datasource: str | None = None
    on_log: Callable[[LogLine], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class QueryOptions:
    """What is asked: the query's own fields, and the time range that ends now.

    Attributes:
        fields: the query as the editor would store it, by refId.
        range_seconds: how far the range reaches back.
        max_data_points: how many points fit the panel.
    """

    fields: Mapping[str, Mapping[str, Any]]
    range_seconds: float = 3600
    max_data_points: int = 100


@dataclass(frozen=True)
class Connection:
    """A running backend and the data source to call it with."""

    project: Project
    client: PluginClient
    instance: DataSourceInstanceSettings[Any]


@contextmanager
def connected(request: CallRequest, console: Console) -> Iterator[Connection]:
    """Start the backend with the data source's settings; what a call raises becomes a sentence."""
    from plugin_sdk.testing import ClientError

    project = find_project(request.root)
    instance = load_settings(project, settings_file=request.settings_file, name=request.datasource)
    for name, path in unset_variables(project, settings_file=request.settings_file):
        console.warn(f"${name} is not set; {path.name} takes it from the environment (export {name}=...)")
    with running_backend(project, request.backend, console, request.on_log) as process:
        try:
            yield Connection(project, process.client, instance)
        except ClientError as error:
            raise _call_failed(error.code, error.message) from error


def _call_failed(code: str, message: str) -> PluginCliError:
    if code == "UNIMPLEMENTED":
        return PluginCliError(
            message or "the plugin does not implement this", remedy="define the handler in the class"
        )
    if code == "UNAVAILABLE":
        return PluginCliError(
            "the backend ended during the call", why=message, remedy="run again with --verbose"
        )
    return PluginCliError("the call failed", why=f"{code}: {message}", remedy="run again with --verbose")


def check_health(request: CallRequest, console: Console) -> CheckHealthResult:
    """Return the outcome of "Save & test"."""
    with connected(request, console) as connection:
        return connection.client.check_health(connection.instance)


def query(request: CallRequest, options: QueryOptions, console: Console) -> dict[str, QueryResult]:
    """Return the answers by refId."""
    from plugin_sdk.testing import last

    time_range = last(options.range_seconds)
    interval = max(1, int(options.range_seconds * 1000 / options.max_data_points))
    queries = [{**fields, "refId": ref_id} for ref_id, fields in options.fields.items()]
    with connected(request, console) as connection:
        return connection.client.query_data(
            queries,
            connection.instance,
            time_range=time_range,
            interval_ms=interval,
            max_data_points=options.max_data_points,
        )


def call_resource(
    request: CallRequest, method: str, path: str, body: bytes, console: Console
) -> CallResourceResponse:
    """Return the response of a resource."""
    headers = {"Content-Type": ["application/json"]} if body else {}
    with connected(request, console) as connection:
        return connection.client.call_resource(method, path, connection.instance, body=body, headers=headers)


def run_stream(request: CallRequest, path: str, limit: int | None, console: Console) -> Iterator[Any]:
    """Yield the packets of a channel, at most `limit`."""
    with connected(request, console) as connection:
        status, initial = connection.client.subscribe_stream(path, connection.instance)
        if status.name != "OK":
            raise PluginCliError(
                f"the channel {path!r} cannot be opened",
                why=f"the plugin answers {status.name}",
                remedy="see the paths of @stream in the plugin's code",
            )
        if initial is not None:
            yield initial
        packets = connection.client.run_stream(path, connection.instance)
        for number, packet in enumerate(packets, start=1):
            yield packet
            if limit is not None and number >= limit:
                packets.close()  # type: ignore[attr-defined]  # a generator
                return


def collect_metrics(request: CallRequest, console: Console) -> str:
    """Return the metrics in Prometheus' text format."""
    with connected(request, console) as connection:
        return connection.client.collect_metrics()
