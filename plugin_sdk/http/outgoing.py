"""The headers of an outgoing request: from the settings, from the request being served, from the author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from plugin_sdk.http.options import HttpOptions
from plugin_sdk.messages.current import CurrentRequest, current_request

_FIRST_HOP = "plugin_sdk.first_hop"
_ALERT = "FromAlert"  # Grafana writes it so, without the prefix of other HTTP headers


@dataclass(frozen=True)
class Sender:
    """Completes requests as the Go SDK's middlewares do, in their order."""

    options: HttpOptions
    forward_headers: bool
    bearer_token: str = ""

    def complete(self, request: httpx.Request) -> httpx.Request:
        """Return the request as it goes out.

        It is a copy: headers of the settings must not follow a redirect to another host, and stay out of
        `response.request`. Unlike Go's, the custom headers and the password are sent to the first host only.
        """
        current = current_request()
        headers = self._with_settings(request) if self._is_first_host(request) else request.headers.copy()
        if "User-Agent" not in headers:
            headers["User-Agent"] = self._user_agent(current)
        if self.forward_headers and self._is_first_host(request):
            for name, value in current.headers.forwarded().items():
                if name.lower() != _ALERT.lower() and name not in headers:
                    headers[name] = value
        if alert := current.headers.raw.get(_ALERT):
            headers[_ALERT] = alert
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    def _with_settings(self, request: httpx.Request) -> httpx.Headers:
        headers = request.headers.copy()
        if self.options.basic_auth is not None and not headers.get("Authorization"):
            user, password = self.options.basic_auth
            headers["Authorization"] = _basic(user, password)
        if self.bearer_token and not headers.get("Authorization"):
            headers["Authorization"] = f"Bearer {self.bearer_token}"
        own = _host_once(self.options.headers)
        names = {name.lower().encode() for name, _ in own}
        kept = [pair for pair in headers.raw if pair[0].lower() not in names]
        return httpx.Headers([*kept, *((name.encode(), value.encode()) for name, value in own)])

    def _is_first_host(self, request: httpx.Request) -> bool:
        """Return True unless a redirect leads away from the host, port and scheme of the first request."""
        origin = (request.url.scheme, request.url.host, request.url.port)
        first: Any = request.extensions.setdefault(_FIRST_HOP, origin)
        upgraded = (first[0], origin[0]) == ("http", "https") and first[1:] == origin[1:] == (first[1], None)
        return bool(first == origin) or upgraded

    def _user_agent(self, current: CurrentRequest) -> str:
        context = current.context
        agent = context.user_agent
        grafana = f"Grafana/{agent.grafana_version} ({agent.os}; {agent.arch})" if agent else "Grafana"
        name = context.plugin_id or self.options.plugin_id or "plugin"
        return f"{grafana} {name}/{context.plugin_version}" if context.plugin_version else f"{grafana} {name}"


def _host_once(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    hosts = [pair for pair in headers if pair[0].lower() == "host"]
    return [*hosts[:1], *(pair for pair in headers if pair[0].lower() != "host")]


def _basic(user: str, password: str) -> str:
    import base64

    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
