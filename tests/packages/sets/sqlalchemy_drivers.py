from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

PACKAGES = [
    "sqlalchemy[asyncio]",
    "psycopg[binary]",
    "psycopg2-binary",
    "pymysql",
    "asyncpg",
    "aiosqlite",
    "oracledb",
    "pymssql",
    "pg8000",
    "mysql-connector-python",
    "aiomysql",
    "asyncmy",
]
EXPECTED = [
    "aiomysql",
    "aiosqlite",
    "asyncmy",
    "asyncpg",
    "mysqlconnector",
    "oracledb",
    "pg8000",
    "psycopg",
    "psycopg2",
    "pymssql",
    "pymysql",
]
KIND = "drivers found by name"


URLS = [
    "postgresql+psycopg://u@127.0.0.1:9/d",
    "postgresql+psycopg2://u@127.0.0.1:9/d",
    "postgresql+pg8000://u@127.0.0.1:9/d",
    "mysql+pymysql://u@127.0.0.1:9/d",
    "mysql+mysqlconnector://u@127.0.0.1:9/d",
    "oracle+oracledb://u:p@127.0.0.1:9/d",
    "mssql+pymssql://u:p@127.0.0.1:9/d",
]
ASYNC_URLS = [
    "postgresql+asyncpg://u@127.0.0.1:9/d",
    "sqlite+aiosqlite://",
    "mysql+aiomysql://u@127.0.0.1:9/d",
    "mysql+asyncmy://u@127.0.0.1:9/d",
]


def answer():
    engines = [*map(create_engine, URLS), *map(create_async_engine, ASYNC_URLS)]
    return sorted(engine.dialect.driver for engine in engines)
