"""Columns of lists of Python values, without any loss of precision."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from types import NoneType
from typing import Any, NoReturn
from uuid import UUID

from plugin_sdk.data import _json_text, _json_values
from plugin_sdk.data._column import MAX_INT64, MIN_INT64, TYPE_CODES, Buffer, Column, offsets_of, pack_bits
from plugin_sdk.data._convert.python_types import Nanoseconds, derive, plain
from plugin_sdk.data._convert.times import since
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType

Buffers = tuple[Buffer | None, Buffer]  # offsets (variable width only) and data
Kinds = set[type]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_LARGEST_FLOAT32 = 3.4028235677973366e38  # the nearest float32 of larger values is infinity


def field_type(values: Sequence[Any]) -> FieldType:
    """Return the type derived from the values."""
    return derive(*plain(values))


def column(values: Sequence[Any], requested: FieldType | None) -> Column:
    """Return the values as a column of the requested type, or of the type derived from them."""
    values, kinds = plain(values)
    kind = requested or derive(values, kinds)
    unit = "s" if timedelta in kinds else None
    if NoneType not in kinds:
        offsets, data = _convert(values, kind, kinds)
        return Column(kind, len(values), (data,), offsets, unit=unit)
    flags = bytes([value is not None for value in values])
    neutral = _neutral(values, kind)
    filled = [neutral if value is None else value for value in values]
    offsets, data = _convert(filled, kind, kinds - {NoneType} | {type(neutral)})
    return Column(kind, len(values), (data,), offsets, pack_bits(flags), flags.count(0), unit=unit)


def _neutral(values: Sequence[Any], kind: FieldType) -> Any:
    """Return the value in the memory of a null; among times it is a time, so that all have one type."""
    if kind is FieldType.TIME:
        return next((value for value in values if value is not None), Nanoseconds(0))
    return {FieldType.STRING: "", FieldType.BOOL: False, FieldType.JSON: 0, FieldType.FLOAT64: 0.0}.get(
        kind, 0
    )


def _convert(values: Sequence[Any], kind: FieldType, kinds: Kinds) -> Buffers:
    converter = _CONVERTERS[kind]
    try:
        return converter(values, kinds, kind)
    except Exception as error:  # methods of the author's objects may raise anything
        _blame(values, kind, error)


def _blame(values: Sequence[Any], kind: FieldType, error: Exception) -> NoReturn:
    """Raise for the value that cannot be converted, which is searched only after a failure."""
    for row, value in enumerate(values):
        try:
            _CONVERTERS[kind]([value], {type(value)}, kind)
        except FrameError as reason:
            raise FrameError(reason.problem, row=row) from error
        except Exception as reason:
            problem = f"{shown(value)} does not fit a {kind.value} field; expected {_EXPECTED[kind]}"
            raise FrameError(problem, row=row) from reason
    raise FrameError(f"the values together do not fit a {kind.value} field: {error}") from error


def _floats(values: Sequence[Any], kinds: Kinds, _: FieldType) -> Buffers:
    return None, array("d", values if kinds <= {float} else [_float(value) for value in values])


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, float | int | Decimal | Fraction | timedelta):
        raise TypeError
    if isinstance(value, timedelta):
        return value / _SECOND
    number = float(value)
    if isinstance(value, int) and number != value:
        raise FrameError(f"a float64 field cannot represent the whole number {value} exactly")
    if math.isinf(number) and not isinstance(value, float) and value != number:
        raise OverflowError
    return number


def _small_floats(values: Sequence[Any], kinds: Kinds, _: FieldType) -> Buffers:
    numbers = _floats(values, kinds, _)[1]
    if any(abs(number) >= _LARGEST_FLOAT32 and not math.isinf(number) for number in numbers):
        raise OverflowError
    return None, array("f", numbers)


def _integers(values: Sequence[Any], kinds: Kinds, kind: FieldType) -> Buffers:
    if not all(issubclass(one, int) and not issubclass(one, bool | Nanoseconds) for one in kinds):
        raise TypeError
    return None, array(TYPE_CODES[kind], values)


def _flags(values: Sequence[Any], kinds: Kinds, _: FieldType) -> Buffers:
    if not kinds <= {bool}:
        raise TypeError
    return None, pack_bits(bytes(values))


def _times(values: Sequence[Any], kinds: Kinds, _: FieldType) -> Buffers:
    if kinds == {datetime}:
        for epoch in (_EPOCH, _NAIVE_EPOCH):
            try:
                return None, since(values, epoch)
            except (TypeError, OverflowError):
                continue  # mixed kinds, or a time out of range: convert one by one
    return None, array("q", map(nanoseconds, values))


_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d{1,9})\d*")


def _instant_of_text(text: str) -> int:
    """Read ISO 8601 and what databases write: `2026-01-31T12:00:00Z`, `2026-01-31 12:00:00.5+02:00`."""
    fraction = _FRACTION.search(text)
    moment = datetime.fromisoformat(_FRACTION.sub("", text, count=1).strip())
    whole = nanoseconds(moment)
    return whole + (int(fraction[1].ljust(9, "0")) if fraction else 0)


def nanoseconds(value: Any) -> int:
    """Return the instant as nanoseconds since 1970 UTC; UTC if it has no time zone, midnight for a date."""
    if isinstance(value, Nanoseconds):
        instant = int(value)
    elif isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        past = moment - (_NAIVE_EPOCH if moment.utcoffset() is None else _EPOCH)
        instant = (past.days * 86400 + past.seconds) * 10**9 + past.microseconds * 1000
        instant += getattr(past, "nanoseconds", 0)  # pandas' Timedelta
    elif isinstance(value, str):
        instant = _instant_of_text(value)
    else:
        raise TypeError
    if not MIN_INT64 <= instant <= MAX_INT64:
        raise FrameError(f"{shown(value)} is outside 1677-09-21 to 2262-04-11, the range of a time field")
    return instant


def _texts(values: Sequence[Any], kinds: Kinds, _: FieldType) -> Buffers:
    texts = values if kinds <= {str} else [_text(value) for value in values]
    joined = "".join(texts)
    if joined.isascii():  # then lengths in characters and in bytes are equal
        return offsets_of(map(len, texts)), joined.encode()
    return _joined([text.encode() for text in texts])


def _text(value: Any) -> str:
    if isinstance(value, time | date | Nanoseconds):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | UUID | int | Decimal):
        raise TypeError
    return str(value)


def _documents(values: Sequence[Any], _kinds: Kinds, _: FieldType) -> Buffers:
    return _joined([_document(value) for value in values])


def _document(value: Any) -> bytes:
    """Return JSON text: bytes must be JSON already, anything else is encoded as JSON."""
    if isinstance(value, bytes | bytearray):
        return _json_text.check_json(bytes(value))
    if isinstance(value, Nanoseconds):  # a subclass of int, which would be encoded as a number
        value = value.isoformat()
    return _json_values.dumps(value, compact=True).encode()


def _joined(parts: list[bytes]) -> Buffers:
    return offsets_of(map(len, parts)), b"".join(parts)


_CONVERTERS: dict[FieldType, Callable[[Sequence[Any], Kinds, FieldType], Buffers]] = {
    **dict.fromkeys(TYPE_CODES, _integers),
    FieldType.FLOAT64: _floats,
    FieldType.FLOAT32: _small_floats,
    FieldType.BOOL: _flags,
    FieldType.TIME: _times,
    FieldType.STRING: _texts,
    FieldType.JSON: _documents,
}
_EXPECTED = {
    **{kind: "a whole number within its range" for kind in TYPE_CODES},
    FieldType.FLOAT64: "a number",
    FieldType.FLOAT32: "a number within its range",
    FieldType.BOOL: "True or False",
    FieldType.TIME: "a datetime or a date (for numbers: Field.from_epoch)",
    FieldType.STRING: "text",
    FieldType.JSON: "what json.dumps can write, or bytes of JSON",
    FieldType.ENUM: "a whole number from 0 to 65535",
}
