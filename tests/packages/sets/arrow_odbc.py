import arrow_odbc

PACKAGES = ["arrow-odbc"]
EXPECTED = ["Error"]
LIBRARY = "libodbc.so.2"
KIND = "a driver manager of the system"


def answer():
    try:
        arrow_odbc.read_arrow_batches_from_odbc("select 1", connection_string="DSN=nowhere")
    except arrow_odbc.Error as error:
        return [type(error).__name__]
    return []
