import bson
import pymongo
from pymongo.errors import PyMongoError

PACKAGES = ["pymongo"]
EXPECTED = [{"a": [1, 2]}, "ServerSelectionTimeoutError"]
KIND = "a compiled module with a fallback"


def answer():
    client = pymongo.MongoClient("127.0.0.1", 9, serverSelectionTimeoutMS=300)
    try:
        client.admin.command("ping")
        said = "connected"
    except PyMongoError as error:
        said = type(error).__name__
    return [bson.decode(bson.encode({"a": [1, 2]})), said]
