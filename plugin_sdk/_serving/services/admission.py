"""AdmissionControl and ResourceConversion: served only where the author defines their handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import proto_in
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.request_scope import Call, served
from plugin_sdk._serving.shared_state import Runtime
from plugin_sdk.messages import ConversionResponse, StatusResult


def validate_admission(runtime: Runtime, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of ValidateAdmission."""

    def behavior(message: Any, context: Any) -> Any:
        method = "/pluginv2.AdmissionControl/ValidateAdmission"
        with served(runtime, "validateAdmission", method, "unary", message, context) as call:
            handler = _handler(call, "validate_admission")
            response = handler(call, proto_in.admission(message, call.context, call))
            return pluginv2.ValidationResponse(
                allowed=response.allowed, result=_status(response.result), warnings=list(response.warnings)
            )

    return behavior


def mutate_admission(runtime: Runtime, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of MutateAdmission."""

    def behavior(message: Any, context: Any) -> Any:
        method = "/pluginv2.AdmissionControl/MutateAdmission"
        with served(runtime, "mutateAdmission", method, "unary", message, context) as call:
            handler = _handler(call, "mutate_admission")
            response = handler(call, proto_in.admission(message, call.context, call))
            return pluginv2.MutationResponse(
                allowed=response.allowed,
                result=_status(response.result),
                warnings=list(response.warnings),
                object_bytes=response.object_bytes,
            )

    return behavior


def convert_objects(runtime: Runtime, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of ConvertObjects; the answer carries the request's uid."""

    def behavior(message: Any, context: Any) -> Any:
        method = "/pluginv2.ResourceConversion/ConvertObjects"
        with served(runtime, "convertObjects", method, "unary", message, context) as call:
            handler = _handler(call, "convert_objects")
            response: ConversionResponse = handler(call, proto_in.conversion(message, call.context, call))
            return pluginv2.ConversionResponse(
                uid=message.uid,
                result=_status(response.result),
                objects=[
                    pluginv2.RawObject(raw=item.raw, content_type=item.content_type)
                    for item in response.objects
                ],
            )

    return behavior


def _handler(call: Call, name: str) -> Callable[..., Any]:
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
