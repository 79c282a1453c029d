from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.cqltypes import BytesType

PACKAGES = ["cassandra-driver"]
EXPECTED = ["NoHostAvailable", "blob"]
KIND = "event loops chosen at run time"


def answer():
    try:
        Cluster(["127.0.0.1"], port=9, connect_timeout=1).connect()
    except NoHostAvailable as error:
        return [type(error).__name__, BytesType.typename]
    return []
