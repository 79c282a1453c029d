"""Facts about values before they are converted: their library, their name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from plugin_sdk.data.errors import FrameError, shown

_MOST_VALUES = 50_000_000


class NamedValues(NamedTuple):
    """One column of a table, not yet a field."""

    name: str
    values: Any
    labels: Mapping[str, str] | None = None


def library_of(value: object) -> str:
    """Return the library that made the value, by which numpy and pandas are recognised without an import."""
    for base in type(value).__mro__:  # a subclass of theirs may come from anywhere
        library = base.__module__.partition(".")[0]
        if library in ("numpy", "pandas", "polars"):
            return library
    return "" if isinstance(value, list | tuple) else type(value).__module__


def is_arrow(values: object) -> bool:
    """Return True if the values offer Arrow's C interface."""
    return hasattr(values, "__arrow_c_array__") or hasattr(values, "__arrow_c_stream__")


def not_a_table(value: object) -> FrameError:
    """Return the error for an object of pandas or polars that holds no rows, such as a GroupBy."""
    expected = "is not a table; expected a DataFrame or a Series"
    if hasattr(value, "agg") and hasattr(value, "__iter__"):
        return FrameError(f"{type(value).__name__} {expected}, which .agg(...) or .sum() makes of it")
    return FrameError(f"{shown(value)} {expected}")


def is_series(value: object) -> bool:
    """Return True for a series of pandas."""
    return library_of(value) == "pandas" and any(base.__name__ == "Series" for base in type(value).__mro__)


def is_series_of_times(value: object) -> bool:
    """Return True for a series of pandas that is indexed by times; indexed by names, it is a row."""
    return is_series(value) and type(getattr(value, "index", None)).__name__ in (
        "DatetimeIndex",
        "PeriodIndex",
    )


def read_all(values: Iterable[Any]) -> list[Any]:
    """Return all values of an iterable.

    Raises:
        FrameError: it does not seem to end.
    """
    found = list(islice(values, _MOST_VALUES + 1))
    if len(found) > _MOST_VALUES:
        raise FrameError(f"more than {_MOST_VALUES:,} values; expected an iterable that ends")
    return found
