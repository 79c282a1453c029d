"""Status for people on stderr, data for programs on stdout."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.status import Status


Transferred = Callable[[int, int], None]
"""Takes how many bytes came, and of how many that are known of."""


class Console(Protocol):
    """Takes the status that capabilities report; they never print themselves."""

    def step(self, text: str) -> None:
        """Report in one line that a step begins or is done."""

    def warn(self, text: str) -> None:
        """Print a warning."""

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that `text` is under way when it takes longer than a second."""
        del text  # a protocol's signature
        yield

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show `text` only if work that usually takes a moment takes longer."""
        del text
        yield

    @contextmanager
    def transferring(self, text: str) -> Iterator[Transferred]:
        """Show the progress of a transfer named `text`; yields the callback that reports it."""
        del text
        yield lambda _done, _total: None


_PATIENCE_SECONDS = 1.5
_SHOWN_PERCENT = 10


def say(text: str) -> None:
    """Write one line to stderr, or lose it: a full disk behind it must not end the work that it reports."""
    with suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class TerminalConsole:
    """The console of the command line.

    `data` goes to stdout and nothing else does. Colour and spinners only on a terminal that allows
    them (NO_COLOR is honoured).
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet

    def data(self, text: str) -> None:
        """Write one block of data to stdout, ended by a newline."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()

    def step(self, text: str) -> None:
        """Report in one line on stderr that a step begins or is done."""
        if not self._quiet:
            say(text)

    def warn(self, text: str) -> None:
        """Print a warning on stderr."""
        say(f"warning: {text}")

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show a spinner on a terminal; elsewhere one line when it begins and one with the time taken."""
        if self._quiet:
            yield
            return
        started = time.monotonic()
        if sys.stderr.isatty():
            with self._spinner(text):
                yield
        else:
            self.step(f"{text} ...")
            yield
        self.step(f"{text}: {time.monotonic() - started:.1f} s")

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show `text` after a moment of silence: a spinner on a terminal, elsewhere one line."""
        if self._quiet:
            yield
            return
        shown = self._spinner(text) if sys.stderr.isatty() else None
        timer = threading.Timer(
            _PATIENCE_SECONDS, shown.start if shown else partial(self.step, f"{text} ...")
        )
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # A timer that fires at this moment would show a spinner that never stops.
            timer.join()
            if shown is not None:
                shown.stop()

    @staticmethod
    def _spinner(text: str) -> Status:
        from rich.console import Console as RichConsole

        return RichConsole(stderr=True).status(text)

    @contextmanager
    def transferring(self, text: str) -> Iterator[Transferred]:
        """Show a bar on a terminal; elsewhere a line for every tenth, and one with the time taken."""
        if self._quiet:
            yield lambda _done, _total: None
            return
        started = time.monotonic()
        if sys.stderr.isatty():
            with _bar(text) as on_progress:
                yield on_progress
        else:
            self.step(f"{text} ...")
            yield self._tenths(text)
        self.step(f"{text}: {time.monotonic() - started:.1f} s")

    def _tenths(self, text: str) -> Transferred:
        shown = 0

        def on_progress(done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // total if total else 0
            # More becomes known on the way; a figure that goes back would only worry.
            if percent >= shown + _SHOWN_PERCENT:
                shown = percent
                self.step(f"{text}: {percent} % of {total / 1e6:.0f} MB")

        return on_progress


@contextmanager
def _bar(text: str) -> Iterator[Transferred]:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
