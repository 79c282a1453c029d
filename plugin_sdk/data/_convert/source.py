"""Facts about values before they are converted: their library, their name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from plugin_sdk.data.errors import FrameError

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


def read_all(values: Iterable[Any]) -> list[Any]:
    """Return all values of an iterable.

    Raises:
        FrameError: it does not seem to end.
    """
    found = list(islice(values, _MOST_VALUES + 1))
    if len(found) > _MOST_VALUES:
        raise FrameError(f"more than {_MOST_VALUES:,} values; expected an iterable that ends")
    return found
