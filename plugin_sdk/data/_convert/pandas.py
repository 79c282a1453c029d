"""Columns of pandas objects with any dtype. pandas is the author's and is not imported here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from plugin_sdk.data import _hints
from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import arrow, numpy, python
from plugin_sdk.data._convert.source import NamedValues, library_of, not_a_table
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field_type import FieldType


def named_values(table: Any) -> list[NamedValues]:
    """Return the columns of a data frame or series: an index that carries information, then the others."""
    pandas = sys.modules["pandas"]
    if isinstance(table, pandas.Series):
        table = table.to_frame("value" if table.name is None else table.name)
    if not isinstance(table, pandas.DataFrame):
        raise not_a_table(table)
    index = [one for one in _index_columns(pandas, table.index) if one.name not in table.columns]
    is_series = any(one.values.type is FieldType.TIME for one in index) or any(
        getattr(dtype, "kind", "") == "M" for dtype in table.dtypes
    )
    found = index
    for label, values in table.items():
        name, labels = _name_and_labels(label, table.columns.names, values if is_series else None)
        found.append(_named(name, values, labels))
    return found


def of_series(columns: Mapping[Any, Any]) -> list[NamedValues] | None:
    """Return the columns of a dict of series with a common index of times, or None if places count.

    Raises:
        FrameError: the indexes are neither times nor equal, so that the same place may be another row.
    """
    pandas = sys.modules["pandas"]
    indexes = [values.index for values in columns.values()]
    if all(isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex) for index in indexes):
        if any(getattr(values.dtype, "kind", "") == "M" for values in columns.values()):
            return None  # the times are a column already
        try:
            return named_values(pandas.DataFrame(dict(columns)))
        except ValueError as error:
            problem = "the series cannot be joined by their times, since some times occur twice"
            raise FrameError(f"{problem}; return a list of the series, or drop the duplicates") from error
    first = next(iter(columns))
    for name, index in zip(columns, indexes, strict=True):
        if not index.equals(indexes[0]):
            raise FrameError(
                f'has another index than "{first}", so that their rows may differ; '
                "join them with pandas.concat(..., axis=1), or use .reset_index(drop=True)",
                field=str(name),
            )
    return None


def _named(name: str, values: Any, labels: dict[str, str] | None = None) -> NamedValues:
    """Return a converted column, since pandas' types are known only here."""
    try:
        return NamedValues(name, column(values, None), labels)
    except FrameError as error:
        raise error.within(field=name) from error


def _index_columns(pandas: Any, index: Any) -> list[NamedValues]:
    """Return every level of a MultiIndex, or the index itself unless it only counts the rows."""
    if isinstance(index, pandas.MultiIndex):
        levels = [index.get_level_values(position) for position in range(index.nlevels)]
        return [_level(level, f"level_{position}") for position, level in enumerate(levels)]
    counts = pandas.api.types.is_integer_dtype(index.dtype) or not len(index)
    is_time = isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex)
    return [] if index.name is None and counts and not is_time else [_level(index, "index")]


def _level(level: Any, otherwise: str) -> NamedValues:
    return _named(_level_name(level, otherwise), level)


def _level_name(level: Any, otherwise: str) -> str:
    """Return the level's name; without one, times and dates are called time."""
    if level.name is not None:
        return str(level.name)
    first = level[0] if len(level) else None
    is_time = level.dtype.kind == "M" or type(level).__name__ == "PeriodIndex" or isinstance(first, date)
    return "time" if is_time else otherwise


def _name_and_labels(label: Any, levels: Any, values: Any) -> tuple[str, dict[str, str] | None]:
    """Return the name and labels of a column: named levels, as from `pivot`, become labels."""
    if not isinstance(label, tuple):
        (level,) = levels
        if level is None or values is None or values.dtype.kind not in "iufb":  # as after reset_index()
            return str(label), None
        return "value", {str(level): str(label)}
    if len(levels) != len(label):  # tuples as names, in a plain index
        return " ".join(map(str, label)), None
    labels = {str(level): str(value) for level, value in zip(levels, label, strict=True) if level is not None}
    names = [str(value) for level, value in zip(levels, label, strict=True) if level is None and value != ""]
    return " ".join(names) or "value", labels or None


def field_type(values: Any) -> FieldType:
    """Return the field type of the values."""
    return column(values, None).type


def column(values: Any, requested: FieldType | None) -> Column:
    """Return a series, index or extension array as a column; missing values are null."""
    pandas = sys.modules["pandas"]
    series = values if isinstance(values, pandas.Series) else pandas.Series(values)
    dtype = series.dtype
    if library_of(dtype) == "numpy":
        return _numpy_column(series, requested)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        instants = sys.modules["numpy"].asarray(series.array, dtype=f"datetime64[{dtype.unit}]")
        return numpy.column(instants, requested)
    if isinstance(dtype, pandas.CategoricalDtype):
        # The code of a missing value is -1, the index of the final None.
        categories = [*dtype.categories.tolist(), None]
        return python.column([categories[code] for code in series.cat.codes.tolist()], requested)
    if isinstance(dtype, pandas.PeriodDtype):
        return column(series.dt.to_timestamp(), requested)
    if isinstance(dtype, pandas.IntervalDtype):  # they come from `cut`, not from data
        return python.column(
            [None if one is pandas.NA or one != one else str(one) for one in series], requested
        )
    if isinstance(dtype, pandas.SparseDtype):
        return column(series.sparse.to_dense(), requested)
    return _extension_column(pandas, series, requested)


def _extension_column(pandas: Any, series: Any, requested: FieldType | None) -> Column:
    dtype = series.dtype
    if isinstance(dtype, pandas.ArrowDtype) or getattr(dtype, "storage", "").startswith("pyarrow"):
        return arrow.column(series.array.__arrow_array__(), requested)
    if isinstance(dtype, pandas.StringDtype):
        return _object_column(series, requested)
    if not hasattr(dtype, "numpy_dtype"):
        raise FrameError(f"pandas' {dtype} has no field type; convert it, for example with .astype(str)")
    mask = series.isna().to_numpy()
    numbers = series.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
    return _masked(numbers, mask, requested)


def _numpy_column(series: Any, requested: FieldType | None) -> Column:
    if series.dtype.kind == "M":
        _hints.note(_hints.NAIVE_TIMES)
    if series.dtype.kind == "O":
        return _object_column(series, requested)
    values = series.to_numpy()
    if series.dtype.kind == "f":  # pandas stores a missing value as NaN
        return _masked(values, sys.modules["numpy"].isnan(values), requested)
    return numpy.column(values, requested)


def _masked(values: Any, mask: Any, requested: FieldType | None) -> Column:
    if not mask.any():
        return numpy.column(values, requested)
    return numpy.column(sys.modules["numpy"].ma.MaskedArray(values, mask), requested)


def _object_column(series: Any, requested: FieldType | None) -> Column:
    missing = series.isna().tolist()
    values = [None if absent else value for absent, value in zip(missing, series.tolist(), strict=True)]
    return python.column(values, requested)
