import ibis

PACKAGES = ["ibis-framework[duckdb]"]
EXPECTED = [[["a", 4], ["b", 2]]]
KIND = "backends found by entry points"
QUICK = True


def answer():
    table = ibis.memtable({"key": ["a", "b", "a"], "value": [1, 2, 3]})
    total = table.group_by("key").agg(total=table.value.sum()).order_by("key")
    frame = ibis.duckdb.connect().to_pyarrow(total)
    return [[list(row.values()) for row in frame.to_pylist()]]
