"""Data frames: what a query returns, in the form that Grafana reads.

Names are imported on first use, so a plugin pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.data._checked import CheckedFrame
    from plugin_sdk.data._query_result import frames_from_any
    from plugin_sdk.data.config import (
        DataLink,
        EnumConfig,
        FieldConfig,
        MappingResult,
        RangeMapping,
        SpecialMapping,
        SpecialValue,
        Threshold,
        Thresholds,
        ThresholdsMode,
        ValueMapping,
    )
    from plugin_sdk.data.errors import FrameError
    from plugin_sdk.data.field import Field
    from plugin_sdk.data.field_type import FieldType
    from plugin_sdk.data.frame import Frame
    from plugin_sdk.data.meta import (
        FrameMeta,
        FrameType,
        InspectType,
        Notice,
        NoticeSeverity,
        QueryStat,
        VisType,
    )
    from plugin_sdk.data.resampling import interval_of, resample
    from plugin_sdk.data.timeseries import (
        long_to_wide,
        multi_to_wide,
        time_series_type,
        wide_to_long,
        wide_to_multi,
    )

_HOMES = {
    "_checked": ("CheckedFrame",),
    "_query_result": ("frames_from_any",),
    "config": (
        "DataLink",
        "EnumConfig",
        "FieldConfig",
        "MappingResult",
        "RangeMapping",
        "SpecialMapping",
        "SpecialValue",
        "Threshold",
        "Thresholds",
        "ThresholdsMode",
        "ValueMapping",
    ),
    "errors": ("FrameError",),
    "field": ("Field",),
    "field_type": ("FieldType",),
    "frame": ("Frame",),
    "meta": ("FrameMeta", "FrameType", "InspectType", "Notice", "NoticeSeverity", "QueryStat", "VisType"),
    "resampling": ("interval_of", "resample"),
    "timeseries": ("long_to_wide", "multi_to_wide", "time_series_type", "wide_to_long", "wide_to_multi"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CheckedFrame",
    "DataLink",
    "EnumConfig",
    "Field",
    "FieldConfig",
    "FieldType",
    "Frame",
    "FrameError",
    "FrameMeta",
    "FrameType",
    "InspectType",
    "MappingResult",
    "Notice",
    "NoticeSeverity",
    "QueryStat",
    "RangeMapping",
    "SpecialMapping",
    "SpecialValue",
    "Threshold",
    "Thresholds",
    "ThresholdsMode",
    "ValueMapping",
    "VisType",
    "frames_from_any",
    "interval_of",
    "long_to_wide",
    "multi_to_wide",
    "resample",
    "time_series_type",
    "wide_to_long",
    "wide_to_multi",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
