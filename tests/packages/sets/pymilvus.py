from pymilvus import CollectionSchema, DataType, FieldSchema, MilvusClient
from pymilvus.exceptions import MilvusException

PACKAGES = ["pymilvus"]
EXPECTED = ["id", "FLOAT_VECTOR", "MilvusException"]
KIND = "modules made by protoc"


def answer():
    fields = [
        FieldSchema("id", DataType.INT64, is_primary=True),
        FieldSchema("v", DataType.FLOAT_VECTOR, dim=4),
    ]
    schema = CollectionSchema(fields)
    try:
        MilvusClient("http://127.0.0.1:9", timeout=1)
    except MilvusException as error:
        return [
            schema.primary_field.name,
            schema.fields[1].dtype.name,
            type(error).__name__ and "MilvusException",
        ]
    return []
