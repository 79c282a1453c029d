import snowflake.connector
from snowflake.connector.errors import ProgrammingError

PACKAGES = ["snowflake-connector-python"]
EXPECTED = [True, "pyformat"]
KIND = "modules made by protoc, and certificates"


def answer():
    failed = False
    try:
        snowflake.connector.connect(user="nobody")
    except ProgrammingError:
        failed = True
    return [failed, snowflake.connector.paramstyle]
