"""Columns of numpy arrays, used without a copy. numpy is the author's and is not imported here."""

from __future__ import annotations

import sys
from typing import Any

from plugin_sdk.data._column import MAX_INT64, MIN_INT64, TYPE_CODES, Column, Late, scale
from plugin_sdk.data._convert import python
from plugin_sdk.data._convert.python_types import NANOSECONDS
from plugin_sdk.data._convert.source import NamedValues
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field_type import FieldType

_KINDS = {"b": FieldType.BOOL, "M": FieldType.TIME, "m": FieldType.FLOAT64, "U": FieldType.STRING}


def named_values(table: Any) -> list[NamedValues]:
    """Return the columns of a structured array, or the one column of a plain array."""
    _one_dimension(table)
    if table.dtype.names is None:
        return [NamedValues("value", table)]
    return [NamedValues(name, table[name]) for name in table.dtype.names]


def field_type(values: Any) -> FieldType:
    """Return the type by the array's dtype, or by the values of an array of objects."""
    return _own_type(values) or python.field_type(values.tolist())


def column(values: Any, requested: FieldType | None) -> Column:
    """Return the array as a column of the requested type, or of its own type."""
    _one_dimension(values)
    numpy = sys.modules["numpy"]
    own = _own_type(values)
    if (
        own is None
        or own is FieldType.STRING
        or not (requested in (None, own) or _widens(numpy, values, requested))
    ):
        return python.column(_objects(values), requested or own)
    mask = numpy.ma.getmaskarray(values) if isinstance(values, numpy.ma.MaskedArray) else None
    data = numpy.ma.getdata(values) if mask is not None else values
    if data.dtype.kind == "M":
        return times(data, mask)
    if data.dtype.kind == "m":
        return _durations(numpy, data, mask)
    return numbers(data, requested or own, mask)


def numbers(data: Any, kind: FieldType, mask: Any = None) -> Column:
    """Return numbers or flags as a column; `mask` is true for nulls."""
    numpy = sys.modules["numpy"]
    validity, null_count = _validity(numpy, mask)
    if kind is FieldType.BOOL:
        packed = numpy.packbits(data, bitorder="little").tobytes()
        return Column(kind, len(data), (packed,), None, validity, null_count)
    plain = numpy.ascontiguousarray(data.astype("<" + TYPE_CODES[kind], copy=False))
    return Column(kind, len(data), (memoryview(plain),), None, validity, null_count)


def times(data: Any, mask: Any = None) -> Column:
    """Return instants of any unit as a column; NaT is null, and an instant out of range is an error."""
    numpy = sys.modules["numpy"]
    unit, step = numpy.datetime_data(data.dtype)
    if unit in ("Y", "M", "generic"):
        data, unit, step = data.astype("<M8[D]"), "D", 1
    if unit not in NANOSECONDS:
        return python.column(list(data), FieldType.TIME)
    raw = numpy.ascontiguousarray(data.astype(data.dtype.newbyteorder("<"), copy=False)).view("<i8")
    if len(raw) and raw.min() == MIN_INT64:
        mask = raw == MIN_INT64 if mask is None else mask | (raw == MIN_INT64)
    validity, null_count = _validity(numpy, mask)
    factor = NANOSECONDS[unit] * step
    if factor == 1:
        return Column(FieldType.TIME, len(raw), (memoryview(raw),), None, validity, null_count)
    _check_range(data, raw, mask, factor)
    piece = Late(raw.nbytes, lambda target: scale(numpy, raw, factor, target))
    return Column(FieldType.TIME, len(raw), (piece,), None, validity, null_count)


def _check_range(data: Any, raw: Any, mask: Any, factor: int) -> None:
    """Raise for the first instant outside int64 nanoseconds, where numpy would wrap around silently."""
    kept = raw if mask is None else raw[~mask]
    if not len(kept) or (kept.max() <= MAX_INT64 // factor and kept.min() >= -(MAX_INT64 // factor)):
        return
    outside = (raw > MAX_INT64 // factor) | (raw < -(MAX_INT64 // factor))
    row = int((outside if mask is None else outside & ~mask).argmax())
    raise FrameError(f"{data[row]} is outside 1677-09-21 to 2262-04-11, the range of a time field", row=row)


def _durations(numpy: Any, data: Any, mask: Any) -> Column:
    """Return durations as seconds, with that unit."""
    unit, step = numpy.datetime_data(data.dtype)
    if unit not in NANOSECONDS:
        return python.column(list(data), FieldType.FLOAT64)
    absent = numpy.isnat(data)
    if absent.any():
        mask = absent if mask is None else mask | absent
    counts = data.astype(data.dtype.newbyteorder("="), copy=False).view("i8")
    whole = NANOSECONDS[unit] * step  # division by a power of ten is exact, multiplication by 1e-9 is not
    seconds = counts * (whole / 10**9) if whole >= 10**9 else counts / (10**9 / whole)
    found = numbers(seconds, FieldType.FLOAT64, mask)
    return Column(found.type, found.length, found.data, None, found.validity, found.null_count, unit="s")


def _validity(numpy: Any, mask: Any) -> tuple[bytes | None, int]:
    if mask is None or not mask.any():
        return None, 0
    return numpy.packbits(~mask, bitorder="little").tobytes(), int(mask.sum())


def _own_type(values: Any) -> FieldType | None:
    """Return the type of the dtype; None if it depends on the values."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind in "iu":
        return FieldType.of(f"{'u' if kind == 'u' else ''}int{8 * size}")
    if kind == "f" and size <= 8:
        return FieldType.FLOAT64 if size == 8 else FieldType.FLOAT32
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in "OT":
        return None
    hint = "; decode it to str first" if kind == "S" else ""
    raise FrameError(f"numpy's {values.dtype} has no field type{hint}")


def _widens(numpy: Any, values: Any, requested: FieldType | None) -> bool:
    """Return True if the requested type represents every value of the dtype."""
    if requested not in TYPE_CODES or requested in (FieldType.TIME, FieldType.ENUM):
        return False
    whole_into_float = values.dtype.kind in "iu" and values.dtype.itemsize == 8 and requested.value[0] == "f"
    return bool(numpy.can_cast(values.dtype, TYPE_CODES[requested], "safe")) and not whole_into_float


def _objects(values: Any) -> list[Any]:
    """Return Python values, or numpy scalars if Python values would lose precision."""
    return list(values) if values.dtype.kind in "mM" else values.tolist()


def _one_dimension(values: Any) -> None:
    if values.ndim != 1:
        raise FrameError(f"an array of shape {values.shape} is not a column; expected one dimension")
