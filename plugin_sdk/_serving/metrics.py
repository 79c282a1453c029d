"""The runtime's metrics, in Prometheus' process-wide registry beside those that authors add.

They are counted here as plain numbers. `prometheus_client` imports an HTTP server and a WSGI stack, ten
megabytes that a plugin does not need unless its metrics are read: it is imported with the first such request.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

_LABELS = ("grpc_type", "grpc_service", "grpc_method")
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bounds of the histogram's buckets in seconds: Prometheus' defaults."""

Rpc = tuple[str, str]
"""The full name and the kind of a method, such as `/pluginv2.Data/QueryData` and `unary`."""


class Metrics:
    """Counters and histograms with the names that Go plugins use."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a collected stream is counted in whatever thread collects it
        self._started: Counter[Rpc] = Counter()
        self._handled: Counter[tuple[Rpc, str]] = Counter()
        self._sent: Counter[Rpc] = Counter()
        self._buckets: Counter[tuple[Rpc, int]] = Counter()
        self._seconds: dict[Rpc, float] = {}
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._active = self._created = 0
        self._registered = False

    def rpc_started(self, method: str, kind: str) -> None:
        """Count an RPC that starts; `method` is its full name."""
        with self._lock:
            self._started[method, kind] += 1

    def rpc_ended(self, method: str, kind: str, code: str, seconds: float, messages: int = 1) -> None:
        """Count an RPC that ended with `code` after `seconds`, having sent so many messages."""
        rpc = (method, kind)
        with self._lock:
            self._handled[rpc, code] += 1
            self._sent[rpc] += messages
            self._buckets[rpc, bisect_left(_BOUNDS, seconds)] += 1
            self._seconds[rpc] = self._seconds.get(rpc, 0.0) + seconds

    def count_request(self, endpoint: str, status: str, source: str) -> None:
        """Count a request by its outcome."""
        with self._lock:
            self._requests[endpoint, status, source] += 1

    def instance_created(self, count: int) -> None:
        """Count a new instance; `count` are now active."""
        with self._lock:
            self._active = count
            self._created += 1

    def text(self) -> bytes:
        """Return all metrics of the process in Prometheus' text format."""
        from prometheus_client import REGISTRY, generate_latest

        self.register()
        return generate_latest(REGISTRY)

    def register(self) -> None:
        """Add these metrics to the process-wide registry, once."""
        from prometheus_client import REGISTRY

        with self._lock:
            register, self._registered = not self._registered, True
        if register:
            REGISTRY.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; Prometheus' registry calls this."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        with self._lock:
            started, sent = dict(self._started), dict(self._sent)
            handled, requests = dict(self._handled), dict(self._requests)
            active, created = self._active, self._created
        family = CounterMetricFamily(
            "grafana_plugin_request",
            "Requests by endpoint and outcome.",
            labels=("endpoint", "status", "status_source"),
        )
        for labels, count in requests.items():
            family.add_metric(labels, count)
        yield family
        yield _counter("grpc_server_started", "RPCs started on the server.", started)
        yield _counter("grpc_server_msg_received", "Messages received by the server.", started)
        yield _counter("grpc_server_msg_sent", "Messages sent by the server.", sent)
        family = CounterMetricFamily(
            "grpc_server_handled", "RPCs ended on the server.", labels=(*_LABELS, "grpc_code")
        )
        for (rpc, code), count in handled.items():
            family.add_metric((*_labels(rpc), code), count)
        yield family
        yield self._histogram()
        yield GaugeMetricFamily("plugins_active_instances", "Instances that serve requests.", active)
        yield CounterMetricFamily("plugins_datasource_instances", "Data source instances made.", created)

    def _histogram(self) -> HistogramMetricFamily:
        from prometheus_client.core import HistogramMetricFamily

        with self._lock:
            buckets, seconds = dict(self._buckets), dict(self._seconds)
        family = HistogramMetricFamily(
            "grpc_server_handling_seconds", "Time an RPC took on the server.", labels=_LABELS
        )
        for rpc, total in seconds.items():
            below, found = 0, []
            for number, bound in enumerate([*map(str, _BOUNDS), "+Inf"]):
                below += buckets.get((rpc, number), 0)
                found.append((bound, below))
            family.add_metric(_labels(rpc), found, total)
        return family


def _counter(name: str, help_text: str, counts: dict[Rpc, int]) -> CounterMetricFamily:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, help_text, labels=_LABELS)
    for rpc, count in counts.items():
        family.add_metric(_labels(rpc), count)
    return family


def _labels(rpc: Rpc) -> tuple[str, str, str]:
    method, kind = rpc
    _, service, name = method.split("/")
    return kind, service, name
