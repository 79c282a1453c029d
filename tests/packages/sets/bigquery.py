from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

PACKAGES = ["google-cloud-bigquery"]
EXPECTED = ["`p.d.t`", "INTEGER", "select 1"]
KIND = "modules made by protoc, in a namespace package"
QUICK = True
ROOT = True


def answer():
    client = bigquery.Client(project="p", credentials=AnonymousCredentials())
    table = bigquery.TableReference.from_string("p.d.t")
    field = bigquery.SchemaField("a", "INTEGER")
    struct = Struct()
    struct.update({"sql": "select 1"})
    assert client.project == "p"
    return [f"`{table}`", field.field_type, MessageToDict(struct)["sql"]]
