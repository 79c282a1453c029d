"""Metadata of a frame."""

# ruff: noqa: RUF009  # fields.json_field returns a dataclasses.field
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from plugin_sdk.channel_names import check_channel
from plugin_sdk.data import _json_fields as fields
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError


class FrameType(StrEnum):
    """The frame types of the dataplane contract, on which alerting and expressions rely."""

    TIMESERIES_WIDE = "timeseries-wide"
    TIMESERIES_LONG = "timeseries-long"
    TIMESERIES_MULTI = "timeseries-multi"
    TIMESERIES_MANY = "timeseries-many"
    NUMERIC_WIDE = "numeric-wide"
    NUMERIC_LONG = "numeric-long"
    NUMERIC_MULTI = "numeric-multi"
    LOG_LINES = "log-lines"
    TABLE = "table"
    DIRECTORY_LISTING = "directory-listing"


class NoticeSeverity(StrEnum):
    """The severity of a notice."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class InspectType(IntEnum):
    """The tab of the panel inspector that a notice opens."""

    NONE = 0
    META = 1
    ERROR = 2
    DATA = 3
    STATS = 4


class VisType(StrEnum):
    """How Explore shows the frame."""

    GRAPH = "graph"
    TABLE = "table"
    LOGS = "logs"
    TRACE = "trace"
    NODE_GRAPH = "nodeGraph"
    FLAME_GRAPH = "flamegraph"


@dataclass(slots=True)
class Notice:
    """A message for the user, behind an icon in the panel's corner.

    Examples:
        >>> Notice("only the newest 1,000 rows are shown", severity=NoticeSeverity.WARNING).text
        'only the newest 1,000 rows are shown'
    """

    text: str = fields.json_field("text", fields.TEXT, default="", always=True)
    severity: NoticeSeverity = fields.json_field(
        "severity", fields.choice(NoticeSeverity), default=NoticeSeverity.INFO, always=True
    )
    link: str | None = fields.json_field("link", fields.TEXT)
    inspect: InspectType | None = fields.json_field("inspect", fields.choice(InspectType))


@dataclass(slots=True, kw_only=True)
class QueryStat(FieldConfig):
    """A figure about the query, such as the number of rows read; `display_name` is its label."""

    value: float = fields.json_field("value", fields.FINITE, default=0.0, always=True)


def _read_version(value: Any, where: str) -> tuple[int, int]:
    if isinstance(value, list | tuple) and len(value) == 2:
        form = fields.integer(0, 2**63 - 1)
        return form.read(value[0], where), form.read(value[1], where)
    raise fields.wrong(value, where, "two whole numbers, (major, minor)")


_VERSION = fields.Form(lambda value, where: list(_read_version(value, where)), _read_version)
# Other types are allowed too, as in the Go SDK.
_TYPE = fields.Form(lambda value, where: str(fields.TEXT.write(value, where)), fields.TEXT.read)


def _channel(value: Any, where: str) -> str:
    try:
        return check_channel(fields.TEXT.write(value, where))
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"{where}: {error}") from error


_CHANNEL = fields.Form(_channel, fields.TEXT.read)


@dataclass(slots=True, kw_only=True)
class FrameMeta:
    """Metadata of a frame. Attributes that are None are omitted.

    `type` with `type_version` guarantees the frame's shape to Grafana; version (0, 0) guarantees nothing.
    """

    type: FrameType | str | None = fields.json_field("type", _TYPE)
    type_version: tuple[int, int] = fields.json_field("typeVersion", _VERSION, default=(0, 0), always=True)
    path: str | None = fields.json_field("path", fields.TEXT)
    path_separator: str | None = fields.json_field("pathSeparator", fields.TEXT)
    custom: Any = fields.json_field("custom", fields.ANY)
    stats: list[QueryStat] | None = fields.json_field("stats", fields.list_of(fields.nested(QueryStat)))
    notices: list[Notice] | None = fields.json_field("notices", fields.list_of(fields.nested(Notice)))
    channel: str | None = fields.json_field("channel", _CHANNEL)
    preferred_visualization: VisType | str | None = fields.json_field("preferredVisualisationType", _TYPE)
    preferred_visualization_plugin_id: str | None = fields.json_field(
        "preferredVisualisationPluginId", fields.TEXT
    )
    executed_query_string: str | None = fields.json_field("executedQueryString", fields.TEXT)
    data_topic: str | None = fields.json_field("dataTopic", fields.TEXT)
    unique_row_id_fields: list[int] | None = fields.json_field(
        "uniqueRowIdFields", fields.list_of(fields.integer(0, 2**31 - 1))
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that Grafana reads.

        Raises:
            FrameError: an attribute has an invalid value; the text names it.
        """
        return fields.write(self, "meta")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FrameMeta:
        """Return the metadata of a JSON object, as `to_dict` returns it."""
        return fields.read(cls, data, "meta")
