"""JSON of Python values: those of common libraries are converted, anything else is refused.

Nothing is converted by `str()`, which would send the memory address of an object to the browser as data.
"""

from __future__ import annotations

import json
import math
import sys
from collections import UserString
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from plugin_sdk.data.errors import shown

_TABLE_ATTRIBUTES = ("dtype", "columns", "__arrow_c_array__", "__arrow_c_stream__", "collect")
_MOST_VALUES = 50_000_000
_EXPECTED = "expected numbers, texts, dates, lists, dicts, dataclasses, models or tables"


class NotJsonError(ValueError):
    """JSON cannot represent a value; `path` locates it in the return value.

    Attributes:
        path: such as `stations[2].height`; empty for the return value itself.
        problem: what was found there, and what to return instead.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.problem = problem
        self.path = path


Convert = Callable[[Any], Any]


def dumps(value: Any, *, compact: bool = False, table: Convert | None = None) -> str:
    """Return `value` as JSON.

    Args:
        value: the return value of a handler.
        compact: whether to omit spaces.
        table: converts tables and columns to rows or values; without it they are refused.

    Raises:
        NotJsonError: JSON cannot represent a part of it; the error locates it.
    """
    separators = (",", ":") if compact else None
    seen = _Reader(table)
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, default=seen.plain, separators=separators
        )
    except (TypeError, ValueError, RecursionError):
        # A key that is not a string, or an unknown value: only then is the whole value traversed.
        try:
            return json.dumps(_walked(value, "", (), seen), ensure_ascii=False, separators=separators)
        except RecursionError:
            raise NotJsonError("the value is nested too deeply, or without end") from None


class _Reader:
    """Converts values for the json module; the values of iterators are kept for a second traversal."""

    def __init__(self, table: Convert | None) -> None:
        self._table = table
        self._read: dict[int, tuple[Any, list[Any]]] = {}

    def plain(self, value: Any) -> Any:
        """Convert as the function does, with tables as rows; an iterator is read once."""
        if is_table(value):
            if self._table is None:
                raise NotJsonError(_refusal(value))
            return self._table(value)
        if not hasattr(value, "__next__"):
            return plain(value)
        if id(value) not in self._read:
            self._read[id(value)] = (value, _read_all(value))
        return self._read[id(value)][1]


def is_table(value: Any) -> bool:
    """Return True for tables, columns and cursors, which become rows or values."""
    if hasattr(value, "fetchall"):
        return True
    library = _library_of(value)
    if library in ("", "numpy") or hasattr(value, "as_py"):
        return False
    return any(
        map(partial(hasattr, type(value)), _TABLE_ATTRIBUTES)
    )  # on the class, so that no property is evaluated


def _read_all(values: Iterable[Any]) -> list[Any]:
    found = list(islice(values, _MOST_VALUES + 1))
    if len(found) > _MOST_VALUES:
        raise NotJsonError(f"more than {_MOST_VALUES:,} values; expected an iterable that ends")
    return found


def plain(value: Any) -> Any:
    """Return an equivalent of a value that the json module does not support.

    Raises:
        NotJsonError: there is none.
    """
    if isinstance(value, Enum):
        return value.value
    library = _library_of(value)
    if library:
        return _of_library(value, library)
    for kind, convert in _CONVERTERS:
        if isinstance(value, kind):
            return convert(value)
    return _of_structure(value)


def _of_structure(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", fallback=plain)
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    if hasattr(type(value), "__attrs_attrs__"):
        return {part.name: getattr(value, part.name) for part in type(value).__attrs_attrs__}
    if isinstance(getattr(value, "_mapping", None), Mapping):  # a row of SQLAlchemy
        return dict(value._mapping)
    if type(value).__module__ == "ipaddress" or hasattr(type(value), "unicode_string"):  # pydantic's URLs
        return str(value)
    if hasattr(value, "get_secret_value"):
        return "**********"
    if hasattr(value, "to_json") and hasattr(value, "fields"):  # a Frame
        return json.loads(value.to_json())
    if (
        hasattr(value, "keys") and hasattr(value, "__getitem__") and not isinstance(value, type)
    ):  # sqlite3.Row
        return {key: value[key] for key in value.keys()}  # noqa: SIM118  # it iterates over values
    if isinstance(value, Iterable) and not isinstance(value, type | bytes | bytearray | memoryview):
        return _read_all(value)
    raise NotJsonError(_refusal(value))


def _refusal(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{type(value).__name__} inside JSON; decode it to text, or return the bytes alone"
    if isinstance(value, complex):
        return f"{shown(value)} has no JSON; return its parts"
    if isinstance(value, type) or callable(value):
        return f"{shown(value)} has no JSON; was it meant to be called?"
    return f"{shown(value)} has no JSON; {_EXPECTED}"


def _of_decimal(value: Decimal) -> int | float:
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)


_CONVERTERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (datetime, lambda value: None if value != value else value.isoformat()),  # pandas' NaT is a datetime
    (date | time, lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (Decimal, _of_decimal),
    (Fraction, float),
    (UUID | PurePath | UserString, str),
    (BaseException, str),
    (Mapping, dict),
    (SimpleNamespace, vars),
)


def _library_of(value: Any) -> str:
    for base in type(value).__mro__:
        library = base.__module__.partition(".")[0]
        if library in ("numpy", "pandas", "polars", "pyarrow"):
            return library
    return ""


def _of_library(value: Any, library: str) -> Any:
    name = type(value).__name__
    if name in ("NaTType", "NAType"):
        return None
    if library == "numpy":
        return _of_numpy(value)
    if library == "pandas" and isinstance(value, datetime | timedelta):  # Timestamp, Timedelta
        return value.isoformat() if isinstance(value, datetime) else value.total_seconds()
    if hasattr(value, "as_py"):  # a scalar of Arrow
        return value.as_py()
    if name in ("Period", "Interval"):
        return str(value)
    raise NotJsonError(_refusal(value))


def _of_numpy(value: Any) -> Any:
    numpy = sys.modules["numpy"]
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        raise NotJsonError(_refusal(value))
    if dtype.kind == "M":
        return _of_instants(numpy, value)
    if dtype.kind == "m":
        seconds = value / numpy.timedelta64(1, "s")
        return numpy.where(numpy.isnat(value), None, seconds).tolist()
    if dtype.names is not None:
        rows = value.tolist() if value.ndim else [value.tolist()]
        found = [dict(zip(dtype.names, row, strict=True)) for row in rows]
        return found if value.ndim else found[0]
    if isinstance(value, numpy.ma.MaskedArray):
        return value.tolist()
    item = value.tolist()
    if type(item) is type(value):
        raise NotJsonError(_refusal(value))
    return item


def _of_instants(numpy: Any, value: Any) -> Any:
    texts = numpy.datetime_as_string(value)
    return numpy.where(numpy.isnat(value), None, texts).tolist()


def _walked(value: Any, path: str, above: tuple[int, ...], seen: _Reader) -> Any:
    """Return a value converted throughout, or raise for the part that JSON cannot represent."""
    if isinstance(value, float) and not math.isfinite(value):
        raise NotJsonError(f"{float(value)} is not JSON compliant; return None instead", path)
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if id(value) in above:
        raise NotJsonError("holds itself, so that its JSON would never end", path)
    inside = (*above, id(value))
    if isinstance(value, dict):
        return {_key(key, path): _walked(one, _joined(path, key), inside, seen) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(one, f"{path}[{index}]", inside, seen) for index, one in enumerate(value)]
    try:
        found = seen.plain(value)
    except NotJsonError as error:
        raise NotJsonError(error.problem, path) from error
    return _walked(found, path, inside, seen)


def _key(key: Any, path: str) -> str | int | float | bool | None:
    if isinstance(key, str | int | float | bool | None):
        return key.value if isinstance(key, Enum) else key
    found = plain(key) if not isinstance(key, tuple | bytes | frozenset) else key
    if not isinstance(found, str | int | float | bool | None):
        raise NotJsonError(f"the key {shown(key)} is not a string; JSON keys are strings", path)
    return found


def _joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
