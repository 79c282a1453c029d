"""The Resource service: HTTP requests, served by routes, a handler, or an ASGI application."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from plugin_sdk import _log
from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import proto_in, request_scope
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.services import asgi, iteration, routes
from plugin_sdk._serving.services.resource_parts import sendable
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.errors import PluginError, is_deliberate, source_of, status_of, text_of
from plugin_sdk.messages import CallResourceRequest, CallResourceResponse

_RPC = Rpc("callResource", "/pluginv2.Resource/CallResource", "server_stream")


def call_resource(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Iterator[Any]]:
    """Return the behaviour of CallResource: one message, or several for a streamed body."""
    return request_scope.stream(state, _RPC, _messages)


def _messages(call: ActiveCall, message: Any) -> Iterator[Any]:
    request = proto_in.call_resource(message, call.context, call)
    first = True
    try:
        for response in _responses(call, request):
            yield _message(response, first)
            first = False
    except GeneratorExit:
        raise
    except BaseException as error:
        if call.is_cancelled() or not first or not isinstance(error, Exception):
            raise
        yield _message(_error_response(call, error), True)
        return
    if first:
        yield _message(CallResourceResponse(204), True)


def _error_response(call: ActiveCall, error: Exception) -> CallResourceResponse:
    """Return the response of a handler that raised; its body gives the reason."""
    call.outcome.record_error(text_of(error), source_of(error))
    if not is_deliberate(error):
        _log.log_exception("resource handler failed", error)
    return CallResourceResponse.of_json(
        {"error": text_of(error), "message": text_of(error)}, status_of(error)
    )


def _responses(call: ActiveCall, request: CallResourceRequest) -> Iterator[CallResourceResponse]:
    plugin = call.plugin()
    abilities = plugin.abilities
    if not (abilities.resources or abilities.asgi or abilities.has("call_resource")):
        yield CallResourceResponse(501)
        return
    instance = call.instance()
    found = routes.find(abilities.resources, request)
    if found is not None and found.route is not None:
        yield from _responses_of(routes.call_route(call, instance, found, request), call)
    elif abilities.has("call_resource"):
        yield from _responses_of(instance.handler("call_resource")(call, request), call)
    elif abilities.asgi:
        state = instance.lifespan.state if instance.lifespan is not None else {}
        yield from asgi.call(instance.target.asgi_app, request, call, state)
    else:
        raise routes.no_route_error(abilities.resources, request, is_path=found is not None)


_CLIENTS = frozenset({"httpx", "requests", "starlette", "fastapi", "flask", "werkzeug"})
_OF_A_CLIENT = (
    "the handler returned the response of a client library; return response.json(), or "
    "CallResourceResponse(response.status_code, response.content)"
)


def _responses_of(result: Any, call: ActiveCall) -> Iterator[CallResourceResponse]:
    """Yield the parts of the response that a handler's return value stands for."""
    if isinstance(result, CallResourceResponse):
        yield result
    elif isinstance(result, BaseException):  # as gather(..., return_exceptions=True) returns it
        raise result
    elif hasattr(result, "status_code") and type(result).__module__.partition(".")[0] in _CLIENTS:
        raise PluginError(_OF_A_CLIENT)
    elif inspect.iscoroutine(result):
        result.close()
        raise PluginError("the handler returned a coroutine; make it async, or await the call in it")
    elif isinstance(result, (bytes, bytearray, memoryview)):
        yield CallResourceResponse(200, bytes(result), {"Content-Type": "application/octet-stream"})
    elif result is None:
        yield CallResourceResponse(204)
    elif hasattr(result, "__anext__") or (hasattr(result, "__next__") and not _is_list_like(result)):
        for part in iteration.iterate(result, call):
            yield part if isinstance(part, CallResourceResponse) else CallResourceResponse(200, _chunk(part))
    else:
        yield CallResourceResponse.of_json(result)


_LIST_LIKE: tuple[type, ...] = (map, filter, zip, enumerate, reversed, type(reversed([])))


def _is_list_like(result: Any) -> bool:
    """Return True for `map`, `zip` or a cursor, which its author sees as a list rather than a stream."""
    return hasattr(result, "fetchall") or isinstance(result, _LIST_LIKE)


def _chunk(part: Any) -> bytes:
    if isinstance(part, (bytes, bytearray, memoryview)):
        return bytes(part)
    return (
        part.encode("utf-8", "replace")
        if isinstance(part, str)
        else CallResourceResponse.of_json(part).body + b"\n"
    )


def _message(response: CallResourceResponse, first: bool) -> Any:
    response = sendable(response)
    if not first:
        return pluginv2.CallResourceResponse(body=response.body)
    message = pluginv2.CallResourceResponse(
        # Go's net/http panics on a status that does not have three digits.
        code=response.status if 100 <= response.status <= 999 else 500,
        body=response.body,
    )
    headers = dict(response.headers)
    if response.body and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = ["application/json"]
    for name, values in headers.items():
        message.headers[name].values.extend(values)
    return message
