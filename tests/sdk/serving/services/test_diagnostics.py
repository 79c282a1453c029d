from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from plugin_sdk import (
    CheckHealthRequest,
    CheckHealthResult,
    CollectMetricsRequest,
    DataSource,
    DataSourceInstanceSettings,
    DownstreamError,
    HealthStatus,
)
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.metrics import Metrics
from plugin_sdk.testing import in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS, context, serving


def healthy(result: Any) -> type:
    class Healthy(DataSource[Any, Any]):
        def check_health(self) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result

    return Healthy


def test_a_check_without_a_parameter_gets_no_request() -> None:
    with in_process(healthy(CheckHealthResult.ok("works", version="1.2"))) as client:
        result = client.check_health(settings())

    assert result == CheckHealthResult(HealthStatus.OK, "works", {"version": "1.2"})


def test_a_check_may_be_async_and_take_its_request() -> None:
    class Healthy(DataSource[Any, Any]):
        async def check_health(self, request: CheckHealthRequest) -> CheckHealthResult:
            return CheckHealthResult.error(f"{request.headers['X-Grafana-User']} {request.context.org_id}")

    with in_process(Healthy) as client:
        result = client.check_health(settings(), headers={"http_X-Grafana-User": "anna"})

    assert result == CheckHealthResult(HealthStatus.ERROR, "anna 1")


def test_a_plugin_without_a_check_is_healthy() -> None:
    class Bare(DataSource[Any, Any]):
        pass

    with in_process(Bare) as client:
        result = client.check_health(settings())

    assert (result.status, result.message) == (
        HealthStatus.OK,
        "The plugin is running; it defines no health check.",
    )


@pytest.mark.parametrize(
    ("error", "message", "stack"),
    [
        (DownstreamError("the API says no"), "the API says no", False),
        (KeyError("x"), "KeyError: 'x'", True),
        (SystemExit(1), "SystemExit: 1", True),
    ],
)
def test_a_check_that_raises_is_a_response_with_the_reason(
    logged: Lines, error: BaseException, message: str, stack: bool
) -> None:
    with in_process(healthy(error)) as client:
        result = client.check_health(settings())

    assert (result.status, result.message) == (HealthStatus.ERROR, message)
    assert any("stack" in line for line in logged()) is stack
    (line,) = [line for line in logged() if line["@message"] == "Plugin Request Completed"]
    assert line["status"] == "error"


def test_a_check_that_returns_something_else_is_an_error() -> None:
    with in_process(healthy("fine")) as client:
        result = client.check_health(settings())

    assert result.message == (
        'check_health returned str; return CheckHealthResult.ok("...") or CheckHealthResult.error("...")'
    )


def test_a_failing_check_is_logged_and_the_request_still_succeeded(logged: Lines) -> None:
    with in_process(healthy(CheckHealthResult.error("bad key \ud800"))) as client:
        assert client.check_health(settings()).message == "bad key ?"

    assert [line["error"] for line in logged() if line["@message"] == "health check failed"]
    (line,) = [line for line in logged() if line["@message"] == "Plugin Request Completed"]
    assert line["status"] == "ok"


@pytest.mark.parametrize("details", [{"value": float("nan")}, ["a list"], {1: object(), (): 2}])
def test_details_that_grafana_would_refuse_are_omitted_and_logged(logged: Lines, details: Any) -> None:
    with in_process(healthy(CheckHealthResult(HealthStatus.OK, "works", details))) as client:
        result = client.check_health(settings())

    assert (result.status, result.details) == (HealthStatus.OK, None)
    (line,) = [line for line in logged() if "stack" in line]
    assert line["@message"] == "the details of check_health are not a JSON object and were omitted"


def test_save_and_test_shows_invalid_settings() -> None:
    class Picky(DataSource[Any, Any]):
        def __init__(self, instance: DataSourceInstanceSettings[Any]) -> None:
            raise DownstreamError("no route to the database")

    with in_process(Picky) as client:
        assert client.check_health(settings()).message == "no route to the database"


def test_a_check_that_waits_is_cancelled_when_the_caller_leaves() -> None:
    started, cancelled = threading.Event(), threading.Event()

    class Slow(DataSource[Any, Any]):
        async def check_health(self) -> CheckHealthResult:
            started.set()
            try:
                await asyncio.sleep(SECONDS)
            finally:
                cancelled.set()
            return CheckHealthResult.ok("late")

    with serving(Slow) as served:
        request = p.CheckHealthRequest(pluginContext=context())
        call = served.future("Diagnostics/CheckHealth", request, p.CheckHealthResponse)
        assert started.wait(SECONDS)
        call.cancel()
        assert cancelled.wait(SECONDS)


# Metrics


def test_metrics_are_empty_before_the_runtime_counts() -> None:
    with in_process(healthy(None)) as client:
        assert client.collect_metrics() == ""


def test_metrics_count_requests_and_instances(metrics: Metrics) -> None:
    with serving(healthy(DownstreamError("no")), metrics=metrics) as served:
        served.client.check_health(settings())
        served.client.check_health(settings())
        text = served.client.collect_metrics()

    assert (
        'grafana_plugin_request_total{endpoint="checkHealth",status="error",status_source="downstream"} 2.0'
    ) in text
    assert (
        'grpc_server_handled_total{grpc_code="OK",grpc_method="CheckHealth",'
        'grpc_service="pluginv2.Diagnostics",grpc_type="unary"} 2.0'
    ) in text
    assert "plugins_active_instances 1.0" in text
    assert "plugins_datasource_instances_total 1.0" in text


def collecting(answer: Any) -> type:
    class Collecting(DataSource[Any, Any]):
        @classmethod
        def collect_metrics(cls, request: CollectMetricsRequest) -> Any:
            if isinstance(answer, BaseException):
                raise answer
            return answer(request) if callable(answer) else answer

    return Collecting


@pytest.mark.parametrize("answer", ["own 1\n", b"own 1\n", lambda request: "own 1\n"])
def test_the_authors_metrics_are_added_to_the_runtimes(metrics: Metrics, answer: Any) -> None:
    with serving(collecting(answer), metrics=metrics) as served:
        text = served.client.collect_metrics()

    assert text.endswith("own 1\n")
    assert "grpc_server_started_total" in text


def test_an_error_in_the_authors_metrics_keeps_the_runtimes(metrics: Metrics, logged: Lines) -> None:
    with serving(collecting(KeyError("x")), metrics=metrics) as served:
        text = served.client.collect_metrics()

    assert "grpc_server_started_total" in text
    assert [line["@message"] for line in logged() if "stack" in line] == ["collect_metrics failed"]


def test_an_authors_counter_in_the_process_registry_is_collected(metrics: Metrics) -> None:
    own = Counter("own_things", "Things.", registry=CollectorRegistry())
    from prometheus_client import REGISTRY

    REGISTRY.register(own)
    try:
        own.inc(3)
        with serving(healthy(None), metrics=metrics) as served:
            assert "own_things_total 3.0" in served.client.collect_metrics()
    finally:
        REGISTRY.unregister(own)
