"""JSON for the return values of handlers, tables included."""

from __future__ import annotations

from typing import Any

from plugin_sdk.data._json_values import NotJsonError, dumps


def encode(value: Any) -> bytes:
    """Return `value` as JSON.

    Raises:
        NotJsonError: it contains something that JSON cannot represent.
    """
    return dumps(value, table=_of_table).encode("utf-8", "replace")


def _of_table(value: Any) -> Any:
    """Return the rows of a table, or the values of a column; also rows if its index carries information."""
    from plugin_sdk.data import FrameError

    try:
        return _rows(value) if _has_columns(value) else _of_column(value)
    except FrameError as error:
        raise NotJsonError(str(error)) from error


def _has_columns(value: Any) -> bool:
    return any(hasattr(type(value), name) for name in ("columns", "fetchall", "read_all", "collect"))


def _of_column(value: Any) -> Any:
    from plugin_sdk.data import Field, Frame

    is_pandas = type(value).__module__.startswith("pandas")
    if is_pandas and hasattr(value, "index") and not callable(value.index):  # a series
        rows = _rows(value)
        return [next(iter(row.values())) for row in rows] if rows and len(rows[0]) == 1 else rows
    if is_pandas and getattr(value, "nlevels", 1) > 1:
        return [list(one) for one in value]
    if is_pandas:
        return Field("value", value).to_list()
    (field,) = Frame.from_any(value).fields
    return field.to_list()


def _rows(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table as objects; columns of equal names get labels or a number."""
    from plugin_sdk.data import Frame

    fields = Frame.from_any(table).fields
    given = [field.name for field in fields]
    names: list[str] = []
    for field in fields:
        name = (
            ", ".join(field.labels.values()) if field.labels and given.count(field.name) > 1 else field.name
        )
        number = 2
        unique = name
        while unique in names:
            unique, number = f"{name}_{number}", number + 1
        names.append(unique)
    columns = [field.to_list() for field in fields]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
