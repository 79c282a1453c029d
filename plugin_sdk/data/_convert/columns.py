"""One way from any kind of values to a column: each kind of source has a module of its own."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import source
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType


class Converter(Protocol):
    """A module that turns one kind of values into columns."""

    def field_type(self, values: Any) -> FieldType: ...  # named by the class
    def column(self, values: Any, requested: FieldType | None) -> Column: ...


def prepare(values: Any) -> Any:
    """Values that can be walked more than once and have a length; text and tables are refused."""
    if isinstance(values, list | tuple | array | Column):
        return values
    if hasattr(values, "dtype") or source.is_arrow(values):
        return values
    if isinstance(values, str | bytes | bytearray | Mapping) or not isinstance(values, Iterable):
        raise FrameError(f"{shown(values)} is not a column; expected a list, an array or a series")
    return source.read_all(values)


def to_column(values: Any, requested: FieldType | None) -> Column:
    """The values as a column of the requested type, or of the type they suggest."""
    if isinstance(values, Column):
        if requested in (None, values.type):
            return values
        raise FrameError(f"a decoded {values.type.value} field cannot become {requested.value}")
    if isinstance(values, array):
        return _from_array(values, requested)
    return converter_for(values).column(values, requested)


def type_of(values: Any) -> FieldType:
    """The type that the values suggest."""
    if isinstance(values, Column):
        return values.type
    if isinstance(values, array):
        return _array_type(values)
    return converter_for(values).field_type(values)


def converter_for(values: Any) -> Converter:
    """The module for these values; imported on first use, since most plugins need only one."""
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
    """The type by the letter and its width, since `l` is as wide as the platform says."""
    if values.typecode == "u":
        raise FrameError("an array of characters is not a column; expected a list of str")
    if values.typecode in "fd":
        return FieldType.FLOAT64 if values.typecode == "d" else FieldType.FLOAT32
    return FieldType.of(f"{'u' if values.typecode.isupper() else ''}int{8 * values.itemsize}")


def _from_array(values: array[Any], requested: FieldType | None) -> Column:
    """An array of the right type is used as it lies; any other goes the way of lists."""
    own = _array_type(values)
    if requested in (None, own):
        return Column(own, len(values), (values,))
    from plugin_sdk.data._convert import python

    return python.column(list(values), requested)
