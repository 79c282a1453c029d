import mysql.connector
from mysql.connector.constants import CharacterSet

PACKAGES = ["mysql-connector-python"]
EXPECTED = ["InterfaceError", "utf8mb4"]
KIND = "locales and plugins imported by name"


def answer():
    try:
        mysql.connector.connect(host="127.0.0.1", port=9, connection_timeout=2, use_pure=True)
        said = "connected"
    except mysql.connector.Error as error:
        said = "InterfaceError" if isinstance(error, mysql.connector.Error) else ""
    return [said, CharacterSet().get_charset_info("utf8mb4")[1]]
