"""The clients that authors get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_sdk.errors import DownstreamError
from plugin_sdk.http.options import HttpOptions

if TYPE_CHECKING:
    import httpx
    from pydantic import SecretStr

    from plugin_sdk.http.options import AnyInstance

_OWN = ("Accept", "Connection", "User-Agent")


def http_client(
    instance: AnyInstance,
    *,
    base_url: str | None = None,
    bearer_token: str | SecretStr | None = None,
    forward_headers: bool | None = None,
    response_limit: int = 0,
) -> httpx.Client:
    """Return an `httpx.Client` that follows the settings of a data source; close it in `dispose`.

    Requests carry the settings' password, custom headers and client certificate, keep to their timeouts, and
    go through the proxies of the environment. A failure raises a `DownstreamError` with a sentence that is
    also the httpx error of the same name. One client serves all users: it keeps no cookies.

    Args:
        instance: the settings, as the data source's `__init__` gets them.
        base_url: where relative URLs start, if not at the settings' `url`.
        bearer_token: sent as `Authorization: Bearer`, unless a request has its own.
        forward_headers: pass on the HTTP headers that Grafana forwards (OAuth token, id token, allowed
            cookies, the user's name); by default if the settings ask for the OAuth token or cookies to be
            forwarded. `FromAlert` is always passed on.
        response_limit: how many bytes a response may have where Grafana sets no limit; 0 is none.

    Raises:
        PluginError: the settings cannot be used: an unreadable certificate, a wrong URL, SigV4.
        ModuleNotFoundError: httpx is not installed.
    """
    client, transport = _parts("Client", "Transport")
    options = HttpOptions.of(instance)
    made = _transport(transport, options, bearer_token, forward_headers, response_limit)
    result: httpx.Client = client(**_arguments(options, base_url, made))
    return result


def async_http_client(
    instance: AnyInstance,
    *,
    base_url: str | None = None,
    bearer_token: str | SecretStr | None = None,
    forward_headers: bool | None = None,
    response_limit: int = 0,
) -> httpx.AsyncClient:
    """Return an `httpx.AsyncClient` for async handlers; `await client.aclose()` in an async `dispose`.

    Everything else is as in `http_client`.
    """
    client, transport = _parts("AsyncClient", "AsyncTransport")
    options = HttpOptions.of(instance)
    made = _transport(transport, options, bearer_token, forward_headers, response_limit)
    result: httpx.AsyncClient = client(**_arguments(options, base_url, made))
    return result


def _parts(client: str, transport: str) -> tuple[Any, Any]:
    try:
        import httpx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "plugin_sdk.http needs httpx: add httpx>=0.27 to the dependencies in the plugin's pyproject.toml",
            name="httpx",
        ) from error
    from plugin_sdk.http import transport as transports

    class Client(getattr(httpx, client)):  # type: ignore[misc]  # sync or async
        """A client that stays as the settings made it: httpx adds headers of its own to every client."""

        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            for name in _OWN:
                self.headers.pop(name, None)

    return Client, getattr(transports, transport)


def _transport(
    kind: Any,
    options: HttpOptions,
    bearer_token: str | SecretStr | None,
    forward_headers: bool | None,
    response_limit: int,
) -> Any:
    from plugin_sdk.http.outgoing import Sender
    from plugin_sdk.http.tls import tls_context

    secret: Any = bearer_token or ""
    token = secret if isinstance(secret, str) else secret.get_secret_value()
    forwards = options.forwards_identity if forward_headers is None else forward_headers
    return kind(Sender(options, forwards, token), tls_context(options.tls), response_limit)


def _arguments(options: HttpOptions, base_url: str | None, transport: Any) -> dict[str, Any]:
    import httpx

    return {
        "base_url": _base_url(options.url if base_url is None else base_url),
        "transport": transport,
        "headers": {"Accept-Encoding": "gzip"},
        "cookies": _no_cookies(),
        "timeout": httpx.Timeout(options.timeout, connect=options.dial_timeout),
        "follow_redirects": True,
        "max_redirects": 10,
        "trust_env": False,
    }


def _base_url(url: str) -> str:
    """Return the URL if it can be one.

    Raises:
        DownstreamError: it cannot.
    """
    import httpx

    text = url.strip()
    try:
        found = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise DownstreamError(
            f"the URL in the data source's settings is not valid: {error}", status=400
        ) from error
    if text and (found.scheme not in ("http", "https") or not found.host):
        raise DownstreamError(
            "the URL in the data source's settings should begin with http:// or https:// and name a host",
            status=400,
        )
    return text


def _no_cookies() -> Any:
    """Return a jar that stays empty: one client serves all users, who must not get each other's session."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
