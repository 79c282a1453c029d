import psycopg2
import psycopg2.extras

PACKAGES = ["psycopg2-binary"]
EXPECTED = ["OperationalError", True]
KIND = "a repaired library inside a wheel"


def answer():
    try:
        psycopg2.connect("host=127.0.0.1 port=9 connect_timeout=2")
        said = "connected"
    except psycopg2.Error as error:
        said = type(error).__name__
    return [said, psycopg2.extensions.libpq_version() > 90000]
