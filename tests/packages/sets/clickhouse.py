import clickhouse_connect
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_driver import Client, errors

PACKAGES = ["clickhouse-connect", "clickhouse-driver", "pandas"]
EXPECTED = ["OperationalError", "NetworkError", "UInt8"]
KIND = "compiled modules with a fallback"


def answer():
    found = []
    try:
        clickhouse_connect.get_client(host="127.0.0.1", port=9, connect_timeout=1)
    except clickhouse_connect.driver.exceptions.Error as error:
        found.append(type(error).__name__)
    try:
        Client("127.0.0.1", 9, connect_timeout=1).execute("select 1")
    except errors.Error as error:
        found.append(type(error).__name__)
    return [*found, get_from_name("UInt8").name]
