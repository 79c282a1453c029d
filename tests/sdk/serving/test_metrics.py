from __future__ import annotations

import threading

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from plugin_sdk._serving.metrics import Metrics

METHOD = "/pluginv2.Data/QueryData"
SECONDS = (0.0, 0.004, 0.005, 0.0051, 0.3, 10.0, 20.0)


def samples(text: bytes, name: str) -> dict[tuple[str, str], float]:
    """Return the values of a family by sample name and upper bound."""
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text.decode())
        if family.name == name
        for sample in family.samples
    }


def test_durations_are_in_the_buckets_that_prometheus_would_choose(metrics: Metrics) -> None:
    registry = CollectorRegistry()
    theirs = Histogram("grpc_server_handling_seconds", "Time.", registry=registry)
    for seconds in SECONDS:
        theirs.observe(seconds)
        metrics.rpc_ended(METHOD, "unary", "OK", seconds)

    found = samples(metrics.text(), "grpc_server_handling_seconds")

    assert found == {
        key: value
        for key, value in samples(generate_latest(registry), "grpc_server_handling_seconds").items()
        if not key[0].endswith("_created")
    }


def test_no_call_is_lost_among_threads(metrics: Metrics) -> None:
    def count() -> None:
        for _ in range(2_000):
            metrics.rpc_started(METHOD, "unary")
            metrics.rpc_ended(METHOD, "unary", "OK", 0.001, 3)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = metrics.text()

    for name, value in (("started", 16_000), ("handled", 16_000), ("msg_sent", 48_000)):
        assert list(samples(text, f"grpc_server_{name}").values()) == [value]


def test_metrics_are_registered_once(metrics: Metrics) -> None:
    metrics.instance_created(3)

    metrics.text()
    text = metrics.text()

    assert text.count(b"\nplugins_active_instances 3.0\n") == 1
