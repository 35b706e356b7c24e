"""What networks are spoken of in: protocols by number, kinds of ICMP messages, methods of isolation."""

from __future__ import annotations

from typing import Any

from ... import contract
from ...call import Call
from ...errors import IllegalArgument
from ...registry import command

OPTIONS = ("ProtocolNumber", "IcmpType")
ISOLATION = ("None", "Ec2", "Vlan", "Vswitch", "Undecided", "Vnet")


@command("listNetworkProtocols")
def list_protocols(call: Call) -> dict[str, Any]:
    """As the IANA registries have them, each list as a whole."""
    option = call.params.option
    if option.lower() not in (known.lower() for known in OPTIONS):
        raise IllegalArgument(f"Option {option} is not supported. Supported values are [{', '.join(OPTIONS)}]")
    facts = contract.facts("network_protocols.json")[option.lower()]
    if option.lower() == "protocolnumber":
        rows = [{"index": number, "name": name, "description": text} for number, name, text in facts]
    else:
        rows = [{"index": kind, "description": text, "details": codes or None} for kind, text, codes in facts]
    return {"count": len(rows), "networkprotocol": rows}


@command("listNetworkIsolationMethods")
def list_isolation_methods(_call: Call) -> dict[str, Any]:
    return {"count": len(ISOLATION), "isolationmethod": [{"name": name} for name in ISOLATION]}
