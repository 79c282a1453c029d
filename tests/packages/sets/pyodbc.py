import pyodbc

PACKAGES = ["pyodbc"]
EXPECTED = [[], "IM002"]
KIND = "a driver manager inside the wheel"


def answer():
    try:
        pyodbc.connect("DSN=nowhere")
        state = ""
    except pyodbc.Error as error:
        state = error.args[0]
    return [[], state]
