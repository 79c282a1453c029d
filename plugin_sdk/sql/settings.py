"""The settings of one database connection, a model for each kind of database."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from plugin_sdk.forms import form

_NO_SECRET = SecretStr("")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_KEY = "-----BEGIN PRIVATE KEY-----"
_VERIFYING = ["verify-ca", "verify-full"]
_ENCRYPTED = ["require", *_VERIFYING]
_MODES = {
    "disable": "Disable",
    "require": "Require",
    "verify-ca": "Verify the authority",
    "verify-full": "Verify authority and host",
}

TlsMode = Literal["disable", "require", "verify-ca", "verify-full"]


class SqlSettings(BaseModel):
    """The limits that all connections have. `dialect` names how the database is spoken to."""

    model_config = ConfigDict(populate_by_name=True)

    dialect: ClassVar[str] = "standard"

    row_limit: Annotated[int, form(section="Limits")] = Field(
        1_000_000, alias="rowLimit", title="Rows", description="No query returns more rows than this", ge=1
    )
    timeout: Annotated[float, form(section="Limits")] = Field(
        60, title="Timeout (s)", description="After this time a query is cancelled; 0 is no limit", ge=0
    )
    max_connections: Annotated[int, form(section="Limits")] = Field(
        10, alias="maxOpenConns", title="Connections", description="How many are open at most", ge=1, le=100
    )


class ServerSettings(SqlSettings):
    """A database server: for one that has no model here, name SQLAlchemy's driver and the macros' dialect.

    Examples:
        >>> class MsSqlSettings(ServerSettings):
        ...     dialect = "mssql"
        ...     driver = "mssql+pymssql"
    """

    driver: ClassVar[str] = ""
    default_port: ClassVar[int] = 0

    host: Annotated[str, form(section="Connection", placeholder="localhost", required=True)] = Field(
        "localhost", title="Host", description="Where the Grafana server reaches the database"
    )
    port: Annotated[int, form(section="Connection")] = Field(
        0, title="Port", description="0 is the port that this kind of database has by default", ge=0, le=65535
    )
    database: Annotated[str, form(section="Connection")] = Field("", title="Database")
    user: Annotated[str, form(section="Connection")] = Field(
        "", title="User", description="Should be one that may read only the tables meant for dashboards"
    )
    password: Annotated[SecretStr, form(section="Connection")] = Field(_NO_SECRET, title="Password")


class _TlsSettings(ServerSettings):
    tls_mode: Annotated[TlsMode, form(section="TLS", labels=_MODES, widget="select")] = Field(
        "require", alias="sslmode", title="TLS mode"
    )
    tls_ca_cert: Annotated[
        SecretStr,
        form(section="TLS", widget="textarea", placeholder=_CERTIFICATE, show_if={"sslmode": _VERIFYING}),
    ] = Field(_NO_SECRET, alias="tlsCACert", title="CA Cert", description="Without it, the system's are used")
    tls_client_cert: Annotated[
        SecretStr,
        form(section="TLS", widget="textarea", placeholder=_CERTIFICATE, show_if={"sslmode": _ENCRYPTED}),
    ] = Field(_NO_SECRET, alias="tlsClientCert", title="Client Cert")
    tls_client_key: Annotated[
        SecretStr, form(section="TLS", widget="textarea", placeholder=_KEY, show_if={"sslmode": _ENCRYPTED})
    ] = Field(_NO_SECRET, alias="tlsClientKey", title="Client Key")


class PostgresSettings(_TlsSettings):
    """PostgreSQL, and what speaks its protocol, by psycopg."""

    dialect: ClassVar[str] = "postgres"
    driver: ClassVar[str] = "postgresql+psycopg"
    default_port: ClassVar[int] = 5432


class MySqlSettings(_TlsSettings):
    """MySQL and MariaDB, by pymysql."""

    dialect: ClassVar[str] = "mysql"
    driver: ClassVar[str] = "mysql+pymysql"
    default_port: ClassVar[int] = 3306


class SqliteSettings(SqlSettings):
    """A file of SQLite on the Grafana server."""

    dialect: ClassVar[str] = "sqlite"

    path: Annotated[str, form(section="Connection", placeholder="/data/measurements.db", required=True)] = (
        Field("", title="Path", description="The database file, on the machine of the Grafana server")
    )


class DuckDbSettings(SqlSettings):
    """A file of DuckDB, a folder of Parquet, CSV and JSON files, or both, on the Grafana server."""

    dialect: ClassVar[str] = "duckdb"

    path: Annotated[str, form(section="Connection", placeholder="/data/measurements.duckdb")] = Field(
        "", title="Path", description="The database file; empty for files of the folder alone"
    )
    folder: Annotated[str, form(section="Connection", placeholder="/data/files")] = Field(
        "",
        title="Folder",
        description="Queries may read the files in it, such as FROM '/data/files/*.parquet', and no others",
    )
