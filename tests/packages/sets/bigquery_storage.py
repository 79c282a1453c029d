from google.cloud.bigquery_storage_v1 import types

PACKAGES = ["google-cloud-bigquery-storage", "pyarrow"]
EXPECTED = ["projects/p/datasets/d/tables/t", "ARROW"]
KIND = "modules made by protoc, in a namespace package"


def answer():
    session = types.ReadSession(table="projects/p/datasets/d/tables/t", data_format=types.DataFormat.ARROW)
    again = types.ReadSession.deserialize(types.ReadSession.serialize(session))
    return [again.table, types.DataFormat(again.data_format).name]
