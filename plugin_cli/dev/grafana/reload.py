"""Having a running Grafana read its provisioned data sources again."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

ROUTE = "/api/admin/provisioning/datasources/reload"


def reload_data_sources(url: str, environment: Mapping[str, str]) -> str:
    """Ask Grafana to read `provisioning/datasources` again; return why it did not, or nothing.

    Args:
        url: of Grafana.
        environment: of its container: whether and as whom its administrator may log in.
    """
    if environment.get("GF_AUTH_BASIC_ENABLED", "true").lower() != "true":
        # The administrator of an organisation, as which everybody comes in, may not.
        return "its server administrator cannot log in: GF_AUTH_BASIC_ENABLED is false"
    user = environment.get("GF_SECURITY_ADMIN_USER", "admin")
    password = environment.get("GF_SECURITY_ADMIN_PASSWORD", "admin")
    try:
        # Never through a proxy: the address is this machine's own.
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
            answer = client.post(ROUTE, auth=(user, password))
    except httpx.HTTPError as error:
        return str(error)
    return "" if answer.status_code == 200 else f"it answers {answer.status_code} to {user} at {ROUTE}"
