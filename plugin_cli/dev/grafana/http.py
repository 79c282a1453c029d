"""Asking a Grafana of the development environment whether it is up and has the plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Progress:
    """How far Grafana is.

    Attributes:
        grafana: its own health endpoint answers.
        registered: it lists the plugin.
        backend: the backend answered a health check, or there is no data source to check.
        words: the text of the last response.
    """

    grafana: bool = False
    registered: bool = False
    backend: bool = False
    words: str = ""


class GrafanaClient:
    """Grafana's HTTP API at an address of this machine."""

    def __init__(self, url: str) -> None:
        # Never through a proxy, whatever the environment sets.
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def progress(self, plugin_id: str, uid: str | None) -> Progress:
        """Ask how far it is; what does not answer yet is not there yet."""
        if self._get("/api/health").status != 200:
            return Progress()
        listed = self._get(f"/api/plugins/{plugin_id}/settings")
        if listed.status != 200:
            return Progress(grafana=True, words=listed.words)
        if uid is None:
            return Progress(grafana=True, registered=True, backend=True)
        health = self._get(f"/api/datasources/uid/{uid}/health")
        # A backend that runs and rejects its settings answers 400.
        return Progress(True, True, health.status in {200, 400} and "status" in health.body, health.words)

    def _get(self, path: str) -> _Answer:
        try:
            response = self._http.get(path)
        except httpx.HTTPError as error:
            return _Answer(0, {}, str(error))
        try:
            body = response.json()
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        return _Answer(response.status_code, body, str(body.get("message", "")))


@dataclass(frozen=True)
class _Answer:
    status: int
    body: dict[str, Any]
    words: str
