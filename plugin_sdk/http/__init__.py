"""HTTP clients made from a data source's settings, with keys and behaviour of the Go SDK's `httpclient`.

Example:
    class Settings(HttpSettings):
        region: str = Field("eu", title="Region")

    class Weather(DataSource[Settings, Query]):
        def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
            self.http = http_client(instance)

        def query(self, query: DataQuery[Query]) -> Frame:
            response = self.http.get("/values", params={"station": query.model.station})
            response.raise_for_status()
            return Frame.from_any(response.json())

        def dispose(self) -> None:
            self.http.close()

It needs httpx among the plugin's dependencies, or the extra `grafana-plugin-cli[http]`, which brings SOCKS
proxies too. Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.http.client import async_http_client, http_client
    from plugin_sdk.http.options import HttpOptions
    from plugin_sdk.http.settings import HttpSettings

_HOMES = {
    "HttpOptions": "options",
    "HttpSettings": "settings",
    "async_http_client": "client",
    "http_client": "client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'plugin_sdk.http' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"plugin_sdk.http.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


__all__ = ["HttpOptions", "HttpSettings", "async_http_client", "http_client"]
