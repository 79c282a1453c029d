import boto3

PACKAGES = ["boto3"]
EXPECTED = ["https://monitoring.eu-central-1.amazonaws.com", True, "Filter"]
KIND = "service descriptions among the package's data"
QUICK = True


def answer():
    session = boto3.Session("x", "y", region_name="eu-central-1")
    client = session.client("cloudwatch")
    logs = session.client("logs").meta.service_model.operation_model("FilterLogEvents")
    return [client.meta.endpoint_url, client.can_paginate("list_metrics"), logs.name[:6]]
