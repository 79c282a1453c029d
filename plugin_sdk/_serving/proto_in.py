"""Protobuf requests as the types that handlers receive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from plugin_sdk._serving.async_bridge import Caller
from plugin_sdk.context import (
    AppInstanceSettings,
    DataSourceInstanceSettings,
    GrafanaConfig,
    PluginContext,
    User,
    UserAgent,
)
from plugin_sdk.messages import (
    AdmissionRequest,
    CallResourceRequest,
    CheckHealthRequest,
    CollectMetricsRequest,
    ConversionRequest,
    Headers,
    Operation,
    PublishStreamRequest,
    RawObject,
    RunStreamRequest,
    SubscribeStreamRequest,
    TimeRange,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _time(ms: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if ms > 0 else datetime.min.replace(tzinfo=UTC)


def plugin_context(message: Any) -> PluginContext:
    """Return the plugin context; a part that is missing is None or empty."""
    return PluginContext(
        org_id=message.orgId,
        plugin_id=message.pluginId,
        plugin_version=message.pluginVersion,
        user=_user(message.user) if message.HasField("user") else None,
        data_source_instance_settings=_data_source(message)
        if message.HasField("dataSourceInstanceSettings")
        else None,
        app_instance_settings=_app(message) if message.HasField("appInstanceSettings") else None,
        grafana_config=GrafanaConfig(message.grafanaConfig),
        user_agent=UserAgent.parse(message.userAgent),
        namespace=message.namespace,
        api_version=message.apiVersion,
    )


def _user(message: Any) -> User:
    return User(message.login, message.name, message.email, message.role)


def _data_source(context: Any) -> DataSourceInstanceSettings[Any]:
    message = context.dataSourceInstanceSettings
    return DataSourceInstanceSettings(
        json_data_raw=message.jsonData,
        decrypted_secure_json_data=dict(message.decryptedSecureJsonData),
        updated=_time(message.lastUpdatedMS),
        api_version=message.apiVersion,
        id=message.id,
        uid=message.uid,
        type=context.pluginId,
        name=message.name,
        url=message.url,
        user=message.user,
        database=message.database,
        basic_auth_enabled=message.basicAuthEnabled,
        basic_auth_user=message.basicAuthUser,
    )


def _app(context: Any) -> AppInstanceSettings[Any]:
    message = context.appInstanceSettings
    return AppInstanceSettings(
        json_data_raw=message.jsonData,
        decrypted_secure_json_data=dict(message.decryptedSecureJsonData),
        updated=_time(message.lastUpdatedMS),
        api_version=message.apiVersion,
    )


def time_range(message: Any) -> TimeRange:
    """Return the time range of a query, which is 0 to 0 if Grafana sent none."""
    return TimeRange(message.timeRange.fromEpochMS, message.timeRange.toEpochMS)


def headers(message: Any) -> Headers:
    """Return the request's headers."""
    return Headers(dict(message.headers))


def current_headers(message: Any) -> Headers:
    """Return the headers of any request; of a resource's lists of values, the first ones."""
    found = getattr(message, "headers", None) or {}
    return Headers({name: _first(value) for name, value in found.items()})


def _first(value: Any) -> str:
    return value if isinstance(value, str) else next(iter(value.values), "")


def check_health(message: Any, context: PluginContext, caller: Caller) -> CheckHealthRequest:
    """Return the request behind "Save & test"."""
    return CheckHealthRequest(context, headers(message), caller.is_cancelled)


def call_resource(message: Any, context: PluginContext, caller: Caller) -> CallResourceRequest:
    """Return the HTTP request for a resource."""
    return CallResourceRequest(
        context=context,
        path=message.path,
        method=message.method or "GET",
        url=message.url,
        http_headers={name: list(values.values) for name, values in message.headers.items()},
        body=message.body,
        is_cancelled=caller.is_cancelled,
    )


def subscribe_stream(message: Any, context: PluginContext, caller: Caller) -> SubscribeStreamRequest:
    """Return the request to open a channel."""
    return SubscribeStreamRequest(context, message.path, message.data, headers(message), caller.is_cancelled)


def run_stream(message: Any, context: PluginContext, caller: Caller) -> RunStreamRequest:
    """Return the request for a channel's packets."""
    return RunStreamRequest(context, message.path, message.data, headers(message), caller.is_cancelled)


def publish_stream(message: Any, context: PluginContext, caller: Caller) -> PublishStreamRequest:
    """Return the request to publish into a channel."""
    return PublishStreamRequest(context, message.path, message.data, headers(message), caller.is_cancelled)


def collect_metrics(_message: Any, context: PluginContext, _caller: Caller) -> CollectMetricsRequest:
    """Return the request for metrics."""
    return CollectMetricsRequest(context)


def admission(message: Any, context: PluginContext, _caller: Caller) -> AdmissionRequest:
    """Return the request to decide whether an object may be stored."""
    return AdmissionRequest(
        context,
        Operation(message.operation),
        message.kind.group,
        message.kind.version,
        message.kind.kind,
        message.object_bytes,
        message.old_object_bytes,
    )


def conversion(message: Any, context: PluginContext, _caller: Caller) -> ConversionRequest:
    """Return the request to convert stored objects."""
    return ConversionRequest(
        context,
        message.uid,
        [RawObject(item.raw, item.content_type) for item in message.objects],
        message.target_version.group,
        message.target_version.version,
    )
