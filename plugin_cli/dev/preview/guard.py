"""Who may call the preview: this machine's own pages, and no other site in the same browser.

The server listens on the loopback address only, but every web page that the user visits runs on this
machine too. A foreign name that resolves to 127.0.0.1 shows in `Host`, a foreign page in `Origin` and
in `Sec-Fetch-Site`.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware that refuses foreign hosts and pages, and marks every answer for the browser."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        if port == 80:
            self._hosts |= {"127.0.0.1", "localhost", "[::1]"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 with a sentence, or hand the request on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_missing(MutableHeaders(scope=message), _SECURITY_HEADERS)
            await send(message)

        if refusal is None:
            await self._app(scope, receive, marked)
        else:
            await JSONResponse({"message": refusal}, status_code=403)(scope, receive, marked)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return f"this preview answers to {' and '.join(sorted(self._hosts))} only, not to {host!r}"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            return f"pages of {origin} may not use this preview"
        return self._fetch_refusal(headers)

    def _fetch_refusal(self, headers: Headers) -> str | None:
        """Refuse what another site's page loads without an Origin: images, scripts, frames."""
        if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
            return None
        if headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document":
            return None  # a link to the page was followed
        return "another site's page may not use this preview"


def _add_missing(headers: MutableHeaders, extra: Mapping[str, str]) -> None:
    for name, value in extra.items():
        headers.setdefault(name, value)
