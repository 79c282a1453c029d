from sqlalchemy import create_engine, text

PACKAGES = ["sqlalchemy"]
EXPECTED = [[1, "a"], [2, "b"]]
KIND = "dialects found by name"
QUICK = True


def answer():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("create table t (n integer, s text)"))
        connection.execute(text("insert into t values (1, 'a'), (2, 'b')"))
        return [list(row) for row in connection.execute(text("select * from t order by n"))]
