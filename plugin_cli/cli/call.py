"""`health`, `query`, `resource`, `stream` and `metrics`: one real call to the plugin's backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_cli.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_cli.calls.connect import BackendChoice
    from plugin_sdk.client import QueryResult
    from plugin_sdk.messages import CallResourceResponse, CheckHealthResult

BackendOption = Annotated[
    str,
    typer.Option(
        "--backend",
        help="dev: that of the running dev up; source; dist; or auto: dev where one runs, "
        "else the built one unless the source is newer.",
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="Settings (jsonData, secureJsonData) instead of provisioning/.",
        show_default=False,
    ),
]
DatasourceOption = Annotated[
    str | None, typer.Option(help="Which provisioned data source, by name or uid.", show_default=False)
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Result as JSON on stdout; with --watch one object a line.")
]
WatchOption = Annotated[bool, typer.Option("--watch", "-w", help="Ask again and again, and on every change.")]
EveryOption = Annotated[str, typer.Option("--every", help="With --watch: how long after an answer.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show the backend's log lines.")]


def _choice(backend: str, settings: Path | None, datasource: str | None, verbose: bool) -> BackendChoice:
    from plugin_cli.calls.connect import BackendChoice
    from plugin_cli.calls.launch import BackendKind
    from plugin_cli.cli.show.tables import show_log
    from plugin_cli.errors import choice_error

    kinds = [kind.value for kind in BackendKind]
    if backend not in kinds:
        raise choice_error("--backend", backend, kinds)
    return BackendChoice(
        Path.cwd(), BackendKind(backend), settings, datasource, show_log if verbose else None
    )


@app.command()
def health(
    backend: BackendOption = "auto",
    settings: SettingsOption = None,
    datasource: DatasourceOption = None,
    watch: WatchOption = False,
    every: EveryOption = "2s",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run "Save & test" against the backend; exit 0 only if it is OK."""
    from plugin_cli.calls.call import check_health
    from plugin_cli.cli.show.present import View, present, watch_of

    def view(result: CheckHealthResult) -> View:
        details = dict(result.details) if result.details else None
        document = {"status": result.status.name, "message": result.message, "details": details}
        return View([f"{result.status.name}: {result.message}"], document, result.status.name == "OK")

    choice = _choice(backend, settings, datasource, verbose)
    raise typer.Exit(present(choice, check_health, view, as_json=as_json, watch=watch_of(watch, every)))


@app.command()
def query(
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD=VALUE]...",
            help="Fields of the query; lists and objects as JSON: 'hosts=[\"web1\"]'.",
            show_default=False,
        ),
    ] = None,
    range_: Annotated[str, typer.Option("--range", help="How far back: 30s, 15m, 6h, 7d.")] = "1h",
    points: Annotated[int, typer.Option(help="Points that fit the panel.", min=1)] = 100,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="JSON with one query, or a list of them with refId.", show_default=False
        ),
    ] = None,
    backend: BackendOption = "auto",
    settings: SettingsOption = None,
    datasource: DatasourceOption = None,
    watch: WatchOption = False,
    every: EveryOption = "2s",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Query the backend; shows a plot and a table. Exit 1 if a query has an error."""
    from plugin_cli.calls.call import query as run_query
    from plugin_cli.cli.query_options import parse_duration, parse_queries, results_document
    from plugin_cli.cli.show.present import View, present, watch_of
    from plugin_cli.cli.show.tables import results_lines

    def view(results: Mapping[str, QueryResult]) -> View:
        is_ok = not any(result.error for result in results.values())
        return View(results_lines(results), results_document(results), is_ok)

    queries, seconds = parse_queries(fields or [], file), parse_duration("--range", range_)
    code = present(
        _choice(backend, settings, datasource, verbose),
        lambda connection: run_query(connection, queries, range_seconds=seconds, max_data_points=points),
        view,
        as_json=as_json,
        watch=watch_of(watch, every),
    )
    raise typer.Exit(code)


@app.command()
def resource(
    path: Annotated[str, typer.Argument(help="Path below /resources/, with its query string.")],
    params: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Parameters of the query string.", show_default=False),
    ] = None,
    method: Annotated[str, typer.Option("--method", "-X", help="HTTP method.")] = "GET",
    data: Annotated[str, typer.Option("--data", "-d", help="Body; @FILE reads it from a file.")] = "",
    backend: BackendOption = "auto",
    settings: SettingsOption = None,
    datasource: DatasourceOption = None,
    watch: WatchOption = False,
    every: EveryOption = "2s",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Call a resource and print its body; exit 1 unless its status is below 400."""
    from plugin_cli.calls.call import call_resource
    from plugin_cli.cli.query_options import body_of, parse_params, response_document
    from plugin_cli.cli.show.present import View, present, watch_of

    def view(response: CallResourceResponse) -> View:
        text = response.body.decode("utf-8", "replace")
        return View([text], response_document(response), response.status < 400, f"{response.status}")

    body, given = body_of(data), parse_params(params or [])
    code = present(
        _choice(backend, settings, datasource, verbose),
        lambda connection: call_resource(connection, method.upper(), path, body, given),
        view,
        as_json=as_json,
        watch=watch_of(watch, every),
    )
    raise typer.Exit(code)


@app.command()
def stream(
    path: Annotated[str, typer.Argument(help="Path of the channel.")],
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", help="Stop after so many packets.", min=1)
    ] = None,
    backend: BackendOption = "auto",
    settings: SettingsOption = None,
    datasource: DatasourceOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Run a channel and print each packet as one line of JSON, until Ctrl-C."""
    from plugin_cli.calls.call import run_stream
    from plugin_cli.console import TerminalConsole

    console = TerminalConsole()
    for packet in run_stream(_choice(backend, settings, datasource, verbose), path, limit, console):
        console.data(json.dumps(packet))


@app.command()
def metrics(
    backend: BackendOption = "auto",
    watch: WatchOption = False,
    every: EveryOption = "2s",
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print the backend's metrics in Prometheus' text format."""
    from plugin_cli.calls.call import collect_metrics
    from plugin_cli.cli.show.present import View, present, watch_of

    code = present(
        _choice(backend, None, None, verbose),
        collect_metrics,
        lambda text: View([text], _metrics_document(text)),
        as_json=as_json,
        watch=watch_of(watch, every),
    )
    raise typer.Exit(code)


def _metrics_document(text: str) -> dict[str, Any]:
    """Return the metrics of a text, each with its samples; numbers JSON has not are text, such as `NaN`."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        "metrics": [
            {
                "name": family.name,
                "type": family.type,
                "help": family.documentation,
                "samples": [
                    {"name": sample.name, "labels": sample.labels, "value": _number(sample.value)}
                    for sample in family.samples
                ],
            }
            for family in text_string_to_metric_families(text)
        ]
    }


def _number(value: float) -> float | str:
    return value if value - value == 0 else str(value)
