"""The frame around each request: who asks, how it ends, its log lines and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plugin_sdk import _log
from plugin_sdk._serving.loader import LoadError
from plugin_sdk._serving.outcome import Outcome, UnimplementedError, abort
from plugin_sdk._serving.proto_in import plugin_context
from plugin_sdk._serving.shared_state import Runtime
from plugin_sdk.errors import ErrorSource, PluginError, source_of, text_of

if TYPE_CHECKING:
    from plugin_sdk._serving.plugin import Instance, Plugin
    from plugin_sdk.context import PluginContext


Metadata = list[tuple[str, str]]


class Call:
    """One request being served: who asks, whether they are still there, and how it ends."""

    def __init__(self, runtime: Runtime, context: Any, plugin: PluginContext, metadata: Metadata) -> None:
        self._runtime = runtime
        self._grpc = context
        self.context = plugin
        self.metadata = metadata
        self.outcome = Outcome()
        self.sent = 1

    def is_cancelled(self) -> bool:
        """Tell whether the caller has gone."""
        return not self._grpc.is_active()

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back once when the RPC is over, at once if it already is."""
        if not self._grpc.add_callback(callback):
            callback()

    def metadata_value(self, key: str) -> str:
        """Return the first gRPC metadata value under a lower-case key, or the empty string."""
        return next((value for name, value in self.metadata if name == key), "")

    def plugin(self) -> Plugin:
        """Return the loaded plugin, waiting for it. Raises PluginError with the reason if it cannot load."""
        try:
            return self._runtime.loader.plugin()
        except LoadError as error:
            raise PluginError(str(error)) from error

    def instance(self) -> Instance:
        """Return the instance of the data source that the request names."""
        return self.plugin().instances.get(self.context, self.metadata_value("tenantid"))


@contextmanager
def served(
    runtime: Runtime, endpoint: str, method: str, kind: str, message: Any, grpc_context: Any
) -> Iterator[Call]:
    """Frame one request: log context, start and end lines, metrics, and exceptions turned into statuses."""
    metadata = [(key, value) for key, value in grpc_context.invocation_metadata() if isinstance(value, str)]
    call = Call(runtime, grpc_context, plugin_context(message.pluginContext), metadata)
    token = _log.request_fields.set(_log_fields(endpoint, call))
    metrics = runtime.metrics
    started = time.perf_counter()
    if metrics is not None:
        metrics.started(method, kind)
    _log.log("debug", "Plugin Request Started")
    failure: BaseException | None = None
    try:
        yield call
    except GeneratorExit:
        raise
    except BaseException as error:
        failure = error
        _note(call, error)
    finally:
        _end(runtime, call, endpoint, method, kind, time.perf_counter() - started)
        _leave(token)
    if failure is not None:
        abort(grpc_context, failure)


def _leave(token: Any) -> None:
    try:
        _log.request_fields.reset(token)
    except ValueError:
        # A stream dropped by gRPC is closed wherever it is collected, in a context that never had the fields.
        return


def _note(call: Call, error: BaseException) -> None:
    if call.is_cancelled():
        call.outcome.cancelled()
        return
    if isinstance(error, UnimplementedError):
        call.outcome.code = "Unimplemented"
        call.outcome.failed(str(error), ErrorSource.PLUGIN)
        return
    call.outcome.code = "Unknown"
    call.outcome.failed(text_of(error), source_of(error))
    if not isinstance(error, PluginError):
        _log.log_exception("panic triggered", error)


def _end(runtime: Runtime, call: Call, endpoint: str, method: str, kind: str, seconds: float) -> None:
    outcome = call.outcome
    if outcome.status == "ok" and call.is_cancelled():
        outcome.cancelled()
    source = outcome.source.value if outcome.source else ""
    if runtime.metrics is not None:
        runtime.metrics.ended(method, kind, outcome.code, seconds, call.sent)
        runtime.metrics.request(endpoint, outcome.status, source or "plugin")
    fields = {
        "status": outcome.status,
        "duration": f"{seconds * 1000:.3f}ms",
        "statusSource": source or "plugin",
    }
    if outcome.error:
        fields["error"] = outcome.error
    _log.log("error" if outcome.status == "error" else "info", "Plugin Request Completed", **fields)


def _log_fields(endpoint: str, call: Call) -> dict[str, Any]:
    context = call.context
    fields = {"pluginId": context.plugin_id, "endpoint": endpoint}
    if context.plugin_version:
        fields["pluginVersion"] = context.plugin_version
    if context.data_source_instance_settings is not None:
        fields["dsName"] = context.data_source_instance_settings.name
        fields["dsUid"] = context.data_source_instance_settings.uid
    if context.user is not None:
        fields["uname"] = context.user.name or context.user.login
    for name, value in call.metadata:
        if name == "traceparent" and value.count("-") == 3:
            fields["traceId"] = value.split("-")[1]
        elif name == "loggerparamsctxmetadata":
            key, separator, text = value.partition(":::")
            if key and text and separator:
                fields[key] = text
    return fields
