import psycopg
from psycopg import sql

PACKAGES = ["psycopg[binary]"]
EXPECTED = ["binary", "no connection", '"a"']
KIND = "an implementation chosen at run time"


def answer():
    try:
        psycopg.connect("host=127.0.0.1 port=9 dbname=d connect_timeout=2")
        said = "connected"
    except psycopg.OperationalError:
        said = "no connection"
    return [psycopg.pq.__impl__, said, sql.Identifier("a").as_string(None)]
