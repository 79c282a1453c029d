"""What a call found, shown once or again and again: for people as text, for programs as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from plugin_cli.calls.connect import BackendChoice, Connection

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """One answer.

    Attributes:
        lines: what people read; text or what rich renders.
        document: what programs read.
        is_ok: whether a single call ends with 0.
        status: a line about the response that is not data.
    """

    lines: list[RenderableType]
    document: Any
    is_ok: bool = True
    status: str = ""


@dataclass(frozen=True)
class Watch:
    """How a call is repeated.

    Attributes:
        every_seconds: how long after an answer.
    """

    every_seconds: float


def watch_of(watch: bool, every: str) -> Watch | None:
    """Return how the flags repeat a call; None if they do not."""
    from plugin_cli.cli.query_options import parse_duration

    seconds = parse_duration("--every", every)
    return Watch(seconds) if watch else None


def present(
    choice: BackendChoice,
    work: Callable[[Connection], T],
    view: Callable[[T], View],
    *,
    as_json: bool = False,
    watch: Watch | None = None,
) -> int:
    """Call the backend and show its answers; returns the exit code of a single call.

    A repeated one goes on until Ctrl-C.
    """
    from plugin_cli.calls.connect import call_with_retry

    if watch is None:
        console = TerminalConsole(quiet=as_json)
        shown = view(call_with_retry(choice, console, work))
        if shown.status:
            console.step(shown.status)
        if as_json:
            console.data(json.dumps(shown.document))
        else:
            print_lines(shown.lines)
        return 0 if shown.is_ok else 1
    from plugin_cli.calls.repeat import watched

    answers = watched(choice, watch.every_seconds, _Once(quiet=as_json), work)
    _repeat(
        (_failed(found) if isinstance(found, PluginCliError) else view(found) for found in answers), as_json
    )
    return 0


def _failed(error: PluginCliError) -> View:
    return View([f"error: {error}"], {"error": str(error)}, is_ok=False)


class _Once(TerminalConsole):
    """Prints each message once."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._said: set[str] = set()

    def step(self, text: str) -> None:
        """Say a step that is news."""
        if text not in self._said:
            self._said.add(text)
            super().step(text)

    def warn(self, text: str) -> None:
        """Warn of what is news."""
        if text not in self._said:
            self._said.add(text)
            super().warn(text)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show no second spinner beside the answers."""
        del text
        yield


def _repeat(views: Iterator[View], as_json: bool) -> None:
    if as_json:
        for view in views:
            TerminalConsole().data(json.dumps(view.document))
    elif sys.stdout.isatty():
        _redraw(views)
    else:
        for view in views:
            print_lines([_headline(view), *view.lines])


def _redraw(views: Iterator[View]) -> None:
    """Show each answer in the place of the one before, in one write: nothing flickers."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(highlight=False), auto_refresh=False, vertical_overflow="crop") as live:
        for view in views:
            parts = [Text(part) if isinstance(part, str) else part for part in [_headline(view), *view.lines]]
            live.update(Group(*parts), refresh=True)


def _headline(view: View) -> str:
    return f"{time.strftime('%H:%M:%S')}  {view.status}".rstrip()


def print_lines(lines: list[RenderableType]) -> None:
    """Write lines and tables to stdout."""
    for line in lines:
        if isinstance(line, str):
            # As it is, however wide the terminal: it may be piped on.
            sys.stdout.write(line if line.endswith("\n") else line + "\n")
        else:
            _print(line)
    sys.stdout.flush()


def _print(table: RenderableType) -> None:
    from rich.console import Console  # takes longer to import than many an answer takes

    Console(highlight=False, soft_wrap=False).print(table)
