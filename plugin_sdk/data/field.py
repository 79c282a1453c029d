"""A column of a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plugin_sdk.data import _json_text
from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import columns
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType


class CheckedField(NamedTuple):
    """A field in the form that can be encoded: JSON objects and buffers."""

    name: str
    nullable: bool
    labels: dict[str, str] | None
    config: dict[str, Any] | None
    column: Column


class Field:
    """A name, values of one type, labels that distinguish series, and display options (config).

    `values` is a list, a numpy array, a pandas or polars series, an Arrow array, or any other kind of column;
    None is null. The type is derived from the values unless `type` is given.

    Examples:
        >>> field = Field("value", [1, None, 3], labels={"station": "berlin"})
        >>> field.type, field.nullable, len(field)
        (<FieldType.INT64: 'int64'>, True, 3)
    """

    def __init__(
        self,
        name: str,
        values: Any,
        *,
        type: FieldType | str | None = None,  # the name in Grafana
        labels: Mapping[str, str] | None = None,
        config: FieldConfig | None = None,
        nullable: bool | None = None,
    ) -> None:
        self.name = name
        self.labels = None if labels is None else dict(labels)
        self.config = config
        self._nullable = nullable
        try:
            self._requested = None if type is None else FieldType.of(type)
            self._source = columns.prepare(values)
        except FrameError as error:
            raise error.within(field=name) from error

    @classmethod
    def from_epoch(
        cls,
        name: str,
        values: Sequence[int | float | None],
        *,
        unit: str,
        labels: Mapping[str, str] | None = None,
        config: FieldConfig | None = None,
    ) -> Field:
        """Return a time field of numbers since 1970-01-01 UTC, in `s`, `ms`, `us` or `ns`.

        Examples:
            >>> Field.from_epoch("time", [1_700_000_000_000], unit="ms").to_list()
            [datetime.datetime(2023, 11, 14, 22, 13, 20, tzinfo=datetime.timezone.utc)]
        """
        from plugin_sdk.data._convert.python_types import instants_from_numbers

        try:
            return cls(
                name, instants_from_numbers(values, unit), type=FieldType.TIME, labels=labels, config=config
            )
        except FrameError as error:
            raise error.within(field=name) from error

    @property
    def values(self) -> Any:
        """The values that the field was created with; those of a decoded field are a list."""
        return self.to_list() if isinstance(self._source, Column) else self._source

    @property
    def type(self) -> FieldType:
        """The given type, or the one derived from the values."""
        try:
            return self._requested or columns.type_of(self._source)
        except FrameError as error:
            raise error.within(field=self.name) from error

    @property
    def nullable(self) -> bool:
        """Whether the field may contain nulls: as given, or True if it does."""
        return self.check().nullable if self._nullable is None else self._nullable

    def first(self, count: int) -> Field:
        """Return the field with its first values."""
        source: Any = self._source
        kind = self._requested
        if isinstance(source, Column):
            source, kind = self.to_list(), self.type
        part = getattr(source, "iloc", source)[:count]
        return Field(
            self.name, part, type=kind, labels=self.labels, config=self.config, nullable=self._nullable
        )

    def to_list(self) -> list[Any]:
        """Return the values as Grafana reads them, as Python objects: None for null, datetimes in UTC."""
        from plugin_sdk.data._convert.to_python import to_list

        return to_list(self.check().column)

    def check(self) -> CheckedField:
        """Return the field in the form that can be encoded.

        Raises:
            FrameError: Grafana could not read the field; the text says what is wrong and where.
        """
        try:
            column = self._column()
            nullable = column.null_count > 0 if self._nullable is None else self._nullable
            if column.null_count and not nullable:
                row = next(row for row, value in enumerate(self._to_list(column)) if value is None)
                raise FrameError("null in a field that is not nullable", row=row)
            return CheckedField(self._name(), nullable, self._labels(), self._config(column), column)
        except FrameError as error:
            raise error.within(field=str(self.name)) from error

    def converted(self) -> Field:
        """Return the field with its values converted now, not when it is sent.

        Raises:
            FrameError: a value fits no field.
        """
        try:
            column = self._column()
        except FrameError as error:
            raise error.within(field=self.name) from error
        return Field(self.name, column, type=self._requested, labels=self.labels, config=self.config)

    def _column(self) -> Column:
        source = self._source
        if self._requested is FieldType.ENUM and isinstance(source, list | tuple):
            source = self._enum_numbers(source)
        return columns.to_column(source, self._requested)

    def _enum_numbers(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return the values with texts replaced by their index in `config.enum.text`."""
        texts = self.config.enum.text if self.config and self.config.enum else []
        numbers = {text: number for number, text in enumerate(texts)}
        return [numbers.get(value, value) if isinstance(value, str) else value for value in values]

    def _to_list(self, column: Column) -> list[Any]:
        from plugin_sdk.data._convert.to_python import to_list

        return to_list(column)

    def _name(self) -> str:
        if not isinstance(self.name, str):
            raise FrameError(f"the name is {shown(self.name)}; expected text")
        return _json_text.check_unicode(self.name, "the name")

    def _labels(self) -> dict[str, str] | None:
        for key, value in (self.labels or {}).items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise FrameError(f"the label {key!r} is {shown(value)}; expected text for name and value")
            _json_text.check_unicode(key + value, f"the label {key!r}")
        return self.labels

    def _config(self, column: Column) -> dict[str, Any] | None:
        config = None if self.config is None else self.config.to_dict()
        if column.unit is not None and (config is None or "unit" not in config):
            return {**(config or {}), "unit": column.unit}
        return config

    def __len__(self) -> int:
        return self._source.length if isinstance(self._source, Column) else len(self._source)

    def __repr__(self) -> str:
        labels = "" if not self.labels else f", labels={self.labels!r}"
        return f"Field({self.name!r}, {len(self)} values{labels})"
