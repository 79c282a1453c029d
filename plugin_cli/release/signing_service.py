"""Grafana's signing service: a manifest goes in, the same manifest signed comes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from plugin_cli.errors import PluginCliError, UsageError

_TRIES = 4
_TIMEOUT_SECONDS = 60.0
_REFUSED = {
    401: "the token is not valid, or has expired",
    403: "the token may not sign this plugin: its organisation must be the first part of the plugin's id",
    404: "the service does not know this plugin",
}


class SigningService:
    """The service at one address.

    Args:
        url: where its API is.
        token: the access policy token; it goes into one header and nowhere else.
        sleep: how to wait between tries.
    """

    def __init__(self, url: str, token: str, *, sleep: Callable[[float], None] | None = None) -> None:
        self._url = f"{url}/plugins/ci/sign"
        self._token = token
        self._sleep = sleep or time.sleep

    def sign(self, manifest: dict[str, Any]) -> str:
        """Return the signed manifest.

        Raises:
            UsageError: the service refuses the token.
            PluginCliError: it cannot be reached, or refuses the plugin.
        """
        import httpx

        why = ""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(2.0**attempt)
            try:
                # Proxies come from HTTPS_PROXY and its like; redirects would carry the token elsewhere.
                response = httpx.post(
                    self._url,
                    json=manifest,
                    headers={"Authorization": f"Bearer {self._token}"},
                    timeout=_TIMEOUT_SECONDS,
                )
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
                continue
            if response.status_code == 200:
                return self._checked(response.text)
            why = self._reason(response)
            if response.status_code < 500 and response.status_code != 429:
                raise self._refused(response.status_code, why)
        raise PluginCliError(
            f"the signing service at {self._url} cannot be reached",
            why=f"{self._hidden(why)}\ntried {_TRIES} times",
            remedy="try again later; behind a proxy: export HTTPS_PROXY=http://host:port",
        )

    def _checked(self, text: str) -> str:
        if "SIGNED MESSAGE" not in text:
            raise PluginCliError(
                "the signing service answered with something else than a signed manifest",
                why=self._hidden(text[:200]),
                remedy="see that GRAFANA_COM_URL is the address of its API",
            )
        return text

    def _reason(self, response: Any) -> str:
        try:
            said = str(response.json().get("message", response.text))
        except (ValueError, AttributeError):
            said = response.text
        return f"HTTP {response.status_code}: {said[:500]}"

    def _refused(self, status: int, why: str) -> PluginCliError:
        explained = f"{self._hidden(why)}\n{_REFUSED[status]}" if status in _REFUSED else self._hidden(why)
        if status == 401:
            return UsageError("the signing service refuses the token", why=explained, remedy="make a new one")
        return PluginCliError(
            "the signing service refuses the plugin",
            why=explained,
            remedy="correct what it names, then sign again",
        )

    def _hidden(self, text: str) -> str:
        """Return `text` without the token, should the service or a proxy repeat it."""
        return text.replace(self._token, "***")
