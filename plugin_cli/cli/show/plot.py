"""A line of numbers as a few rows of characters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HEIGHT = 6


def plot_lines(numbers: Sequence[float], *, width: int, title: str) -> list[str]:
    """Return a column chart of `numbers`, at most `width` characters wide, with its range at the left."""
    low, high = min(numbers), max(numbers)
    labels = [f"{high:.4g}", f"{low:.4g}"]
    margin = max(map(len, labels))
    values = _squeezed(numbers, max(10, width - margin - 2))
    levels = [_level(value, low, high) for value in values]
    rows = []
    for row in range(_HEIGHT):
        floor = (_HEIGHT - 1 - row) * 8
        label = labels[0] if row == 0 else labels[1] if row == _HEIGHT - 1 else ""
        rows.append(
            f"{label:>{margin}} |" + "".join(_EIGHTHS[min(8, max(0, level - floor))] for level in levels)
        )
    return [f"{' ' * margin}  {title}", *rows]


def _squeezed(numbers: Sequence[float], width: int) -> list[float]:
    """Return `width` values: averages of neighbours, or points between them where there are too few."""
    if len(numbers) <= width:
        return [_between(numbers, at * (len(numbers) - 1) / (width - 1)) for at in range(width)]
    edges = [round(at * len(numbers) / width) for at in range(width + 1)]
    return [sum(numbers[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]


def _between(numbers: Sequence[float], position: float) -> float:
    left = min(int(position), len(numbers) - 2)
    return numbers[left] + (numbers[left + 1] - numbers[left]) * (position - left)


def _level(value: float, low: float, high: float) -> int:
    """Return the height of a value in eighths of a row; the lowest still shows."""
    full = _HEIGHT * 8
    return full // 2 if high == low else 1 + round((value - low) / (high - low) * (full - 1))
