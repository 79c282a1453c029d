import pymysql
from pymysql.converters import escape_string

PACKAGES = ["pymysql"]
EXPECTED = [2003, "'it\\'s'"]
KIND = "pure Python"


def answer():
    try:
        pymysql.connect(host="127.0.0.1", port=9, connect_timeout=2)
        code = 0
    except pymysql.err.OperationalError as error:
        code = error.args[0]
    return [code, f"'{escape_string(chr(105) + 't' + chr(39) + 's')}'"]
