import snowflake.connector
from snowflake.connector.errorcode import ER_FAILED_TO_REQUEST

PACKAGES = ["snowflake-connector-python"]
EXPECTED = ["qmark", "250003"]
KIND = "modules made by protoc, and certificates"


def answer():
    snowflake.connector.paramstyle = "qmark"
    return [snowflake.connector.paramstyle, str(ER_FAILED_TO_REQUEST)]
