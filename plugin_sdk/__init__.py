"""The runtime of Grafana plugins written in Python.

Names are imported on first use, so that a plugin process can complete Grafana's handshake before it imports
pydantic and the author's modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_sdk._version import __version__

if TYPE_CHECKING:
    from plugin_sdk._process.start import serve
    from plugin_sdk.background_work import Feed, background
    from plugin_sdk.channel_names import channel_name, channel_text
    from plugin_sdk.context import (
        AppInstanceSettings,
        DataSourceInstanceSettings,
        GrafanaConfig,
        PluginContext,
        User,
        UserAgent,
    )
    from plugin_sdk.data import Field, FieldConfig, FieldType, Frame, FrameMeta, Notice
    from plugin_sdk.datasource import App, DataSource
    from plugin_sdk.errors import DownstreamError, ErrorSource, PluginError
    from plugin_sdk.messages import (
        AdmissionRequest,
        CallResourceRequest,
        CallResourceResponse,
        CheckHealthRequest,
        CheckHealthResult,
        CollectMetricsRequest,
        ConversionRequest,
        ConversionResponse,
        DataQuery,
        DataResponse,
        HealthStatus,
        MutationResponse,
        PublishStreamRequest,
        PublishStreamResponse,
        QueryDataRequest,
        QueryDataResponse,
        RawObject,
        RunStreamRequest,
        StatusResult,
        StreamStatus,
        SubscribeStreamRequest,
        SubscribeStreamResponse,
        TimeRange,
        ValidationResponse,
    )
    from plugin_sdk.routing import resource, stream

_HOMES = {
    "context": "AppInstanceSettings DataSourceInstanceSettings GrafanaConfig PluginContext User UserAgent",
    "data": "Field FieldConfig FieldType Frame FrameMeta Notice",
    "datasource": "App DataSource",
    "errors": "DownstreamError ErrorSource PluginError",
    "messages": (
        "AdmissionRequest CallResourceRequest CallResourceResponse CheckHealthRequest CheckHealthResult "
        "CollectMetricsRequest ConversionRequest ConversionResponse DataQuery DataResponse HealthStatus "
        "MutationResponse PublishStreamRequest PublishStreamResponse QueryDataRequest QueryDataResponse "
        "RawObject RunStreamRequest "
        "StatusResult StreamStatus SubscribeStreamRequest SubscribeStreamResponse TimeRange "
        "ValidationResponse"
    ),
    "background_work": "Feed background",
    "channel_names": "channel_name channel_text",
    "routing": "resource stream",
    "_process.start": "serve",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'plugin_sdk' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"plugin_sdk.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME_OF, "__version__"])


__all__ = [
    "AdmissionRequest",
    "App",
    "AppInstanceSettings",
    "CallResourceRequest",
    "CallResourceResponse",
    "CheckHealthRequest",
    "CheckHealthResult",
    "CollectMetricsRequest",
    "ConversionRequest",
    "ConversionResponse",
    "DataQuery",
    "DataResponse",
    "DataSource",
    "DataSourceInstanceSettings",
    "DownstreamError",
    "ErrorSource",
    "Feed",
    "Field",
    "FieldConfig",
    "FieldType",
    "Frame",
    "FrameMeta",
    "GrafanaConfig",
    "HealthStatus",
    "MutationResponse",
    "Notice",
    "PluginContext",
    "PluginError",
    "PublishStreamRequest",
    "PublishStreamResponse",
    "QueryDataRequest",
    "QueryDataResponse",
    "RawObject",
    "RunStreamRequest",
    "StatusResult",
    "StreamStatus",
    "SubscribeStreamRequest",
    "SubscribeStreamResponse",
    "TimeRange",
    "User",
    "UserAgent",
    "ValidationResponse",
    "__version__",
    "background",
    "channel_name",
    "channel_text",
    "resource",
    "serve",
    "stream",
]
