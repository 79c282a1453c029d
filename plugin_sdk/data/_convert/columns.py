"""Columns of any kind of values; each kind has its own module."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import source
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType


class Converter(Protocol):
    """A module that converts one kind of values to columns."""

    def field_type(self, values: Any) -> FieldType: ...  # the class says it
    def column(self, values: Any, requested: FieldType | None) -> Column: ...


def prepare(values: Any) -> Any:
    """Return the values in a form with a length that can be iterated repeatedly; refuse text and tables."""
    if isinstance(values, list | tuple | array | Column):
        return values
    if hasattr(values, "dtype") or source.is_arrow(values):
        if getattr(values, "ndim", 1) == 0:
            raise FrameError(f"{shown(values)} is one value; expected a list, an array or a series")
        return values
    if isinstance(values, str | bytes | bytearray | Mapping) or not isinstance(values, Iterable):
        raise FrameError(f"{shown(values)} is not a column; expected a list, an array or a series")
    return source.read_all(values)


def to_column(values: Any, requested: FieldType | None) -> Column:
    """Return the values as a column of the requested type, or of the type derived from them."""
    if isinstance(values, Column):
        if requested in (None, values.type):
            return values
        raise FrameError(f"a decoded {values.type.value} field cannot become {requested.value}")
    if isinstance(values, array):
        return _from_array(values, requested)
    return converter_for(values).column(values, requested)


def type_of(values: Any) -> FieldType:
    """Return the type derived from the values."""
    if isinstance(values, Column):
        return values.type
    if isinstance(values, array):
        return _array_type(values)
    return converter_for(values).field_type(values)


def converter_for(values: Any) -> Converter:
    """Return the module for these values, imported on use, since most plugins need only one."""
    package = "" if type(values) in (list, tuple) else source.library_of(values)
    if package == "pandas":
        from plugin_sdk.data._convert import pandas

        return pandas
    if package == "numpy":
        from plugin_sdk.data._convert import numpy

        return numpy
    if package and source.is_arrow(values):
        from plugin_sdk.data._convert import arrow

        return arrow
    from plugin_sdk.data._convert import python

    return python


def _array_type(values: array[Any]) -> FieldType:
    """Return the type by type code and item size, since the size of `l` depends on the platform."""
    if values.typecode == "u":
        raise FrameError("an array of characters is not a column; expected a list of str")
    if values.typecode in "fd":
        return FieldType.FLOAT64 if values.typecode == "d" else FieldType.FLOAT32
    return FieldType.of(f"{'u' if values.typecode.isupper() else ''}int{8 * values.itemsize}")


def _from_array(values: array[Any], requested: FieldType | None) -> Column:
    """Return a column with the array's memory if its type fits; otherwise convert it as a list."""
    own = _array_type(values)
    if requested in (None, own):
        return Column(own, len(values), (values,))
    from plugin_sdk.data._convert import python

    return python.column(list(values), requested)
