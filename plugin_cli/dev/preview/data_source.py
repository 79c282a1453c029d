"""The configured data source of the preview: from provisioning at first, then as the page edits it.

It lives in memory only. A secret goes in and is handed to the backend; nothing here gives it out again.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin_sdk.context import DataSourceInstanceSettings

_TEXT_KEYS = {
    "name": "name",
    "url": "url",
    "user": "user",
    "database": "database",
    "basicAuthUser": "basic_auth_user",
}


class SettingsError(ValueError):
    """The page sent settings that cannot be stored; the message names the key and what is expected."""


class DataSourceStore:
    """One data source, changed by the page and read by requests on other threads.

    Attributes:
        read_only: the page may not change it.
        problem: why it is not what its file contains; empty if it is.
    """

    def __init__(self, settings: DataSourceInstanceSettings[Any], *, read_only: bool = False) -> None:
        self._lock = threading.Lock()
        self._settings = replace(settings, id=settings.id or 1)
        self._version = 1
        self.read_only = read_only
        self.problem = ""

    @property
    def settings(self) -> DataSourceInstanceSettings[Any]:
        """The settings as the backend gets them, secrets included."""
        with self._lock:
            return self._settings

    def to_json(self) -> dict[str, Any]:
        """Return what Grafana's API answers: of the secrets only which are set."""
        with self._lock:
            settings, version = self._settings, self._version
        return {
            "id": settings.id,
            "uid": settings.uid,
            "orgId": 1,
            "name": settings.name,
            "type": settings.type,
            "access": "proxy",
            "url": settings.url,
            "user": settings.user,
            "database": settings.database,
            "basicAuth": settings.basic_auth_enabled,
            "basicAuthUser": settings.basic_auth_user,
            "isDefault": True,
            "jsonData": settings.json_data,
            "secureJsonFields": {
                name: True for name, value in settings.decrypted_secure_json_data.items() if value
            },
            "version": version,
            "readOnly": self.read_only,
        }

    def update(self, body: Any) -> None:
        """Store what the page sent; the backend gets new settings with its next call.

        Raises:
            SettingsError: a key has a wrong type.
        """
        document = _object(body, "the data source")
        with self._lock:
            current = self._settings
            changes: dict[str, Any] = {
                field: _text(document[key], key)
                for key, field in _TEXT_KEYS.items()
                if document.get(key) is not None
            }
            if "basicAuth" in document:
                changes["basic_auth_enabled"] = bool(document["basicAuth"])
            if "jsonData" in document:
                json_data = _object(document["jsonData"] or {}, "jsonData")
                changes["json_data_raw"] = json.dumps(json_data).encode("utf-8", "replace")
            changes["decrypted_secure_json_data"] = _merged_secrets(
                current.decrypted_secure_json_data, document.get("secureJsonData")
            )
            changes["updated"] = _later(current.updated)
            # A new object: `replace` also leaves behind what the old one had parsed.
            self._settings = replace(current, **changes)
            self._version += 1

    def reload(self, settings: DataSourceInstanceSettings[Any], *, read_only: bool = False) -> None:
        """Take newly provisioned settings in the place of all that was edited."""
        with self._lock:
            self.read_only = read_only
            self._settings = replace(settings, id=settings.id or 1, updated=_later(self._settings.updated))
            self._version += 1


def _later(before: datetime) -> datetime:
    """Return now, but a millisecond after `before` at least: backends notice a change by this time alone."""
    now = datetime.now(UTC)
    try:
        return max(now, before + timedelta(milliseconds=1))
    except OverflowError:
        return before  # the end of the calendar


def _merged_secrets(current: Mapping[str, str], sent: Any) -> dict[str, str]:
    secrets = dict(current)
    for name, value in _object(sent or {}, "secureJsonData").items():
        if value is None or value == "":
            secrets.pop(name, None)
        else:
            secrets[name] = _text(value, f"secureJsonData.{name}")
    return secrets


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{what}: expected a JSON object, found {type(value).__name__}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        # The value itself may be a secret.
        raise SettingsError(f"{what}: expected text, found {type(value).__name__}")
    return value
