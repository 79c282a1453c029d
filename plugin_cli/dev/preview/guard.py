"""Who may call the preview: whoever has this session's token, and no other site in the same browser.

The server listens on the loopback address only, but every account and every program of the machine shares
that address: the one that `dev up` prints holds a token, which becomes a cookie. And every web page that the
user visits runs on this machine too: a foreign name that resolves to 127.0.0.1 shows in `Host`, a foreign
page in `Origin` and in `Sec-Fetch-Site`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse
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


_NO_TOKEN = (
    "this preview answers to whoever has its token: open the address that `plugin-cli dev up` printed, "
    "or run `plugin-cli dev open`"
)


class Guard:
    """ASGI middleware that refuses foreign hosts, pages and accounts, and marks answers for the browser."""

    def __init__(self, app: ASGIApp, *, port: int, token: str) -> None:
        self._app = app
        self._token = token
        # Cookies do not know of ports: each session has one of its own name.
        self._cookie = f"plugin-cli-{port}"
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
        request = HTTPConnection(scope)
        refusal, opened = self._refusal(request.headers), self._opens(request)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add_missing(headers, _SECURITY_HEADERS)
                if opened and refusal is None:
                    cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        if refusal is not None:
            await JSONResponse({"message": refusal}, status_code=403)(scope, receive, marked)
        elif opened or not _is_closed(scope["path"]) or self._is_known(request):
            await self._app(self._without_token(scope), receive, marked)
        elif scope["path"] == "/":
            await PlainTextResponse(f"{_NO_TOKEN}\n", status_code=401)(scope, receive, marked)
        else:
            await JSONResponse({"message": _NO_TOKEN}, status_code=401)(scope, receive, marked)

    def _opens(self, request: HTTPConnection) -> bool:
        """Return True if the page is opened by the printed address; elsewhere `token` is the plugin's own."""
        return request.url.path == "/" and self._is_token(request.query_params.get("token"))

    def _is_known(self, request: HTTPConnection) -> bool:
        """Return True for a browser that opened the page, and for a program that was given the token."""
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        bearer = sent if scheme.lower() == "bearer" else None
        return self._is_token(request.cookies.get(self._cookie)) or self._is_token(bearer)

    def _without_token(self, scope: Scope) -> Scope:
        """Take a program's token off the request: a resource call would hand it to the plugin."""
        ours = f"bearer {self._token}".lower().encode()
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"authorization" or value.lower() != ours
        ]
        return {**scope, "headers": headers}

    def _is_token(self, sent: str | None) -> bool:
        return sent is not None and hmac.compare_digest(sent.encode("utf-8", "replace"), self._token.encode())

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


def _is_closed(path: str) -> bool:
    """Return True for what needs the token: all but the files of the page and of the plugin's frontend."""
    return not path.startswith(("/_page/", "/public/"))


def _add_missing(headers: MutableHeaders, extra: Mapping[str, str]) -> None:
    for name, value in extra.items():
        headers.setdefault(name, value)
