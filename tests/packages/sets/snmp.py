import asyncio

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    get_cmd,
)
from pysnmp.smi import builder, view

PACKAGES = ["pysnmp", "pyasn1"]
EXPECTED = ["1.3.6.1.2.1.1.1.0", True]
KIND = "management tables imported by name"


async def _ask():
    target = await UdpTransportTarget.create(("127.0.0.1", 9), timeout=0.2, retries=0)
    error, *_ = await get_cmd(
        SnmpEngine(),
        CommunityData("public"),
        target,
        ContextData(),
        ObjectType(ObjectIdentity("SNMPv2-MIB", "sysDescr", 0)),
    )
    return error is not None


def answer():
    identity = ObjectIdentity("SNMPv2-MIB", "sysDescr", 0).resolve_with_mib(
        view.MibViewController(builder.MibBuilder())
    )
    return [str(identity.get_oid()), asyncio.run(_ask())]
