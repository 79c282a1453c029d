"""`/metrics` for Prometheus: of this process, or of all processes of a group together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from plugin_sdk._process.handshake import HandshakeError
from plugin_sdk._process.remote.options import host_and_port

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from plugin_sdk._serving.metrics import Metrics

_ASK_SECONDS = 2.0


def serve_metrics(address: str, metrics: Callable[[], Metrics | None]) -> int:
    """Serve this process' registry, with the author's metrics; return the port.

    Raises:
        HandshakeError: the address cannot be listened on.
    """
    from prometheus_client import REGISTRY

    class Registry:
        """The registry, to which the runtime's metrics come once they are there."""

        def collect(self) -> Iterable[Metric]:
            found = metrics()
            if found is not None:
                found.register()
            return REGISTRY.collect()

    return _serve(address, Registry())


def serve_group_metrics(address: str, ports: Callable[[], Mapping[int, int]]) -> int:
    """Serve the metrics of a group's processes, each sample with the label `worker`; return the port.

    Args:
        address: `host:port`.
        ports: returns where each worker that runs has its own, on 127.0.0.1.

    Raises:
        HandshakeError: the address cannot be listened on.
    """

    class Group:
        def collect(self) -> Iterator[Metric]:
            yield from _merged(ports()).values()

    return _serve(address, Group())


def _serve(address: str, registry: Any) -> int:
    from prometheus_client import start_http_server

    host, port = host_and_port(address)
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise HandshakeError(
            f"--metrics: {address} cannot be listened on: {error.strerror or error}"
        ) from error
    assert isinstance(thread, threading.Thread)
    return int(server.server_port)


def _merged(ports: Mapping[int, int]) -> dict[str, Metric]:
    from prometheus_client.core import Metric
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, Metric] = {}
    for number, port in ports.items():
        for family in text_string_to_metric_families(_text(port)):
            into = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            into.samples += [
                sample._replace(labels=sample.labels | {"worker": str(number)}) for sample in family.samples
            ]
    return found


def _text(port: int) -> str:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode("utf-8", "replace")
    except OSError:
        return ""  # it is just being started again
    finally:
        connection.close()
