"""Tables of texts and of values with their spread, for the terminal and for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | float | Sequence[float]


class Table:
    """Rows under a title; a list of values becomes its median with the smallest and the largest."""

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        self.title = title
        self.rows: list[list[str]] = [list(columns)]

    def add(self, *cells: Cell) -> None:
        """Append a row."""
        self.rows.append([text(cell) for cell in cells])

    def plain(self) -> str:
        """Return aligned columns."""
        widths = [max(len(row[column]) for row in self.rows) for column in range(len(self.rows[0]))]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in self.rows)
        return "\n".join([self.title, *lines])

    def markdown(self) -> str:
        """Return a table for the documentation."""
        head, *body = self.rows
        lines = [head, ["---"] * len(head), *body]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(line)} |" for line in lines), ""])

    def entries(self) -> list[dict[str, str]]:
        """Return the rows by column."""
        head, *body = self.rows
        return [dict(zip(head, row, strict=True)) for row in body]


def text(cell: Cell) -> str:
    """Return one cell as it is shown."""
    if isinstance(cell, str):
        return cell
    return number(cell) if isinstance(cell, int | float) else _spread(cell)


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    around = f" ({number(ordered[0])}..{number(ordered[-1])})" if len(ordered) > 1 else ""
    return number(middle) + around


def number(value: float) -> str:
    """Return three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
