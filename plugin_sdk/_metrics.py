"""The runtime's metrics, in the process-wide Prometheus registry that authors can add their own to."""

from __future__ import annotations

from typing import Any

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

_LABELS = ("grpc_type", "grpc_service", "grpc_method")


class Metrics:
    """Counters and histograms under the names that Go plugins use."""

    def __init__(self) -> None:
        self._requests = Counter(
            "grafana_plugin_request",
            "Requests by endpoint and outcome.",
            ("endpoint", "status", "status_source"),
        )
        self._started = Counter("grpc_server_started", "RPCs started on the server.", _LABELS)
        self._handled = Counter("grpc_server_handled", "RPCs ended on the server.", (*_LABELS, "grpc_code"))
        self._received = Counter("grpc_server_msg_received", "Messages received by the server.", _LABELS)
        self._sent = Counter("grpc_server_msg_sent", "Messages sent by the server.", _LABELS)
        self._seconds = Histogram("grpc_server_handling_seconds", "Time an RPC took on the server.", _LABELS)
        self._active = Gauge("plugins_active_instances", "Instances that serve requests.")
        self._created = Counter("plugins_datasource_instances", "Data source instances made.")
        self._children: dict[tuple[str, ...], Any] = {}

    def started(self, method: str, kind: str) -> None:
        """Count an RPC that begins; `method` is its full name, `/pluginv2.Data/QueryData`."""
        labels = self._method_labels(method, kind)
        self._child(self._started, labels).inc()
        self._child(self._received, labels).inc()

    def ended(self, method: str, kind: str, code: str, seconds: float, messages: int = 1) -> None:
        """Count an RPC that ended with `code`, after `seconds`, having sent `messages`."""
        labels = self._method_labels(method, kind)
        self._child(self._handled, (*labels, code)).inc()
        self._child(self._sent, labels).inc(messages)
        self._child(self._seconds, labels).observe(seconds)

    def request(self, endpoint: str, status: str, source: str) -> None:
        """Count a request of Grafana by its outcome."""
        self._child(self._requests, (endpoint, status, source)).inc()

    def instances(self, count: int) -> None:
        """Note how many instances are alive; one was made."""
        self._active.set(count)
        self._created.inc()

    def text(self) -> bytes:
        """Return all metrics of the process in Prometheus' text format."""
        return generate_latest(REGISTRY)

    def _method_labels(self, method: str, kind: str) -> tuple[str, ...]:
        _, service, name = method.split("/")
        return kind, service, name

    def _child(self, metric: Any, labels: tuple[str, ...]) -> Any:
        # labels() checks and locks at each call; the set of combinations is small and fixed.
        key = (metric._name, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child
