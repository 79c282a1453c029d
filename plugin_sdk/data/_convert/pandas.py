"""Columns from pandas, whatever dtype they have. pandas itself is the author's: never imported here."""

from __future__ import annotations

import sys
from typing import Any

from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import arrow, numpy, python
from plugin_sdk.data._convert.source import NamedValues, library_of
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType


def named_values(table: Any) -> list[NamedValues]:
    """Return the columns of a data frame or series: an index that carries information, then the others."""
    pandas = sys.modules["pandas"]
    if isinstance(table, pandas.Series):
        table = table.to_frame("value" if table.name is None else table.name)
    if not isinstance(table, pandas.DataFrame):
        raise FrameError(f"{shown(table)} is no table; expected a DataFrame or a Series")
    found = _index_columns(pandas, table.index)
    for label, values in table.items():
        name, labels = _name_and_labels(label, table.columns.names)
        found.append(_named(name, values, labels))
    return found


def _named(name: str, values: Any, labels: dict[str, str] | None = None) -> NamedValues:
    """Converted at once, while pandas' own types are still known."""
    try:
        return NamedValues(name, column(values, None), labels)
    except FrameError as error:
        raise error.within(field=name) from error


def _index_columns(pandas: Any, index: Any) -> list[NamedValues]:
    """Every level with a name, and a nameless one unless it only counts the rows."""
    if isinstance(index, pandas.MultiIndex):
        levels = [(index.get_level_values(place), name) for place, name in enumerate(index.names)]
        return [_named(str(name), level) for level, name in levels if name is not None]
    if index.name is not None:
        return [_named(str(index.name), index)]
    if isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex):
        return [_named("time", index)]
    counts = pandas.api.types.is_integer_dtype(index.dtype) or not len(index)
    return [] if counts else [_named("index", index)]


def _name_and_labels(label: Any, levels: Any) -> tuple[str, dict[str, str] | None]:
    """Of a column with several levels, the named levels are labels and the others are the name."""
    if not isinstance(label, tuple):
        return str(label), None
    labels = {str(level): str(value) for level, value in zip(levels, label, strict=True) if level is not None}
    names = [str(value) for level, value in zip(levels, label, strict=True) if level is None and value != ""]
    return " ".join(names) or "value", labels or None


def field_type(values: Any) -> FieldType:
    """The type the values would be given."""
    return column(values, None).type


def column(values: Any, requested: FieldType | None) -> Column:
    """A series, index or extension array as a column; what pandas calls missing is null."""
    pandas = sys.modules["pandas"]
    series = values if isinstance(values, pandas.Series) else pandas.Series(values)
    dtype = series.dtype
    if library_of(dtype) == "numpy":
        return _numpy_column(series, requested)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        instants = sys.modules["numpy"].asarray(series.array, dtype=f"datetime64[{dtype.unit}]")
        return numpy.column(instants, requested)
    if isinstance(dtype, pandas.CategoricalDtype):
        # The code of a missing value is -1, which finds the None at the end.
        categories = [*dtype.categories.tolist(), None]
        return python.column([categories[code] for code in series.cat.codes.tolist()], requested)
    if isinstance(dtype, pandas.PeriodDtype):
        return column(series.dt.to_timestamp(), requested)
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
    if series.dtype.kind == "O":
        return _object_column(series, requested)
    values = series.to_numpy()
    if series.dtype.kind == "f":  # in pandas' own floats NaN is how a missing value is stored
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
