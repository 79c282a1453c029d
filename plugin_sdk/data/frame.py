"""A table with types, labels and display hints, which every query returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plugin_sdk.data import _json_text
from plugin_sdk.data._checked import CheckedFrame, Include
from plugin_sdk.data._parts import FrameParts
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import CheckedField, Field
from plugin_sdk.data.meta import FrameMeta, Notice, NoticeSeverity


class Frame:
    """A name and fields of equal length.

    Examples:
        >>> from datetime import UTC, datetime
        >>> frame = Frame(
        ...     "temperature",
        ...     Field("time", [datetime(2026, 1, 1, tzinfo=UTC)]),
        ...     Field("value", [21.5], labels={"station": "berlin"}),
        ... )
        >>> len(frame), [field.type.value for field in frame.fields]
        (1, ['time', 'float64'])
    """

    converted: tuple[CheckedField, ...] | None = None
    """The checked fields, for the runtime, in a frame that it has made itself."""

    def __init__(
        self, name: str = "", *fields: Field, ref_id: str = "", meta: FrameMeta | None = None
    ) -> None:
        self.name = name
        self.fields = list(fields)
        self.ref_id = ref_id
        self.meta = meta

    @classmethod
    def from_any(
        cls, table: Any, *, name: str = "", ref_id: str = "", meta: FrameMeta | None = None
    ) -> Frame:
        """Return a frame of columns, rows, a cursor, numpy, pandas, polars or Arrow.

        Examples:
            >>> Frame.from_any({"name": ["a", "b"], "value": [1.0, None]}).fields[1].nullable
            True
        """
        from plugin_sdk.data._tables import fields_of

        try:
            fields = table.fields if isinstance(table, Frame) else fields_of(table)
            return cls(name, *fields, ref_id=ref_id, meta=meta)
        except FrameError as error:
            raise error.within(frame=name or ref_id) from error

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Any],
        columns: Sequence[str] | None = None,
        *,
        name: str = "",
        ref_id: str = "",
        meta: FrameMeta | None = None,
        limit: int | None = None,
    ) -> Frame:
        """Return a frame of rows: tuples with `columns`, or dicts, dataclasses and named tuples.

        With `limit`, at most that many rows are read, and a notice tells the user if there are more.

        Examples:
            >>> Frame.from_rows([("a", 1), ("b", 2)], ["name", "value"]).fields[0].values
            ['a', 'b']
        """
        from itertools import islice

        from plugin_sdk.data._tables import fields_of_rows

        found = list(rows if limit is None else islice(rows, limit + 1))
        notices = [] if limit is None or len(found) <= limit else [more_rows_notice(limit)]
        try:
            frame = cls(name, *fields_of_rows(found[:limit], columns), ref_id=ref_id, meta=meta)
            return frame.append_notices(*notices) if notices else frame
        except FrameError as error:
            raise error.within(frame=name or ref_id) from error

    @classmethod
    def from_arrow(cls, data: bytes) -> Frame:
        """Return the frame that `to_arrow` encoded.

        Raises:
            FrameError: Grafana could not read the bytes.
        """
        from plugin_sdk.data._arrow.reader import read

        return cls._of_parts(read(data))

    @classmethod
    def from_json(cls, text: str | bytes) -> Frame:
        """Return the frame that `to_json` encoded.

        Raises:
            FrameError: Grafana could not read the text.
        """
        from plugin_sdk.data._json.decode import decode

        return cls._of_parts(decode(text))

    @classmethod
    def _of_parts(cls, parts: FrameParts) -> Frame:
        frame = cls(parts.name, *parts.fields, ref_id=parts.ref_id, meta=parts.meta)
        frame.check()
        return frame

    def check(self) -> CheckedFrame:
        """Return the frame in the form that can be encoded.

        Raises:
            FrameError: Grafana could not read the frame; the text says what is wrong and where.
        """
        try:
            fields = tuple(self._field(index, field).check() for index, field in enumerate(self.fields))
            for field in fields[1:]:
                if field.column.length != fields[0].column.length:
                    problem = f"has {field.column.length} values; expected {fields[0].column.length}"
                    reason = f'as many as field "{fields[0].name}"'
                    raise FrameError(f"{problem}, {reason}", field=field.name)
            meta = None if self.meta is None else self.meta.to_dict()
            return CheckedFrame(self._text("name"), self._text("ref_id"), meta, fields)
        except FrameError as error:
            raise error.within(frame=str(self.name or self.ref_id)) from error

    def to_arrow(self) -> bytes:
        """Return the frame as an Arrow IPC file, as in the response to a query."""
        return self.check().to_arrow()

    def to_json(self, include: Include = "all") -> str:
        """Return the frame in Grafana's JSON format; `include` may select its schema or its data alone."""
        return self.check().to_json(include)

    def append_notices(self, *notices: Notice) -> Frame:
        """Add notices for the user, and return the frame itself."""
        self.meta = self.meta or FrameMeta()
        self.meta.notices = [*(self.meta.notices or []), *notices]
        return self

    def limit_rows(self, limit: int) -> Frame:
        """Keep the first rows, with a notice for the user if there are more, and return the frame itself.

        Examples:
            >>> frame = Frame("values", Field("value", [1, 2, 3])).limit_rows(2)
            >>> len(frame), frame.meta.notices[0].text
            (2, 'only the first 2 rows are shown')
        """
        if len(self) > limit:
            self.fields = [field.first(limit) for field in self.fields]
            self.append_notices(more_rows_notice(limit))
        return self

    def field(self, name: str) -> Field:
        """Return the first field with this name.

        Raises:
            FrameError: there is none.
        """
        for field in self.fields:
            if field.name == name:
                return field
        names = ", ".join(repr(field.name) for field in self.fields) or "none"
        raise FrameError(f"no field {name!r}; available: {names}", frame=self.name or None)

    def _text(self, attribute: str) -> str:
        value = getattr(self, attribute)
        if not isinstance(value, str):
            raise FrameError(f"{attribute} is {shown(value)}; expected text")
        return _json_text.check_unicode(value, attribute)

    def _field(self, index: int, field: Any) -> Field:
        if not isinstance(field, Field):
            raise FrameError(f"field {index} is {shown(field)}; expected a Field")
        return field

    def __len__(self) -> int:
        return len(self.fields[0]) if self.fields else 0

    def __bool__(self) -> bool:
        return True  # a frame without rows is a result, unlike None

    def __repr__(self) -> str:
        return f"Frame({self.name!r}, {len(self.fields)} fields, {len(self)} rows)"


def more_rows_notice(limit: int) -> Notice:
    """Return the notice of a result that was cut after so many rows."""
    return Notice(f"only the first {limit} rows are shown", severity=NoticeSeverity.WARNING)
