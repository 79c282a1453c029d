import arrow_odbc

PACKAGES = ["arrow-odbc"]
EXPECTED = ["Error"]
REASON = "needs libodbc.so.2, the ODBC driver manager of the system, and has none of its own"
KIND = "a driver manager of the system"


def answer():
    try:
        arrow_odbc.read_arrow_batches_from_odbc("select 1", connection_string="DSN=nowhere")
    except arrow_odbc.Error as error:
        return [type(error).__name__]
    return []
