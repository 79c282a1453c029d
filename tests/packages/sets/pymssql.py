import pymssql

PACKAGES = ["pymssql"]
EXPECTED = ["OperationalError"]
KIND = "a repaired library inside a wheel"


def answer():
    try:
        pymssql.connect("127.0.0.1", "u", "p", "d", port="9", login_timeout=2)
    except pymssql.Error as error:
        return [type(error).__name__]
    return ["connected"]
