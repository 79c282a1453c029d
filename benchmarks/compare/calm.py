"""Whether the machine is quiet enough for figures that others will read.

Nothing of a run is active when this looks: what it sees is other work, and time that the host of a virtual
machine gave to its neighbours (steal).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

MOST_BUSY_PERCENT = 10.0
"""How much of all processors other work may take."""
MOST_STEAL_PERCENT = 2.0
MOST_SPREAD = 1.5
"""The largest ratio of a row's rounds over the smallest: beyond it the row is marked."""
_SECONDS = 2.0
_IDLE, _IOWAIT, _STEAL = 3, 4, 7  # columns of /proc/stat


@dataclass(frozen=True)
class Busy:
    """What others took of the machine in a moment without measurements, in percent of all processors."""

    others: float
    steal: float

    @property
    def reason(self) -> str:
        """Why figures of this moment cannot be trusted, or the empty string."""
        if self.others > MOST_BUSY_PERCENT:
            return (
                f"other work takes {self.others:.0f} % of the processors (at most {MOST_BUSY_PERCENT:.0f} %)"
            )
        if self.steal > MOST_STEAL_PERCENT:
            return (
                f"the host takes {self.steal:.1f} % of the processors away (at most {MOST_STEAL_PERCENT:g} %)"
            )
        return ""

    def __str__(self) -> str:
        return f"other work {self.others:.0f} %, steal {self.steal:.1f} % of {os.cpu_count()} processors"


def look(seconds: float = _SECONDS, stat: Path = Path("/proc/stat")) -> Busy:
    """Watch the processors for a moment."""
    before = _ticks(stat)
    time.sleep(seconds)
    return between(before, _ticks(stat))


def between(before: list[int], after: list[int]) -> Busy:
    """Return what happened between two readings of the first line of /proc/stat."""
    passed = [now - then for then, now in zip(before, after, strict=True)]
    total = sum(passed)
    if not total:
        return Busy(0.0, 0.0)
    used = total - passed[_IDLE] - passed[_IOWAIT] - passed[_STEAL]
    return Busy(100 * used / total, 100 * passed[_STEAL] / total)


def _ticks(stat: Path) -> list[int]:
    """Return user, nice, system, idle, iowait, irq, softirq and steal, which guests' time is part of."""
    return [int(number) for number in stat.read_text().split("\n", 1)[0].split()[1:9]]


def is_unsteady(ratios: list[float]) -> bool:
    """Return True if the rounds of a row differ by more than a page should print unmarked."""
    return len(ratios) > 1 and min(ratios) > 0 and max(ratios) / min(ratios) > MOST_SPREAD
