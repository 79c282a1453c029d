import sqlglot
from sqlglot.dialects.dialect import Dialect, Dialects

PACKAGES = ["sqlglot"]
EXPECTED = ["SELECT CAST(a AS TEXT) FROM t", 20]
KIND = "dialects imported by name"


def answer():
    text = sqlglot.transpile("SELECT CAST(a AS STRING) FROM t", read="bigquery", write="postgres")[0]
    found = [name for name in Dialects if name.value and Dialect.get_or_raise(name.value)]
    return [text, min(len(found), 20)]
