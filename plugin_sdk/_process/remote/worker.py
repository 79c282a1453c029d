"""What a process of a group that shares an address knows of the group."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

VARIABLE = "PLUGIN_SDK_WORKER"


class Worker(NamedTuple):
    """One process of a group.

    Attributes:
        number: from 0.
        address: what the group listens on.
        file: where it reports that it listens, and at which port its metrics are.
    """

    number: int
    address: str
    file: Path

    def variable(self) -> dict[str, str]:
        """Return the environment variable by which the process learns it."""
        return {VARIABLE: f"{self.number} {self.address} {self.file}"}

    def report(self, metrics: int) -> None:
        """Tell the process that started this one that it listens."""
        made = self.file.with_suffix(".new")
        made.write_text(f"{metrics}")
        made.replace(self.file)

    def metrics(self) -> int | None:
        """Return the port that it reported, 0 without metrics; None before it listens."""
        try:
            return int(self.file.read_text())
        except (OSError, ValueError):
            return None


def this_worker() -> Worker | None:
    """Return what this process is in its group, once: programs that it starts are none of it."""
    text = os.environ.pop(VARIABLE, "")
    if not text:
        return None
    number, address, file = text.split(" ", 2)
    return Worker(int(number), address, Path(file))
