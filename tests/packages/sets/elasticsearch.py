from elastic_transport import ConnectionError as NoConnectionError
from elasticsearch import Elasticsearch, dsl

PACKAGES = ["elasticsearch"]
EXPECTED = ["ConnectionError", {"match": {"a": "b"}}]
KIND = "pure Python"


def answer():
    query = dsl.Q("match", a="b").to_dict()
    try:
        Elasticsearch("http://127.0.0.1:9", max_retries=0).info()
    except NoConnectionError as error:
        return [type(error).__name__, query]
    return []
