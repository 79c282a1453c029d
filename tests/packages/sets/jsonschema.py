import jsonschema
import msgpack
import orjson
import ujson
import yaml

PACKAGES = ["jsonschema[format]", "pyyaml", "msgpack", "orjson", "ujson"]
EXPECTED = ["'x' is not of type 'integer'", {"a": 1}, [1], '{"a":1}', "[1]"]
KIND = "schemas in a distribution of their own"


def answer():
    try:
        jsonschema.validate(
            "x", {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "integer"}
        )
        said = ""
    except jsonschema.ValidationError as error:
        said = error.message
    loaded = yaml.load("a: 1", Loader=yaml.CSafeLoader)
    return [
        said,
        loaded,
        msgpack.unpackb(msgpack.packb([1])),
        orjson.dumps({"a": 1}).decode(),
        ujson.dumps([1]),
    ]
