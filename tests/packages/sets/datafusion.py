from datafusion import SessionContext

PACKAGES = ["datafusion", "pyarrow"]
EXPECTED = [[3]]
KIND = "a large compiled module"


def answer():
    (batch,) = SessionContext().sql("select 1 + 2 as n").collect()
    return [batch.column(0).to_pylist()]
