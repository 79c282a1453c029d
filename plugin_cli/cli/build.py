"""`plugin-cli build`: targets and switches to one request, and what was built in a few lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_cli.cli.app import app

if TYPE_CHECKING:
    from plugin_cli.build.build import BuildResult
    from plugin_cli.console import TerminalConsole

_SHOWN = 8
_WORTH_BYTES = 1_000_000


@app.command()
def build(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            help="linux, linux/arm64, windows, darwin, darwin/amd64 or all; default: this machine's. "
            "remote [TARGET...]: the gate, for a backend that runs elsewhere.",
            show_default=False,
        ),
    ] = None,
    docker: Annotated[
        bool,
        typer.Option("--docker", help="Build in a container: another Linux architecture, or an old host."),
    ] = False,
    image: Annotated[
        str | None,
        typer.Option(help="Image for --docker; default: Python on slim Debian.", show_default=False),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Build again whenever a file changes.")] = False,
    locked: Annotated[
        bool,
        typer.Option("--locked", help="Take the versions of uv.lock; refuse where it does not match."),
    ] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Collect everything again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Build dist/: the executable, the editors and everything else that Grafana loads.

    The old dist/ is replaced only when the new one was started and has answered.
    """
    from plugin_cli.console import TerminalConsole

    console = TerminalConsole()
    if targets and "remote" in targets:
        build_once = _remote([word for word in targets if word != "remote"], console, docker=docker or image)
        build_once = partial(build_once, clean=clean, locked=locked)
    else:
        build_once = _local(targets or [], console)
        build_once = partial(build_once, clean=clean, docker=docker, image=image, locked=locked)
    if watch:
        _watch(build_once, console)
        return
    result = build_once()
    _report(result, console)
    if as_json:
        console.data(_as_json(result))


def _local(targets: list[str], console: TerminalConsole) -> partial[BuildResult]:
    from plugin_cli.build.build import build
    from plugin_cli.target import parse_targets

    return partial(build, Path.cwd(), parse_targets(targets), console)


def _remote(
    targets: list[str], console: TerminalConsole, *, docker: bool | str | None
) -> partial[BuildResult]:
    from plugin_cli.build.remote.build import build_remote
    from plugin_cli.errors import UsageError
    from plugin_cli.target import parse_gate_targets

    if docker:
        raise UsageError(
            "--docker and --image do not go with remote",
            why="the gate is compiled already, for every system",
            remedy="plugin-cli build remote",
        )
    return partial(build_remote, Path.cwd(), parse_gate_targets(targets), console)


def _watch(build_once: Callable[[], BuildResult], console: TerminalConsole) -> None:
    """Build, and again after each change, until interrupted; a failure waits for the next change."""
    from plugin_cli.build.watch import each_save
    from plugin_cli.errors import PluginCliError

    for _ in each_save(Path.cwd()):
        try:
            _report(build_once(), console)
        except PluginCliError as error:
            console.warn(str(error))


def _report(result: BuildResult, console: TerminalConsole) -> None:
    names = ", ".join(path.name for path in result.executables) or result.dist.name
    if result.unchanged:
        console.step(f"nothing changed: {names} is up to date")
        return
    for size in result.sizes[:_SHOWN]:
        console.step(f"  {size.size_bytes / 1e6:6.1f} MB  {size.package}")
    rest = sum(size.size_bytes for size in result.sizes[_SHOWN:])
    if rest:
        console.step(f"  {rest / 1e6:6.1f} MB  in {len(result.sizes) - _SHOWN} more")
    _report_unreached(result, console)
    console.step(
        f"built {names}, version {result.version}: {result.total_bytes / 1e6:.1f} MB in {result.dist}"
    )


def _report_unreached(result: BuildResult, console: TerminalConsole) -> None:
    """Name the large packages that no import statement leads to; drivers found by name are among them."""
    found = [size for size in result.sizes if not size.reached and size.size_bytes >= _WORTH_BYTES]
    if not found:
        return
    names = ", ".join(f"{size.package} ({size.size_bytes / 1e6:.0f} MB)" for size in found[:_SHOWN])
    console.step(f"  no import statement of your code leads to: {names}")
    first = found[0].package
    console.step(f'  to leave out what nothing finds by name either: [tool.plugin-cli] exclude = ["{first}"]')


def _as_json(result: BuildResult) -> str:
    import json

    return json.dumps(
        {
            "dist": str(result.dist),
            "executables": [path.name for path in result.executables],
            "unchanged": result.unchanged,
            "version": result.version,
            "bytes": result.total_bytes,
            "sizes": {size.package: size.size_bytes for size in result.sizes},
        },
        indent=2,
    )
