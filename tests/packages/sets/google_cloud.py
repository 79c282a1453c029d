from google.auth.credentials import AnonymousCredentials
from google.cloud import logging_v2, monitoring_v3, pubsub_v1, storage

PACKAGES = ["google-cloud-storage", "google-cloud-monitoring", "google-cloud-logging", "google-cloud-pubsub"]
EXPECTED = ["b", "metric.type", "projects/p/topics/t", 200]
KIND = "modules made by protoc, in a namespace package"


def answer():
    bucket = storage.Client(project="p", credentials=AnonymousCredentials()).bucket("b")
    request = monitoring_v3.ListTimeSeriesRequest(filter="metric.type")
    entry = logging_v2.types.LogEntry(severity="INFO")
    return [bucket.name, request.filter, pubsub_v1.PublisherClient.topic_path("p", "t"), int(entry.severity)]
