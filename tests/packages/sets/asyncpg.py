import asyncio

import asyncpg

PACKAGES = ["asyncpg"]
EXPECTED = ["ConnectionRefusedError", "23505"]
KIND = "compiled modules that import one another"


async def _connect():
    try:
        await asyncpg.connect("postgresql://u@127.0.0.1:9/d", timeout=3)
    except OSError as error:
        return type(error).__name__
    return "connected"


def answer():
    return [asyncio.run(_connect()), asyncpg.UniqueViolationError.sqlstate]
