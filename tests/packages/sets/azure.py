from azure.identity import ClientSecretCredential
from azure.kusto.data import KustoConnectionStringBuilder
from azure.monitor.query import LogsQueryClient
from azure.storage.blob import BlobServiceClient

PACKAGES = ["azure-identity", "azure-storage-blob", "azure-monitor-query", "azure-kusto-data"]
EXPECTED = ["c", "ClientSecretCredential", "https://x.kusto.windows.net"]
KIND = "a namespace package of many distributions"


def answer():
    credential = ClientSecretCredential("t", "c", "s")
    service = BlobServiceClient("https://x.blob.core.windows.net", credential=credential)
    assert LogsQueryClient(credential)
    builder = KustoConnectionStringBuilder.with_aad_application_key_authentication(
        "https://x.kusto.windows.net", "a", "b", "c"
    )
    return [service.get_container_client("c").container_name, type(credential).__name__, builder.data_source]
