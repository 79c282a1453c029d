from databricks import sql

PACKAGES = ["databricks-sql-connector"]
EXPECTED = ["2.0", "RequestError"]
KIND = "modules made by thrift"


def answer():
    return [sql.apilevel, sql.exc.RequestError.__name__]
