import urllib3
from kubernetes import client

PACKAGES = ["kubernetes", "docker"]
EXPECTED = ["v1", "MaxRetryError"]
KIND = "pure Python, and much of it"


def answer():
    configuration = client.Configuration(host="http://127.0.0.1:9")
    configuration.retries = False
    api = client.CoreV1Api(client.ApiClient(configuration))
    pod = client.V1Pod(api_version="v1")
    try:
        api.list_namespace(_request_timeout=1)
    except urllib3.exceptions.HTTPError:
        return [api.api_client.sanitize_for_serialization(pod)["apiVersion"], "MaxRetryError"]
    return []
