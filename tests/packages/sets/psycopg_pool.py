import psycopg_pool

PACKAGES = ["psycopg[binary,pool]"]
EXPECTED = ["PoolTimeout"]
KIND = "a part that a second distribution brings"


def answer():
    with psycopg_pool.ConnectionPool("host=127.0.0.1 port=9", open=False, min_size=1) as pool:
        try:
            pool.getconn(timeout=1)
        except Exception as error:
            return [type(error).__name__]
    return ["connected"]
