"""Request headers with case-insensitive names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Headers(Mapping[str, str]):
    """Request headers with case-insensitive names.

    Grafana prefixes forwarded HTTP headers with `http_`; `Authorization`, `X-Id-Token` and `Cookie` also
    come without the prefix. `headers["X-Grafana-User"]` finds both forms (Go SDK: `ForwardHTTPHeaders`).
    """

    __slots__ = ("_found", "raw")

    def __init__(self, raw: Mapping[str, str] | None = None) -> None:
        self.raw: Mapping[str, str] = raw or {}
        self._found: dict[str, str] | None = None

    def _index(self) -> dict[str, str]:
        if self._found is None:
            bare = {name.lower(): value for name, value in self.raw.items()}
            forwarded = {name[5:]: value for name, value in bare.items() if name.startswith("http_")}
            self._found = {
                name: value for name, value in bare.items() if not name.startswith("http_")
            } | forwarded
        return self._found

    def __getitem__(self, name: str) -> str:
        return self._index()[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header, or `default`."""
        # Mapping's own would raise and catch a KeyError for each header that a request does not have.
        return self._index().get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index()

    def __iter__(self) -> Iterator[str]:
        return iter(self._index())

    def __len__(self) -> int:
        return len(self._index())

    def __repr__(self) -> str:
        return f"Headers({sorted(self._index())})"

    def forwarded(self) -> dict[str, str]:
        """Return the HTTP headers that may be forwarded to the downstream system, with canonical names."""
        bare = {"authorization", "x-id-token", "cookie", "fromalert"}
        forwarded = {name[5:].lower() for name in self.raw if name.lower().startswith("http_")} | bare
        return {canonical(name): value for name, value in self._index().items() if name in forwarded}


def canonical(name: str) -> str:
    """Return a header name in canonical MIME form, e.g. `X-Id-Token`."""
    return "-".join(part.capitalize() for part in name.split("-"))
