"""What a query handler returned, as it goes over the wire."""

from __future__ import annotations

from typing import Any

from plugin_sdk._serving.protobuf_writer import WireResponse
from plugin_sdk.errors import ErrorSource, PluginError, clean_text, source_of, status_of, text_of
from plugin_sdk.messages import DataResponse

_STATUSES = range(100, 600)


def failure(error: BaseException) -> WireResponse:
    """Return the answer of a query that raised: text, status and source of the error."""
    status = status_of(error)
    return WireResponse(
        error=text_of(error),
        status=status if status in _STATUSES else 500,
        error_source=source_of(error).value,
    )


def wire_response(result: Any, ref_id: str, as_json: bool) -> WireResponse:
    """Return the answer of a query that returned frames, anything tabular, or a DataResponse.

    Raises:
        PluginError: it returned None.
        plugin_sdk.data.FrameError: it returned something that has no frame.
    """
    from plugin_sdk.data import frames_from_any

    response = result if isinstance(result, DataResponse) else DataResponse(result)
    if response.frames is None:
        raise PluginError("the query returned None; return a Frame, or an empty list where there is no data")
    frames = [_encoded(frame, ref_id, as_json) for frame in frames_from_any(response.frames)]
    error = clean_text(response.error)
    status = response.status if response.status in _STATUSES else (500 if error else 200)
    source = (response.error_source or ErrorSource.PLUGIN).value if error else ""
    return WireResponse(frames, error, status, source, as_json)


def _encoded(frame: Any, ref_id: str, as_json: bool) -> bytes:
    if not frame.ref_id:
        frame.ref_id = ref_id
    if as_json:
        text: str = frame.to_json()
        return text.encode()
    encoded: bytes = frame.to_arrow()
    return encoded
