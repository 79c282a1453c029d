"""Which runtime a session gets: the one that was named, or the first that this machine can run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from plugin_cli.console import Console
from plugin_cli.dev.owner import Runtime
from plugin_cli.errors import PluginCliError, ToolMissingError

RUNTIMES = ("auto", "docker", "local", "preview")
_ORDER = ("docker", "local", "preview")
_INSTEAD = {
    "local": "running the Grafana that is installed here",
    "preview": "running the embedded preview instead of Grafana",
}

Start = Callable[[], AbstractContextManager[Runtime]]


@contextmanager
def chosen(runtime: str, starts: Mapping[str, Start], console: Console) -> Iterator[tuple[Runtime, str]]:
    """Run the runtime inside the block; yield it and why it is this one, empty where it was named.

    Args:
        runtime: its name, or `auto`.
        starts: how each is started; one that this machine cannot run raises ToolMissingError at the call.
        console: told where `auto` takes another one than the first.
    """
    start, why = (starts[runtime](), "") if runtime != "auto" else _first(starts, console)
    with start as running:
        yield running, why


def _first(starts: Mapping[str, Start], console: Console) -> tuple[AbstractContextManager[Runtime], str]:
    missing: list[str] = []
    for name in _ORDER[:-1]:
        try:
            start = starts[name]()
        except ToolMissingError as error:
            missing.append(_in_one_line(error))
            continue
        if missing:
            console.step(f"{'; '.join(missing)}: {_INSTEAD[name]}")
        return start, "; ".join(missing) or "a Docker engine answers"
    console.step(f"{'; '.join(missing)}: {_INSTEAD['preview']}")
    return starts["preview"](), "; ".join(missing)


def _in_one_line(error: PluginCliError) -> str:
    return " ".join(error.what.split())
