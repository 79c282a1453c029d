"""The protobuf plugin context that a client sends."""

from __future__ import annotations

from typing import Any

from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings

InstanceSettings = DataSourceInstanceSettings[Any] | AppInstanceSettings[Any]
"""The subject of a request: a configured data source, or an app in an organisation."""


def plugin_context(plugin_id: str, instance: InstanceSettings | None) -> Any:
    """Return the protobuf context for a data source or app, with the user of a development Grafana."""
    from plugin_sdk._proto import pluginv2 as p
    from plugin_sdk._version import __version__

    context = p.PluginContext(
        orgId=1,
        pluginId=plugin_id,
        user=p.User(login="admin", name="admin", role="Admin"),
        userAgent=f"plugin-cli/{__version__}",
    )
    if isinstance(instance, AppInstanceSettings):
        context.appInstanceSettings.CopyFrom(_app(instance))
    elif instance is not None:
        context.dataSourceInstanceSettings.CopyFrom(_data_source(instance))
    return context


def _data_source(instance: DataSourceInstanceSettings[Any]) -> Any:
    from plugin_sdk._proto import pluginv2 as p

    return p.DataSourceInstanceSettings(
        id=instance.id,
        uid=instance.uid,
        name=instance.name,
        url=instance.url,
        user=instance.user,
        database=instance.database,
        basicAuthEnabled=instance.basic_auth_enabled,
        basicAuthUser=instance.basic_auth_user,
        jsonData=instance.json_data_raw,
        decryptedSecureJsonData=dict(instance.decrypted_secure_json_data),
        lastUpdatedMS=round(instance.updated.timestamp() * 1000),
        apiVersion=instance.api_version,
    )


def _app(instance: AppInstanceSettings[Any]) -> Any:
    from plugin_sdk._proto import pluginv2 as p

    return p.AppInstanceSettings(
        jsonData=instance.json_data_raw,
        decryptedSecureJsonData=dict(instance.decrypted_secure_json_data),
        lastUpdatedMS=round(instance.updated.timestamp() * 1000),
        apiVersion=instance.api_version,
    )
