import pyodbc

PACKAGES = ["pyodbc"]
EXPECTED = [[], "IM002"]
LIBRARY = "libodbc.so.2"
KIND = "a driver manager of the system"


def answer():
    try:
        pyodbc.connect("DSN=nowhere")
        state = ""
    except pyodbc.Error as error:
        state = error.args[0]
    return [[], state]
