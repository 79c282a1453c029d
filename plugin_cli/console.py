"""Status for people on stderr, data for programs on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Console(Protocol):
    """Where use cases say what they do. They never print themselves."""

    def step(self, text: str) -> None:
        """Say that a step is done or begins; one line."""

    def warn(self, text: str) -> None:
        """Say something that the user should act on although the work goes on."""

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show that `text` is under way when it takes longer than a second."""
        del text  # a protocol's signature
        yield


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
        """Say that a step is done or begins; one line on stderr."""
        if not self._quiet:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def warn(self, text: str) -> None:
        """Say what the user should act on, on stderr."""
        sys.stderr.write(f"warning: {text}\n")
        sys.stderr.flush()

    @contextmanager
    def working(self, text: str) -> Iterator[None]:
        """Show a spinner on a terminal; elsewhere one line when it begins and one with the time taken."""
        if self._quiet:
            yield
            return
        started = time.monotonic()
        if sys.stderr.isatty():
            from rich.console import Console as RichConsole

            with RichConsole(stderr=True).status(text):
                yield
        else:
            self.step(f"{text} ...")
            yield
        self.step(f"{text}: {time.monotonic() - started:.1f} s")
