"""`plugin-cli dev`: flags to calls, sessions to lines."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plugin_cli.cli.app import app

if TYPE_CHECKING:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.owner import DevUpResult
    from plugin_cli.session.backend_record import BackendStatus
    from plugin_cli.session.log import LogEntry

dev = typer.Typer(help="Run the plugin in Grafana, or in the embedded preview.", no_args_is_help=True)
app.add_typer(dev, name="dev")

_COLOURS = {"error": "31", "warn": "33", "debug": "2", "trace": "2"}

JsonOption = Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")]


@dev.command()
def up(
    runtime: Annotated[
        str,
        typer.Option(
            help="docker, local (the Grafana installed here), preview, or auto: the first that can run."
        ),
    ] = "auto",
    backend: Annotated[
        str, typer.Option(help="source: what you write, restarted on change; dist: what was built.")
    ] = "source",
    port: Annotated[
        int | None, typer.Option(help="Port on 127.0.0.1; a free one unless given.", show_default=False)
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it runs; end it with dev down.")
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The preview's settings instead of provisioning/.", show_default=False
        ),
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="Grafana image instead of docker-compose.yaml's.", show_default=False)
    ] = None,
    grafana_version: Annotated[
        str | None,
        typer.Option(metavar="TAG", help="Another tag of that image, e.g. 12.4.3.", show_default=False),
    ] = None,
    grafana: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="The installed Grafana: its program or its folder; found unless given.",
            show_default=False,
        ),
    ] = None,
    debugpy: Annotated[
        bool, typer.Option("--debugpy", help="Let a debugger attach to the backend from source.")
    ] = False,
    debug_port: Annotated[int, typer.Option(help="The debugger's port on 127.0.0.1.")] = 5678,
    reports: Annotated[bool, typer.Option("--reports", hidden=True)] = False,
    as_json: JsonOption = False,
) -> None:
    """Start Grafana or the preview with this plugin; Ctrl-C ends it.

    A second `dev up` for the same plugin finds the first.
    """
    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.up import dev_up

    console = TerminalConsole()

    def ready(result: DevUpResult) -> None:
        if not reports:  # the command that detached this one reports it
            _show(result, console, detach=detach, as_json=as_json)

    dev_up(
        Path.cwd(),
        console,
        ready,
        runtime=runtime,
        backend=backend,
        port=port,
        detach=detach,
        settings_file=settings,
        image=image,
        grafana_version=grafana_version,
        grafana=grafana,
        debug_port=debug_port if debugpy else None,
        reports=reports,
    )


def _show(result: DevUpResult, console: TerminalConsole, *, detach: bool, as_json: bool) -> None:
    session = result.session
    state = "runs already for" if result.found else "runs with"
    why = f" because {session.why}" if session.why else ""
    console.step(f"{session.what} {state} {session.plugin_id} (backend: {session.backend}){why}")
    if as_json:
        document = {
            "url": session.url,
            "runtime": session.runtime,
            "backend": session.backend,
            "plugin": session.plugin_id,
            "pid": session.pid,
            "container": session.container,
            "what": session.what,
            "why": session.why or None,
            "found": result.found,
        }
        console.data(json.dumps(document))
    else:
        console.data(session.url)
    if not result.found:
        console.step("end it with: plugin-cli dev down" if detach else "Ctrl-C ends it")


@dev.command()
def down(as_json: JsonOption = False) -> None:
    """End what `dev up` started, and remove what it left."""
    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.down import dev_down

    console = TerminalConsole()
    result = dev_down(Path.cwd(), console)
    if as_json:
        console.data(json.dumps({"stopped": result.stopped}))
    else:
        console.step("stopped" if result.stopped else "nothing ran")


@dev.command()
def status(as_json: JsonOption = False) -> None:
    """Say what runs for this plugin; exit 1 when nothing does."""
    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.status import dev_status

    console = TerminalConsole()
    result = dev_status(Path.cwd())
    if as_json:
        console.data(json.dumps(result.to_json(), indent=2))
    elif result.starting:
        console.step(f"a session is being started for {result.plugin_id}")
    elif result.session is None:
        after = "; the last session crashed, the next `dev up` removes what it left" if result.crashed else ""
        console.step(f"nothing runs for {result.plugin_id}{after}")
    else:
        answers = "" if result.answers else ", but it does not answer"
        console.data(
            f"{result.session.runtime}  {result.session.url}  backend: {result.session.backend}{answers}"
        )
        console.step(result.session.what + (f", because {result.session.why}" if result.session.why else ""))
        if result.unread:
            console.warn(f"the data source keeps its last settings: {result.unread}")
        if result.problem is not None:
            console.warn(f"the backend does not run: {result.problem.reason}{_where(result.problem)}")
    if result.session is None or not result.answers:
        raise typer.Exit(1)


def _where(backend: BackendStatus) -> str:
    """Return the place to click on, which the sentence has without its folders."""
    return f"\n  {backend.file}:{backend.line or 1}" if backend.file else ""


@dev.command()
def logs(
    level: Annotated[
        str | None, typer.Option(help="trace, debug, info, warn or error, and above.", show_default=False)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the session ends.")] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", "-n", min=0, help="The last so many lines.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what the plugin, and Grafana about it, logged."""
    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.logs import dev_logs

    console = TerminalConsole()
    for entry in dev_logs(Path.cwd(), level=level, follow=follow, tail=tail):
        console.data(entry.to_json() if as_json else _log_line(entry))


def _log_line(entry: LogEntry) -> str:
    """Return time, level, source, message and fields; what needs lines of its own stands below, indented."""
    clock = time.strftime("%H:%M:%S", time.localtime(entry.time))
    short = {name: value for name, value in entry.fields.items() if "\n" not in str(value)}
    long = [str(value) for value in entry.fields.values() if "\n" in str(value)]
    pairs = "".join(f"  {name}={_value(value)}" for name, value in short.items())
    first, *rest = entry.message.splitlines() or [""]
    head = f"{clock} {_coloured(entry.level)} {entry.source:<7} {first}{pairs}"
    below = [line for text in long for line in text.rstrip().splitlines()]
    return "\n".join([head, *(f"    {line}" for line in (*rest, *below))])


def _value(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def _coloured(level: str) -> str:
    colour = _COLOURS.get(level)
    word = f"{level:<5}"
    if colour is None or os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return word
    return f"\x1b[{colour}m{word}\x1b[0m"


@dev.command(name="open")
def open_page() -> None:
    """Open the running session's page in the browser."""
    import webbrowser

    from plugin_cli.console import TerminalConsole
    from plugin_cli.dev.status import dev_status
    from plugin_cli.errors import PluginCliError

    session = dev_status(Path.cwd()).session
    if session is None:
        raise PluginCliError("nothing runs for this plugin", remedy="plugin-cli dev up")
    console = TerminalConsole()
    console.data(session.url)
    if not webbrowser.open(session.url):
        console.warn("no browser could be started here: open that address in yours   (BROWSER names one)")
