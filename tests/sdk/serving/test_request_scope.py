from __future__ import annotations

from contextvars import copy_context
from typing import Any

import grpc
import pytest

from plugin_sdk import DataSource, DownstreamError, PluginContext, PluginError
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving import request_scope
from plugin_sdk._serving.metrics import Metrics
from plugin_sdk._serving.outcome import Outcome, error_details
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.errors import ErrorSource
from plugin_sdk.testing import settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import query_request, serving


class Failing(DataSource[Any, Any]):
    error: BaseException | None = None

    def query_data(self, request: Any) -> Any:
        if self.error is not None:
            raise self.error
        return {}


def call(error: BaseException | None = None, metadata: Any = (), metrics: Metrics | None = None) -> Any:
    """Run one request and return how the RPC failed, or None."""

    class Plugin(Failing):
        pass

    Plugin.error = error
    with serving(Plugin, metrics=metrics) as served:
        try:
            served.unary("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse, metadata)
        except grpc.RpcError as failed:
            return failed
    return None


def only(lines: list[dict[str, Any]], message: str) -> dict[str, Any]:
    (line,) = [line for line in lines if line["@message"] == message]
    return line


def test_two_log_lines_identify_each_request(logged: Lines) -> None:
    assert call() is None

    started, completed = only(logged(), "Plugin Request Started"), only(logged(), "Plugin Request Completed")
    for line in (started, completed):
        assert (line["pluginId"], line["endpoint"]) == ("test-plugin", "queryData")
        assert (line["dsName"], line["dsUid"], line["uname"]) == ("test", "test", "admin")
    assert started["@level"] == "debug"
    assert (completed["@level"], completed["status"], completed["statusSource"]) == ("info", "ok", "plugin")
    assert completed["duration"].endswith("ms")


def test_log_lines_have_the_trace_and_fields_of_grafana(logged: Lines) -> None:
    call(
        metadata=(
            ("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"),
            ("loggerparamsctxmetadata", "dashboard:::abc"),
            ("loggerparamsctxmetadata", "no separator"),
            ("loggerparamsctxmetadata", ":::"),
            ("binary-bin", b"\x00"),
        )
    )

    line = only(logged(), "Plugin Request Started")
    assert line["traceId"] == "0123456789abcdef0123456789abcdef"
    assert line["dashboard"] == "abc"


def test_an_invalid_trace_is_omitted(logged: Lines) -> None:
    call(metadata=(("traceparent", "odd"),))

    assert "traceId" not in only(logged(), "Plugin Request Started")


def test_unknown_facts_are_omitted(logged: Lines) -> None:
    with serving(Failing) as served:
        request = p.CollectMetricsRequest(
            pluginContext=p.PluginContext(
                pluginId="x", pluginVersion="1.2.3", user=p.User(login="login", name="Full Name")
            )
        )
        served.unary("Diagnostics/CollectMetrics", request, p.CollectMetricsResponse)
        served.unary("Diagnostics/CollectMetrics", p.CollectMetricsRequest(), p.CollectMetricsResponse)

    first, second = [line for line in logged() if line["@message"] == "Plugin Request Started"]
    assert (first["pluginVersion"], first["uname"]) == ("1.2.3", "Full Name")
    assert {"pluginVersion", "uname", "dsName", "traceId"} & set(second) == set()


@pytest.mark.parametrize(
    ("error", "text", "source"),
    [
        (PluginError("as it is"), "as it is", "plugin"),
        (DownstreamError("not ours"), "not ours", "downstream"),
    ],
)
def test_a_deliberate_error_has_its_source(
    logged: Lines, error: BaseException, text: str, source: str
) -> None:
    failed = call(error)

    assert (failed.code(), failed.details()) == (grpc.StatusCode.UNKNOWN, text)
    details = dict(failed.trailing_metadata())["grpc-status-details-bin"]
    assert details == error_details(2, text, ErrorSource(source))
    line = only(logged(), "Plugin Request Completed")
    assert (line["@level"], line["status"], line["statusSource"], line["error"]) == (
        "error",
        "error",
        source,
        text,
    )
    assert not [line for line in logged() if "stack" in line]


def test_an_error_that_wraps_a_deliberate_one_counts_as_deliberate() -> None:
    error = ValueError("outer")
    error.__cause__ = DownstreamError("inner")
    failed = call(error)

    assert failed.details() == "outer"
    assert b"downstream" in dict(failed.trailing_metadata())["grpc-status-details-bin"]


def test_a_bug_is_a_panic_and_is_logged_with_its_traceback(logged: Lines) -> None:
    failed = call(ZeroDivisionError("by zero"))

    assert failed.details() == "panic triggered: ZeroDivisionError: by zero"
    assert "grpc-status-details-bin" not in dict(failed.trailing_metadata())
    assert "ZeroDivisionError" in only(logged(), "unexpected exception in the plugin")["stack"]


def test_the_status_details_read_back_as_googles_message() -> None:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    text = "x" * 300
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="t", syntax="proto3")
    string, message, repeated = 9, 11, 3
    any_type = file.message_type.add(name="Any")
    any_type.field.add(name="type_url", number=1, type=string, label=1)
    any_type.field.add(name="value", number=2, type=12, label=1)
    status = file.message_type.add(name="Status")
    status.field.add(name="code", number=1, type=5, label=1)
    status.field.add(name="message", number=2, type=string, label=1)
    status.field.add(name="details", number=3, type=message, label=repeated, type_name=".t.Any")
    info = file.message_type.add(name="ErrorInfo")
    entry = info.nested_type.add(name="MetadataEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=string, label=1)
    entry.field.add(name="value", number=2, type=string, label=1)
    info.field.add(
        name="metadata", number=3, type=message, label=repeated, type_name=".t.ErrorInfo.MetadataEntry"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes = {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"t.{name}"))
        for name in ("Status", "ErrorInfo")
    }
    read: Any = classes["Status"].FromString(error_details(2, text, ErrorSource.DOWNSTREAM))
    found: Any = classes["ErrorInfo"].FromString(read.details[0].value)

    assert (read.code, read.message) == (2, text)
    assert read.details[0].type_url == "type.googleapis.com/google.rpc.ErrorInfo"
    assert dict(found.metadata) == {"errorSource": "downstream"}


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(None, "OK", "ok"), (PluginError("x"), "Unknown", "error"), (KeyError("x"), "Unknown", "error")],
)
def test_metrics_count_how_a_request_ended(
    metrics: Metrics, error: BaseException | None, code: str, status: str
) -> None:
    call(error, metrics=metrics)
    text = metrics.text().decode()

    assert f'grpc_server_handled_total{{grpc_code="{code}",grpc_method="QueryData"' in text
    assert (
        f'grafana_plugin_request_total{{endpoint="queryData",status="{status}",status_source="plugin"}} 1.0'
        in text
    )
    assert 'grpc_server_msg_received_total{grpc_method="QueryData"' in text


def test_an_unimplemented_method_is_counted_as_such(metrics: Metrics) -> None:
    class Silent(DataSource[Any, Any]):
        pass

    with serving(Silent, metrics=metrics) as served, pytest.raises(grpc.RpcError):
        served.unary("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse)

    assert 'grpc_code="Unimplemented",grpc_method="QueryData"' in metrics.text().decode()


def test_each_tenant_has_its_own_instance() -> None:
    made: list[int] = []

    class Counting(DataSource[Any, Any]):
        def __init__(self, instance: Any) -> None:
            made.append(1)

        def query_data(self, request: Any) -> Any:
            return {}

    with serving(Counting) as served:
        for tenant in ("a", "b", "a"):
            served.unary(
                "Data/QueryData",
                query_request(("A", b"{}")),
                p.QueryDataResponse,
                metadata=(("tenantid", tenant),),
            )

    assert len(made) == 2


def test_the_plugins_own_errors_take_precedence() -> None:
    outcome = Outcome()
    outcome.record_error("theirs", ErrorSource.DOWNSTREAM)
    outcome.record_error("ours", ErrorSource.PLUGIN)
    outcome.record_error("theirs again", ErrorSource.DOWNSTREAM)

    assert (outcome.status, outcome.error, outcome.source) == ("error", "ours", ErrorSource.PLUGIN)
    outcome.record_cancelled()
    assert (outcome.status, outcome.code) == ("cancelled", "Canceled")


def test_an_instance_is_created_once_for_all_calls_of_a_data_source() -> None:
    made: list[int] = []

    class Counting(DataSource[Any, Any]):
        def __init__(self, instance: Any) -> None:
            made.append(1)

    with serving(Counting) as served:
        for _ in range(3):
            served.client.check_health(settings())
        served.client.check_health(settings(updated_ms=2))

    assert len(made) == 2


def test_a_stream_that_is_collected_in_another_context_still_ends(logged: Lines) -> None:
    class Context:
        def invocation_metadata(self) -> list[Any]:
            return []

        def is_active(self) -> bool:
            return True

    def packets(_call: ActiveCall, _message: Any) -> Any:
        yield 1

    rpc = Rpc("runStream", "/a/b", "server_stream")
    state = SharedState(Failing)
    stream: Any = request_scope.stream(state, rpc, packets)(p.RunStreamRequest(), Context())
    copy_context().run(next, stream)
    # Closed in a context that never had the request's fields, as when gRPC drops it.
    stream.close()

    assert only(logged(), "Plugin Request Started")["endpoint"] == "runStream"
    assert only(logged(), "Plugin Request Completed")["status"] == "ok"


def test_a_call_that_is_already_over_calls_back_immediately() -> None:
    class Over:
        def add_callback(self, callback: Any) -> bool:
            return False

    told: list[bool] = []
    ActiveCall(SharedState(Failing), Rpc("a", "/b"), Over(), PluginContext(), []).on_end(
        lambda: told.append(True)
    )

    assert told == [True]
