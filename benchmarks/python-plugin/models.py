"""What users fill in; the query also says what work a measurement asks for."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class Settings(BaseModel):
    """One configured data source."""

    url: str = Field("", title="URL", description="Address of the API; empty: sample data")
    api_key: SecretStr = Field(SecretStr(""), title="API key", description="Sent as a bearer token")


class Query(BaseModel):
    """One query of a panel or an alert rule."""

    station: str = Field("berlin", title="Station")
    rows: int = 0
    columns: int = 1
    source: Literal["lists", "numpy"] = "lists"
    wait_ms: int = 0
    busy_ms: int = 0
    fail: bool = False
