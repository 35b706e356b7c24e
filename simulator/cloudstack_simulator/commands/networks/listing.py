"""listNetworks."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...listing import Filter, equal, matching, tagged
from ...registry import command
from . import services, visibility
from .views import network_view

GUEST_TYPES = ("Shared", "Isolated", "L2")
SERVICES = (
    "Vpn",
    "Dhcp",
    "Dns",
    "Gateway",
    "Firewall",
    "Lb",
    "UserData",
    "SourceNat",
    "StaticNat",
    "PortForwarding",
    "SecurityGroup",
    "NetworkACL",
    "Connectivity",
)


def _guest_type(text: str | None) -> str | None:
    if text is None:
        return None
    found = next((t for t in GUEST_TYPES if t.lower() == text.lower()), None)
    if found is None:
        raise InvalidParameter(f"Unexpected Guest type : {text}")
    return found


def _with_services(call: Call, names: list[str] | None) -> Filter | None:
    if not names:
        return None
    for name in names:
        if name.lower() not in (s.lower() for s in SERVICES):
            raise InvalidParameter(f"Invalid service specified {name}")
    wanted = {n.lower() for n in names}
    return matching(lambda n: wanted <= {s.lower() for s in services.providers(call.db, n)})


@command("listNetworks")
def list_networks(call: Call) -> dict[str, Any]:
    p = call.params
    is_system = bool(p.issystem) and call.caller.is_root_admin
    visible = visibility.networks(call, is_system)
    shown = p.get("displaynetwork", True)
    return call.listing(
        "network",
        call.db.networks,
        network_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            equal("guest_type", _guest_type(p.type)),
            equal("traffic_type", p.traffictype),
            equal("acl_type", p.acltype),
            equal("physical_network_id", p.physicalnetworkid),
            equal("offering_id", p.networkofferingid),
            equal("vpc_id", p.vpcid),
            equal("vlan", p.vlan),
            equal("associated_id", p.associatednetworkid),
            equal("restart_required", p.restartrequired),
            matching(lambda n: n.is_system is is_system),
            matching(lambda n: n.display is shown),
            matching(lambda n: (n.vpc_id is not None) is p.forvpc) if p.forvpc is not None else None,
            matching(lambda n: (not n.is_system) is p.canusefordeploy) if p.canusefordeploy is not None else None,
            equal(lambda n: n.specify_ip_ranges or n.traffic_type in ("Public", "Storage"), p.specifyipranges),
            _with_services(call, p.supportedservices),
            visible,
            tagged(call, "Network"),
        ],
        keyword=("name",),
        newest_first=True,
    )
