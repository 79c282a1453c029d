"""AdmissionControl and ResourceConversion, for plugins that define the handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import proto_in, request_scope
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.messages import ConversionResponse, StatusResult

_VALIDATE = Rpc("validateAdmission", "/pluginv2.AdmissionControl/ValidateAdmission")
_MUTATE = Rpc("mutateAdmission", "/pluginv2.AdmissionControl/MutateAdmission")
_CONVERT = Rpc("convertObjects", "/pluginv2.ResourceConversion/ConvertObjects")


def validate_admission(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of ValidateAdmission."""
    return request_scope.unary(state, _VALIDATE, _validate)


def _validate(call: ActiveCall, message: Any) -> Any:
    handler = _handler(call, "validate_admission")
    response = handler(call, proto_in.admission(message, call.context, call))
    return pluginv2.ValidationResponse(
        allowed=response.allowed, result=_status(response.result), warnings=list(response.warnings)
    )


def mutate_admission(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of MutateAdmission."""
    return request_scope.unary(state, _MUTATE, _mutate)


def _mutate(call: ActiveCall, message: Any) -> Any:
    handler = _handler(call, "mutate_admission")
    response = handler(call, proto_in.admission(message, call.context, call))
    return pluginv2.MutationResponse(
        allowed=response.allowed,
        result=_status(response.result),
        warnings=list(response.warnings),
        object_bytes=response.object_bytes,
    )


def convert_objects(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of ConvertObjects; the response carries the request's uid."""
    return request_scope.unary(state, _CONVERT, _convert)


def _convert(call: ActiveCall, message: Any) -> Any:
    handler = _handler(call, "convert_objects")
    response: ConversionResponse = handler(call, proto_in.conversion(message, call.context, call))
    return pluginv2.ConversionResponse(
        uid=message.uid,
        result=_status(response.result),
        objects=[
            pluginv2.RawObject(raw=item.raw, content_type=item.content_type) for item in response.objects
        ],
    )


def _handler(call: ActiveCall, name: str) -> Callable[..., Any]:
    plugin = call.plugin()
    if not plugin.abilities.has(name):
        raise UnimplementedError(f"this plugin does not implement {name}")
    return plugin.class_handler(name)


def _status(result: StatusResult | None) -> Any:
    if result is None:
        return None
    return pluginv2.StatusResult(
        status=result.status, message=result.message, reason=result.reason, code=result.code
    )
