from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError as NoConnectionError

PACKAGES = ["opensearch-py"]
EXPECTED = ["ConnectionError"]
KIND = "pure Python"


def answer():
    try:
        OpenSearch("http://127.0.0.1:9", max_retries=0).info()
    except NoConnectionError as error:
        return [type(error).__name__]
    return []
