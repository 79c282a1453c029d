"""Figures: what was measured of each subject, as medians, ratios and their spread, beside a goal."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

NEAR_PERCENT = 25
"""A goal missed by less than this is near: machines and rounds differ by as much."""


@dataclass(frozen=True)
class Goal:
    """A limit of Python's value, or of its ratio to a peer's.

    Attributes:
        limit: the most allowed; with `at_least` the least.
        peer: whose value divides Python's; empty for an absolute limit in the figure's unit.
    """

    limit: float
    peer: str = ""
    at_least: bool = False

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.limit:g}" + ("x" if self.peer else "")


@dataclass(frozen=True)
class Figure:
    """One thing measured: the key of its value in a sample, its title, its unit, its goal, and its peer.

    The peer divides Python's value where no goal names one; Go's if it is empty.
    """

    key: str
    title: str
    unit: str
    goal: Goal | None = None
    peer: str = ""


@dataclass(frozen=True)
class Result:
    """A figure with the values of each subject, one a round."""

    group: str
    figure: Figure
    values: Mapping[str, list[float]] = field(default_factory=dict)

    def median(self, subject: str) -> float | None:
        """Return the median of a subject's rounds; None for one that was not measured."""
        values = self.values.get(subject)
        return statistics.median(values) if values else None

    @property
    def peer(self) -> str:
        """Whom Python is divided by: the goal's peer, else the first other subject."""
        goal = self.figure.goal
        if goal is not None and goal.peer:
            return goal.peer
        return self.figure.peer or next((name for name in self.values if name != "python"), "")

    def ratios(self) -> list[float]:
        """Return Python's value over the peer's of the same round."""
        pairs = zip(self.values["python"], self.values.get(self.peer, []), strict=False)
        return [ours / theirs for ours, theirs in pairs if theirs]

    def verdict(self) -> str:
        """Return `reached`, `near (missed by N %)`, `missed by N %`, or nothing where there is no goal."""
        goal = self.figure.goal
        value = self._judged()
        if goal is None or value is None:
            return ""
        excess = goal.limit / value - 1 if goal.at_least else value / goal.limit - 1
        if excess <= 0:
            return "reached"
        percent = 100 * excess
        by = f"missed by {percent:.0f} %"
        return f"near ({by})" if percent < NEAR_PERCENT else by

    def _judged(self) -> float | None:
        goal = self.figure.goal
        if goal is not None and goal.peer:
            ratios = self.ratios()
            return statistics.median(ratios) if ratios else None
        return self.median("python")
