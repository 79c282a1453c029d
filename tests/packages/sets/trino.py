import trino
from sqlalchemy import create_engine

PACKAGES = ["trino", "sqlalchemy"]
EXPECTED = ["trino", "TrinoConnectionError"]
KIND = "a dialect found by entry points"


def answer():
    engine = create_engine("trino://u@127.0.0.1:9/c")
    connection = trino.dbapi.connect(host="127.0.0.1", port=9, user="u", max_attempts=1)
    try:
        connection.cursor().execute("select 1")
    except Exception as error:
        return [engine.dialect.name, type(error).__name__]
    return []
