"""The only form of a frame that can be encoded: one that Grafana is known to read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from plugin_sdk.data import _json_text
from plugin_sdk.data._arrow.schema import FieldSchema
from plugin_sdk.data.field import CheckedField

Include = Literal["all", "schema", "data"]


@dataclass(slots=True)  # not frozen, which takes three times as long to create
class CheckedFrame:
    """A frame from `Frame.check`. It refers to the author's arrays, so encode it before changing them."""

    name: str
    ref_id: str
    meta: dict[str, Any] | None
    fields: tuple[CheckedField, ...]

    def __len__(self) -> int:
        return self.fields[0].column.length if self.fields else 0

    def shape(self) -> tuple[Any, ...]:
        """Return everything but the values; two frames with equal shapes have the same schema."""
        # JSON tells apart what Python takes for equal, such as 1 and True.
        meta = None if self.meta is None else _json_text.to_json(self.meta)
        return (self.name, self.ref_id, meta, *map(_shape, self.fields))

    def to_arrow(self) -> bytes:
        """Return the frame as an Arrow IPC file, as in the response to a query."""
        from plugin_sdk.data._arrow.writer import write

        fields = tuple(
            FieldSchema(field.name, field.column.type, field.nullable, _metadata(field))
            for field in self.fields
        )
        metadata = [("name", self.name), ("refId", self.ref_id)]
        metadata += [("meta", _json_text.to_json(self.meta))] if self.meta is not None else []
        return write(fields, tuple(metadata), [field.column for field in self.fields])

    def to_json(self, include: Include = "all") -> str:
        """Return the frame in Grafana's JSON format, as in streams; `include` may select a part."""
        from plugin_sdk.data._json.encode import encode

        return encode(self, include)


def _shape(field: CheckedField) -> tuple[Any, ...]:
    labels = None if field.labels is None else tuple(field.labels.items())
    config = None if field.config is None else _json_text.to_json(field.config)
    return field.name, field.nullable, labels, config, field.column.type


@lru_cache(maxsize=1024)
def _labels(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return labels as JSON; cached, since a panel requests the same series again and again."""
    return _json_text.to_json(dict(pairs))


def _metadata(field: CheckedField) -> tuple[tuple[str, str], ...]:
    pairs = [("tstype", field.column.type.simple_name)]
    pairs += [("labels", _labels(tuple(field.labels.items())))] if field.labels is not None else []
    pairs += [("config", _json_text.to_json(field.config))] if field.config is not None else []
    return tuple(pairs)
