"""Requests in the shape Grafana 12 sends them, as protobuf JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

PLUGIN_ID = "acme-conformance-datasource"
FROM_MS = 1_700_000_000_000
TO_MS = FROM_MS + 3_600_000

Message = dict[str, Any]


def b64(data: bytes | str) -> str:
    """Return bytes as protobuf's JSON form spells them."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def unb64(text: str) -> bytes:
    return base64.b64decode(text)


def source(*, json_data: Any = None, number: int = 1, updated: int = 1_000, **fields: Any) -> Message:
    """Return the settings of one data source."""
    raw = (
        b"{}"
        if json_data is None
        else json_data
        if isinstance(json_data, bytes)
        else json.dumps(json_data).encode()
    )
    return {
        "id": number,
        "uid": f"uid-{number}",
        "name": f"Source {number}",
        "url": "http://localhost:1",
        "jsonData": b64(raw),
        "decryptedSecureJsonData": {"token": "s3cret-token"},
        "lastUpdatedMS": updated,
        **fields,
    }


def context(ds: Message | None = None, **fields: Any) -> Message:
    """Return the plugin context of a signed-in admin."""
    return {
        "orgId": 1,
        "pluginId": PLUGIN_ID,
        "pluginVersion": "1.2.3",
        "user": {"login": "admin", "name": "Admin", "email": "admin@localhost", "role": "Admin"},
        "dataSourceInstanceSettings": ds or source(),
        "grafanaConfig": {"GF_APP_URL": "http://localhost:3000/", "GF_CONCURRENT_QUERY_COUNT": "10"},
        "userAgent": "Grafana/12.4.3 (linux; amd64)",
        **fields,
    }


def one_query(model: Any = None, ref_id: str = "A", **fields: Any) -> Message:
    """Return one query; `model` is its JSON, or bytes as they are."""
    stored = model if isinstance(model, bytes) else json.dumps({"refId": ref_id, **(model or {})}).encode()
    return {
        "refId": ref_id,
        "maxDataPoints": 500,
        "intervalMS": 30_000,
        "timeRange": {"fromEpochMS": FROM_MS, "toEpochMS": TO_MS},
        "json": b64(stored),
        "queryType": "",
        **fields,
    }


def query_data(*queries: Message, ds: Message | None = None, **fields: Any) -> Message:
    """Return a QueryData request; without queries, one that asks for the sample series."""
    return {"pluginContext": context(ds), "queries": list(queries) or [one_query()], **fields}


def ask(do: str, ref_id: str = "A", ds: Message | None = None, **model: Any) -> Message:
    """Return a request with one query that tells the plugin what to do."""
    return query_data(one_query({"do": do, **model}, ref_id), ds=ds)


def health(ds: Message | None = None, **fields: Any) -> Message:
    return {"pluginContext": context(ds), "headers": {}, **fields}


def resource(path: str, method: str = "GET", *, ds: Message | None = None, **fields: Any) -> Message:
    """Return a CallResource request as Grafana's HTTP API makes it."""
    request = {
        "pluginContext": context(ds),
        "path": path.partition("?")[0],
        "url": path,
        "method": method,
        "headers": {},
    }
    return {**request, **fields}


def channel(path: str, data: Any = None, *, ds: Message | None = None, **fields: Any) -> Message:
    """Return a request of the Stream service."""
    request = {"pluginContext": context(ds), "path": path, "headers": {}}
    return {**request, **({"data": b64(json.dumps(data))} if data is not None else {}), **fields}


def values(response: Message, field: str, frame: int = 0) -> list[Any]:
    """Return one column of a decoded frame."""
    decoded = response["frames"][frame]
    names = [one["name"] for one in decoded["schema"]["fields"]]
    column: list[Any] = decoded["data"]["values"][names.index(field)]
    return column


def echoed(answer: Message, ref_id: str = "A") -> Any:
    """Return what the plugin saw, from an answer to `{"do": "echo"}`."""
    seen: Any = json.loads(values(answer["responses"][ref_id], "text")[0])
    return seen
