import oracledb

PACKAGES = ["oracledb"]
EXPECTED = ["DPY-6005", True]
KIND = "imports inside compiled modules"
QUICK = True


def answer():
    try:
        oracledb.connect(user="u", password="p", dsn="127.0.0.1:9/d", tcp_connect_timeout=2)
        said = "connected"
    except oracledb.Error as error:
        said = error.args[0].full_code
    return [said, oracledb.is_thin_mode()]
