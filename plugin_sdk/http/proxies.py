"""Which proxy a request goes through, by the rules that Go programs follow.

httpx's own rules differ: they know ALL_PROXY, and send requests to this machine through a proxy.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping


def proxy_for(
    scheme: str, host: str, port: int | None, environ: Mapping[str, str] | None = None
) -> str | None:
    """Return the proxy's address for a request, None to connect directly.

    `HTTPS_PROXY` and `HTTP_PROXY` name it by the request's scheme, `NO_PROXY` lists hosts, `.domains`,
    addresses and networks that are reached directly; each name may be in lower case. This machine is never
    behind a proxy.
    """
    found = os.environ if environ is None else environ
    name = "HTTPS_PROXY" if scheme == "https" else "HTTP_PROXY"
    proxy = (found.get(name) or found.get(name.lower()) or "").strip()
    if not proxy:
        return None
    rules = found.get("NO_PROXY") or found.get("no_proxy") or ""
    if _is_this_machine(host) or _is_excluded(host, port or (443 if scheme == "https" else 80), rules):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    return host.lower().rstrip(".") == "localhost" or (address is not None and address.is_loopback)


def _is_excluded(host: str, port: int, rules: str) -> bool:
    return any(_matches(host.lower().rstrip("."), port, rule.strip().lower()) for rule in rules.split(","))


def _matches(host: str, port: int, rule: str) -> bool:
    if rule == "*":
        return True
    address = _address(host)
    if "/" in rule:
        network = _network(rule)
        return address is not None and network is not None and address in network
    name, rule_port = _split(rule)
    if not name or (rule_port and rule_port != str(port)):
        return False
    fixed = _address(name)
    if fixed is not None:
        return fixed == address
    name = name.removeprefix("*")
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _split(rule: str) -> tuple[str, str]:
    if rule.startswith("["):
        name, _, rest = rule[1:].partition("]")
        return name, rest.removeprefix(":")
    name, _, port = rule.partition(":")
    return (rule, "") if ":" in port else (name, port)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
