"""The Diagnostics service: "Save & test" and metrics."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from plugin_sdk import _log
from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import proto_in, request_scope
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.services import health_result
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.errors import ErrorSource, clean_text, is_deliberate, source_of, text_of
from plugin_sdk.messages import CheckHealthResult, HealthStatus

_LOAD_SECONDS = 5.0
"""How long a request for metrics waits for a plugin that is still loading."""


_CHECK_HEALTH = Rpc("checkHealth", "/pluginv2.Diagnostics/CheckHealth")
_COLLECT_METRICS = Rpc("collectMetrics", "/pluginv2.Diagnostics/CollectMetrics")


def check_health(state: SharedState, pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of CheckHealth; a failed check is a normal response that gives the reason."""

    def work(call: ActiveCall, message: Any) -> Any:
        return _check_health(call, message, pools.queries.refusal)

    return request_scope.unary(state, _CHECK_HEALTH, work)


def _check_health(call: ActiveCall, message: Any, refusal: str) -> Any:
    # Whoever tests the data source reads why its queries are refused, not that all is well.
    result = CheckHealthResult.error(refusal) if refusal else _checked(call, message)
    if result.status is HealthStatus.ERROR:
        _log.log("debug", "health check failed", error=result.message)
    return pluginv2.CheckHealthResponse(
        status=int(result.status),
        message=clean_text(result.message),
        jsonDetails=health_result.details_of(result),
    )


def _checked(call: ActiveCall, message: Any) -> CheckHealthResult:
    try:
        instance = call.instance()
        missing = call.plugin().missing_settings(call.context)
        if missing:
            return CheckHealthResult.error("; ".join(missing))
        if not call.plugin().abilities.has("check_health"):
            return CheckHealthResult.ok("The plugin is running; it defines no health check.")
        handler = instance.handler("check_health")
        # The argument is optional: most checks need only the instance.
        takes_request = bool(inspect.signature(instance.target.check_health).parameters)
        arguments = (proto_in.check_health(message, call.context, call),) if takes_request else ()
        return health_result.checked(handler(call, *arguments))
    except BaseException as error:
        return _failed(call, error)


def _failed(call: ActiveCall, error: BaseException) -> CheckHealthResult:
    call.outcome.record_error(text_of(error), source_of(error))
    if not is_deliberate(error):
        _log.log_exception("check_health failed", error)
    return CheckHealthResult.error(text_of(error))


def collect_metrics(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of CollectMetrics: the process-wide registry plus what the author adds."""
    return request_scope.unary(state, _COLLECT_METRICS, _collect_metrics)


def _collect_metrics(call: ActiveCall, message: Any) -> Any:
    plugin = call.state.loader.loaded(_LOAD_SECONDS)
    text = call.state.metrics.text() if call.state.metrics is not None else b""
    if plugin is not None and plugin.abilities.has("collect_metrics"):
        text += _author_metrics(call, plugin, message)
    return pluginv2.CollectMetricsResponse(metrics=pluginv2.CollectMetricsResponse.Payload(prometheus=text))


def _author_metrics(call: ActiveCall, plugin: Any, message: Any) -> bytes:
    try:
        own = plugin.class_handler("collect_metrics")(
            call, proto_in.collect_metrics(message, call.context, call)
        )
    except Exception as error:
        # An error in the author's metrics must not lose those of the runtime.
        call.outcome.record_error(text_of(error), ErrorSource.PLUGIN)
        _log.log_exception("collect_metrics failed", error)
        return b""
    return own.encode() if isinstance(own, str) else bytes(own)
