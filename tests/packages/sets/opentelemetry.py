from importlib.metadata import entry_points

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PACKAGES = ["opentelemetry-sdk", "opentelemetry-exporter-otlp", "opentelemetry-exporter-prometheus"]
EXPECTED = ["work", ["grpc", "http"], ["otlp_proto_grpc", "otlp_proto_http", "prometheus"]]
KIND = "exporters found by entry points, modules made by protoc"
QUICK = True


def answer():
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    with provider.get_tracer("x").start_as_current_span("work"):
        pass
    exporters = [name for kind, name in ((GrpcExporter, "grpc"), (HttpExporter, "http")) if kind]
    groups = ("opentelemetry_traces_exporter", "opentelemetry_metrics_exporter")
    found = {point.name for group in groups for point in entry_points(group=group) if point.load()}
    names = {"otlp_proto_grpc", "otlp_proto_http", "prometheus"} & found
    return [memory.get_finished_spans()[0].name, exporters, sorted(names)]
