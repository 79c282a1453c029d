"""The plugin context of every request: who sent it, and for which data source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar

from plugin_sdk._json_text import loads

S = TypeVar("S")


def _from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


@dataclass(frozen=True)
class User:
    """The Grafana user behind a request (Go SDK: `backend.User`).

    `role` is free text: Grafana sends `Viewer`, `Editor`, `Admin`, `None` and the empty string.
    """

    login: str = ""
    name: str = ""
    email: str = ""
    role: str = ""


@dataclass(frozen=True)
class UserAgent:
    """The Grafana that sent the request, e.g. version `12.4.3` on `linux`, `amd64`."""

    grafana_version: str
    os: str = ""
    arch: str = ""

    @staticmethod
    @lru_cache(maxsize=16)
    def parse(text: str) -> UserAgent | None:
        """Return the parts of `Grafana/<version> (<os>; <arch>)`, or None for any other text."""
        name, _, rest = text.partition("/")
        version, _, system = rest.partition(" (")
        if name != "Grafana" or not version or not system.endswith(")"):
            return None
        os_name, separator, arch = system[:-1].partition("; ")
        if not separator:
            return None
        return UserAgent(version, os_name, arch)


class GrafanaConfig(Mapping[str, str]):
    """The part of Grafana's configuration that it sends to plugins, with properties for the common values.

    Go SDK: `backend.GrafanaCfg`. It is a mapping, so other keys can be read too.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def as_dict(self) -> dict[str, str]:
        """Return all values; they must not be changed."""
        return self._values

    def __repr__(self) -> str:
        # The mapping may contain a client secret: show the keys, never the values.
        return f"GrafanaConfig(keys={sorted(self._values)})"

    def _int(self, key: str, default: int) -> int:
        try:
            return int(self._values.get(key, ""))
        except ValueError:
            return default

    @property
    def app_url(self) -> str:
        """The address of this Grafana, from `GF_APP_URL`."""
        import os

        return self._values.get("GF_APP_URL") or os.environ.get("GF_APP_URL", "")

    @property
    def concurrent_query_count(self) -> int:
        """How many queries of one request may run concurrently; 10 by default."""
        return self._int("GF_CONCURRENT_QUERY_COUNT", 10)

    @property
    def sql_row_limit(self) -> int:
        """The maximum number of rows that an SQL data source should return."""
        return self._int("GF_SQL_ROW_LIMIT", 1_000_000)

    @property
    def response_limit(self) -> int:
        """The maximum number of bytes to read from a downstream response; 0 means no limit."""
        return self._int("GF_RESPONSE_LIMIT", 0)

    def feature_enabled(self, name: str) -> bool:
        """Return True if the feature toggle `name` is enabled in this Grafana."""
        return name in self._values.get("GF_INSTANCE_FEATURE_TOGGLES_ENABLE", "").split(",")


@dataclass
class _InstanceSettings(Generic[S]):
    """The settings that data sources and apps share.

    Attributes:
        json_data_raw: the settings as JSON bytes; may be empty.
        decrypted_secure_json_data: the secrets by key; left out of the repr.
        updated: when they were last changed.
        api_version: the version of the settings' API, often empty.
        settings: `json_data` and secrets together as the author's model, set before a handler runs.
    """

    json_data_raw: bytes = b""
    decrypted_secure_json_data: Mapping[str, str] = field(default_factory=dict, repr=False)
    updated: datetime = field(default_factory=lambda: _from_ms(0))
    api_version: str = ""
    settings: S = field(default=None, repr=False)  # type: ignore[assignment]  # filled by the runtime

    @cached_property
    def json_data(self) -> dict[str, Any]:
        """The settings as a dict, which is empty if Grafana sent none.

        Raises:
            ValueError: they are not a JSON object.
        """
        if not self.json_data_raw:
            return {}
        try:
            value = loads(self.json_data_raw)
        except ValueError as error:
            raise ValueError(f"the data source's jsonData is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise ValueError(f"the data source's jsonData is not an object but {type(value).__name__}")
        return value


@dataclass
class DataSourceInstanceSettings(_InstanceSettings[S]):
    """One configured data source (Go SDK: `backend.DataSourceInstanceSettings`).

    Attributes:
        id: its id in Grafana's database.
        uid: its stable identifier in URLs and dashboards.
        type: the plugin's id.
        name: the name that its users see.
        url, user, database, basic_auth_enabled, basic_auth_user: Grafana's legacy fields.
    """

    id: int = 0
    uid: str = ""
    type: str = ""
    name: str = ""
    url: str = ""
    user: str = ""
    database: str = ""
    basic_auth_enabled: bool = False
    basic_auth_user: str = ""


@dataclass
class AppInstanceSettings(_InstanceSettings[S]):
    """The settings of an app plugin in one organisation (Go SDK: `backend.AppInstanceSettings`)."""


@dataclass
class PluginContext:
    """Who sent a request, and for which data source or app (Go SDK: `backend.PluginContext`).

    Any part may be absent: requests for metrics have only `plugin_id`. Alerting's user is
    `grafana_scheduler`.
    """

    org_id: int = 0
    plugin_id: str = ""
    plugin_version: str = ""
    user: User | None = None
    data_source_instance_settings: DataSourceInstanceSettings[Any] | None = None
    app_instance_settings: AppInstanceSettings[Any] | None = None
    grafana_config: GrafanaConfig = field(default_factory=GrafanaConfig)
    user_agent: UserAgent | None = None
    namespace: str = ""
    api_version: str = ""
