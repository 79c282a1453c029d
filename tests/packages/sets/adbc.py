import adbc_driver_flightsql
import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi

PACKAGES = ["adbc-driver-sqlite", "adbc-driver-postgresql", "adbc-driver-flightsql", "pyarrow"]
EXPECTED = [[1], "OperationalError"]
KIND = "drivers that are loaded by their path"


def answer():
    assert adbc_driver_flightsql
    with adbc_driver_sqlite.dbapi.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1 as n")
        numbers = cursor.fetch_arrow_table()["n"].to_pylist()
    try:
        adbc_driver_postgresql.dbapi.connect("postgresql://127.0.0.1:9/d?connect_timeout=1")
    except adbc_driver_postgresql.dbapi.Error as error:
        return [numbers, "OperationalError" if error else ""]
    return []
