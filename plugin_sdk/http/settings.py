"""The form of HTTP settings, named as Grafana names its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from plugin_sdk.forms import form

_NO_SECRET = SecretStr("")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_HEADERS = "Custom HTTP headers"


class HttpSettings(BaseModel):
    """Settings of an HTTP data source: derive the plugin's own from it.

    The keys are those of Grafana's HTTP settings and of the Go SDK, so that data sources provisioned for
    either work. `http_client(instance)` follows them; no code needs to read the fields.
    """

    model_config = ConfigDict(populate_by_name=True)

    url: Annotated[str, form(section="HTTP", placeholder="http://localhost:9090")] = Field(
        "", title="URL", description="Where the Grafana server reaches the service"
    )
    keep_cookies: Annotated[list[str], form(section="HTTP")] = Field(
        [],
        alias="keepCookies",
        title="Allowed cookies",
        description="Names of the browser's cookies that are passed on to the service",
    )
    timeout: Annotated[float, form(section="HTTP")] = Field(
        30, title="Timeout", description="HTTP request timeout in seconds; 0 is no limit", ge=0
    )
    basic_auth: Annotated[bool, form(section="Auth")] = Field(False, alias="basicAuth", title="Basic auth")
    basic_auth_user: Annotated[str, form(section="Auth", show_if={"basicAuth": True})] = Field(
        "", alias="basicAuthUser", title="User"
    )
    basic_auth_password: Annotated[SecretStr, form(section="Auth", show_if={"basicAuth": True})] = Field(
        _NO_SECRET, alias="basicAuthPassword", title="Password"
    )
    oauth_pass_thru: Annotated[bool, form(section="Auth")] = Field(
        False,
        alias="oauthPassThru",
        title="Forward OAuth Identity",
        description="Pass the user's OAuth token on to the service",
    )
    tls_skip_verify: Annotated[bool, form(section="Auth")] = Field(
        False, alias="tlsSkipVerify", title="Skip TLS Verify"
    )
    tls_auth_with_ca_cert: Annotated[bool, form(section="Auth")] = Field(
        False,
        alias="tlsAuthWithCACert",
        title="With CA Cert",
        description="Needed for self-signed certificates",
    )
    tls_ca_cert: Annotated[
        SecretStr,
        form(
            section="Auth", widget="textarea", placeholder=_CERTIFICATE, show_if={"tlsAuthWithCACert": True}
        ),
    ] = Field(_NO_SECRET, alias="tlsCACert", title="CA Cert")
    tls_auth: Annotated[bool, form(section="Auth")] = Field(False, alias="tlsAuth", title="TLS Client Auth")
    server_name: Annotated[
        str, form(section="Auth", placeholder="domain.example.com", show_if={"tlsAuth": True})
    ] = Field(
        "",
        alias="serverName",
        title="ServerName",
        description="The name that the server's certificate is for",
    )
    tls_client_cert: Annotated[
        SecretStr,
        form(section="Auth", widget="textarea", placeholder=_CERTIFICATE, show_if={"tlsAuth": True}),
    ] = Field(_NO_SECRET, alias="tlsClientCert", title="Client Cert")
    tls_client_key: Annotated[
        SecretStr,
        form(
            section="Auth",
            widget="textarea",
            placeholder="-----BEGIN RSA PRIVATE KEY-----",
            show_if={"tlsAuth": True},
        ),
    ] = Field(_NO_SECRET, alias="tlsClientKey", title="Client Key")
    http_header_name_1: Annotated[str, form(section=_HEADERS, placeholder="X-Custom-Header")] = Field(
        "", alias="httpHeaderName1", title="Header"
    )
    http_header_value_1: Annotated[SecretStr, form(section=_HEADERS)] = Field(
        _NO_SECRET, alias="httpHeaderValue1", title="Value"
    )
    http_header_name_2: Annotated[str, form(section=_HEADERS)] = Field(
        "", alias="httpHeaderName2", title="Second header"
    )
    http_header_value_2: Annotated[SecretStr, form(section=_HEADERS)] = Field(
        _NO_SECRET, alias="httpHeaderValue2", title="Second value"
    )
