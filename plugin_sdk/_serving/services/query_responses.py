"""What a query handler returned or raised, encoded for the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin_sdk import _log
from plugin_sdk._serving.protobuf_writer import EncodedResponse
from plugin_sdk.errors import ErrorSource, PluginError, clean_text, source_of, status_of, text_of
from plugin_sdk.messages import DataResponse

_STATUSES = range(100, 600)


def of_error(error: BaseException) -> EncodedResponse:
    """Return the response of a query that raised: text, status and source of the error."""
    status = status_of(error)
    return EncodedResponse(
        error=text_of(error),
        status=status if status in _STATUSES else 500,
        error_source=source_of(error).value,
    )


def is_for_alert(headers: Mapping[str, str]) -> bool:
    """Return True if an alert rule or an expression sent the request: it takes the last row as the newest."""
    return headers.get("FromAlert") == "true" or "X-Grafana-From-Expr" in headers


def of_result(
    result: Any, ref_id: str, as_json: bool, *, for_alert: bool = False, is_part: bool = False
) -> EncodedResponse:
    """Return the response of a query that returned frames, anything tabular, or a DataResponse.

    Args:
        result: what the handler returned.
        ref_id: of the query.
        as_json: the form of the frames.
        for_alert: whether an alert rule or an expression sent the query.
        is_part: whether more of the response follows.

    Raises:
        PluginError: it returned None.
        plugin_sdk.data.FrameError: it returned something that is not tabular.
    """
    from plugin_sdk.data._hints import new_hints
    from plugin_sdk.data._query_result import frames_from_any

    response = result if isinstance(result, DataResponse) else DataResponse(result)
    if response.frames is None:
        raise PluginError("the query returned None; return a Frame, or an empty list if there is no data")
    frames = frames_from_any(response.frames, for_alert=for_alert, is_part=is_part)
    for hint in new_hints():
        _log.log("info", hint)
    error = clean_text(response.error)
    status = response.status if response.status in _STATUSES else (500 if error else 200)
    source = (response.error_source or ErrorSource.PLUGIN).value if error else ""
    return EncodedResponse(
        [_encode(frame, ref_id, as_json) for frame in frames], error, status, source, as_json
    )


def _encode(frame: Any, ref_id: str, as_json: bool) -> bytes:
    if not frame.ref_id:
        frame.ref_id = ref_id
    from plugin_sdk.data._contract import checked_once

    checked = checked_once(frame)
    return checked.to_json().encode() if as_json else checked.to_arrow()
