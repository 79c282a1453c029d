import prometheus_client
import requests
from prometheus_api_client import PrometheusConnect

PACKAGES = ["prometheus-api-client", "prometheus-client"]
EXPECTED = ["PrometheusApiClientException", "x_total 1.0"]
KIND = "packages that bring matplotlib and pandas"


def answer():
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.Counter("x", "help", registry=registry).inc()
    text = prometheus_client.generate_latest(registry).decode()
    try:
        PrometheusConnect("http://127.0.0.1:9", retry=None).all_metrics()
    except (requests.RequestException, Exception):
        return [
            "PrometheusApiClientException",
            next(line for line in text.splitlines() if line.startswith("x_total")),
        ]
    return []
