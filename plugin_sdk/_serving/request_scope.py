"""What every request shares: its context, its log lines and metrics, and the status it ends with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

from plugin_sdk import _log
from plugin_sdk._serving import proto_in
from plugin_sdk._serving.outcome import Outcome, UnimplementedError, abort
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.errors import ErrorSource, LoadError, PluginError, is_deliberate, source_of, text_of
from plugin_sdk.messages.current import CurrentRequest, reset_current, set_current
from plugin_sdk.messages.data import INSTANCE, RUNNING
from plugin_sdk.messages.headers import Headers

if TYPE_CHECKING:
    from plugin_sdk._serving.plugin import Instance, Plugin
    from plugin_sdk.context import PluginContext


T = TypeVar("T")
Metadata = list[tuple[str, str]]

active: set[ActiveCall] = set()
"""The calls that are being served."""


class Rpc(NamedTuple):
    """One method of the plugin protocol.

    Attributes:
        endpoint: its name in log lines and metrics, as the Go SDK writes it.
        method: its full name in gRPC.
        kind: `unary` or `server_stream`.
    """

    endpoint: str
    method: str
    kind: str = "unary"


class ActiveCall:
    """One request being served: its context, whether its caller is still connected, and how it ends.

    Attributes:
        thread: the thread that serves it, or None.
        generator: the author's async generator that serves it without a thread, or None.
        headers: the request's.
    """

    log_token: Any
    current_token: Any
    headers: Headers

    def __init__(
        self, state: SharedState, rpc: Rpc, grpc_context: Any, context: PluginContext, metadata: Metadata
    ) -> None:
        self.state = state
        self.rpc = rpc
        self.context = context
        self.metadata = metadata
        self.outcome = Outcome()
        self.sent = 1
        self.thread: int | None = threading.get_ident()
        self.generator: Any = None
        self.started = perf_counter()
        self._grpc = grpc_context

    def is_cancelled(self) -> bool:
        """Return True once the caller has disconnected."""
        return not self._grpc.is_active()

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` once when the RPC is over, immediately if it already is."""
        if not self._grpc.add_callback(callback):
            callback()

    def metadata_value(self, key: str) -> str:
        """Return the first value of a gRPC metadata key (in lower case), or the empty string."""
        return next((value for name, value in self.metadata if name == key), "")

    def plugin(self) -> Plugin:
        """Return the plugin, waiting until it is loaded.

        Raises:
            PluginError: it cannot be loaded; the text is the reason.
        """
        try:
            return self.state.loader.plugin()
        except LoadError as error:
            raise PluginError(str(error)) from error

    def instance(self) -> Instance:
        """Return the instance for the data source that the request names."""
        instances = self.plugin().instances
        if (
            self.metadata_value(INSTANCE) == RUNNING
            and (found := instances.running(self.context)) is not None
        ):
            return found
        return instances.get(self.context, self.metadata_value("tenantid"))


def unary(state: SharedState, rpc: Rpc, work: Callable[[ActiveCall, Any], T]) -> Callable[[Any, Any], T]:
    """Return the behaviour of a method whose response `work(call, message)` makes."""

    def behavior(message: Any, grpc_context: Any) -> T:
        return serve_call(state, rpc, message, grpc_context, work)

    return behavior


def stream(
    state: SharedState, rpc: Rpc, work: Callable[[ActiveCall, Any], Iterator[T]]
) -> Callable[[Any, Any], Iterator[T]]:
    """Return the behaviour of a method whose messages `work(call, message)` yields."""

    def behavior(message: Any, grpc_context: Any) -> Iterator[T]:
        return serve_stream(state, rpc, message, grpc_context, work)

    return behavior


def serve_call(
    state: SharedState, rpc: Rpc, message: Any, grpc_context: Any, work: Callable[[ActiveCall, Any], T]
) -> T:
    """Return `work(call, message)`, or end the RPC with the status of what it raised."""
    call = begin(state, rpc, message, grpc_context)
    try:
        return work(call, message)
    except BaseException as error:
        fail(call, grpc_context, error)
    finally:
        end(call)


def serve_stream(
    state: SharedState,
    rpc: Rpc,
    message: Any,
    grpc_context: Any,
    work: Callable[[ActiveCall, Any], Iterator[T]],
) -> Iterator[T]:
    """Yield what `work(call, message)` yields; end the RPC with the status of what it raised."""
    call = begin(state, rpc, message, grpc_context)
    call.sent = 0
    try:
        for part in work(call, message):
            call.sent += 1
            yield part
    except GeneratorExit:
        raise
    except BaseException as error:
        fail(call, grpc_context, error)
    finally:
        end(call)


def begin(state: SharedState, rpc: Rpc, message: Any, grpc_context: Any) -> ActiveCall:
    """Return a new call, logged and counted; `end` must follow."""
    metadata = [(key, value) for key, value in grpc_context.invocation_metadata() if isinstance(value, str)]
    call = ActiveCall(state, rpc, grpc_context, proto_in.plugin_context(message.pluginContext), metadata)
    call.log_token = _log.request_fields.set(_log_fields(rpc.endpoint, call))
    call.headers = proto_in.current_headers(message)
    call.current_token = set_current(CurrentRequest(call.context, call.headers, call.is_cancelled))
    if state.metrics is not None:
        state.metrics.rpc_started(rpc.method, rpc.kind)
    _log.log("debug", "Plugin Request Started")
    active.add(call)
    return call


def fail(
    call: ActiveCall, grpc_context: Any, error: BaseException, then: Callable[[], None] | None = None
) -> NoReturn:
    """Record why a call failed, call `then`, and raise what makes gRPC end the RPC with that status."""
    _record_failure(call, error)
    if then is not None:
        then()
    abort(grpc_context, error)


def _record_failure(call: ActiveCall, error: BaseException) -> None:
    if call.is_cancelled():
        call.outcome.record_cancelled()
        return
    if isinstance(error, UnimplementedError):
        call.outcome.code = "Unimplemented"
        call.outcome.record_error(str(error), ErrorSource.PLUGIN)
        return
    call.outcome.code = "Unknown"
    call.outcome.record_error(text_of(error), source_of(error))
    if not is_deliberate(error):
        # `event` is the message of this line in the Go SDK, for people who search for it.
        _log.log_exception("unexpected exception in the plugin", error, event="panic triggered")


def end(call: ActiveCall) -> None:
    """Log and count how a call ended."""
    active.discard(call)
    seconds = perf_counter() - call.started
    outcome, rpc, metrics = call.outcome, call.rpc, call.state.metrics
    if outcome.status == "ok" and call.is_cancelled():
        outcome.record_cancelled()
    source = outcome.source.value if outcome.source else "plugin"
    if metrics is not None:
        metrics.rpc_ended(rpc.method, rpc.kind, outcome.code, seconds, call.sent)
        metrics.count_request(rpc.endpoint, outcome.status, source)
    fields = {"status": outcome.status, "duration": f"{seconds * 1000:.3f}ms", "statusSource": source}
    if outcome.error:
        fields["error"] = outcome.error
    _log.log("error" if outcome.status == "error" else "info", "Plugin Request Completed", **fields)
    try:
        _log.request_fields.reset(call.log_token)
        reset_current(call.current_token)
    except ValueError:
        # A stream that gRPC dropped is closed by the garbage collector, in a context without these fields.
        return


def _log_fields(endpoint: str, call: ActiveCall) -> dict[str, Any]:
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
