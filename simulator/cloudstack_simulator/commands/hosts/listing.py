"""Lists of hosts and of their tags."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...farm import server_of
from ...listing import equal, matching
from ...model.hosts import Host
from ...registry import command
from ..common import architecture, check_details, in_access_group
from ..zones.hypervisors import hypervisor_type
from .view import host_views

DETAILS = ("all", "capacity", "events", "stats", "min")


@command("listHosts")
def list_hosts(call: Call) -> dict[str, Any]:
    p = call.params
    check_details(call, DETAILS)
    rows: Any = call.db.hosts
    if p.virtualmachineid:
        rows = [h for h in call.db.hosts if h.kind == "Routing" and h.id != p.virtualmachineid.host_id]
    return call.listing(
        "host",
        rows,
        host_views(call),
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("kind", p.type),
            equal("state", p.state),
            equal("zone_id", p.zoneid),
            equal("pod_id", p.podid),
            equal("cluster_id", p.clusterid),
            equal("resource_state", p.resourcestate),
            _of_hypervisor(p.hypervisor),
            equal("arch", architecture(p.arch)),
            _for_ha_only(call),
            *_by_power(call),
            matching(lambda h: h.state == "Up" and server_of(call.sim, h) is p.managementserverid)
            if p.managementserverid
            else None,
            in_access_group(call),
        ],
        keyword=("name", "state", "kind"),
    )


def _of_hypervisor(name: str | None) -> Any:
    """A name that the server does not know is no filter, nor is `Any`."""
    kind = hypervisor_type(name)
    return equal("hypervisor", kind) if kind not in ("None", "Any") else None


def _for_ha_only(call: Call) -> Any:
    """`hahost` says something only where the setting names the tag of such hosts."""
    wanted, tag = call.params.hahost, call.setting("ha.tag")
    if wanted is None or not tag:
        return None
    return matching(lambda h: (tag in h.tags) if wanted else (not h.tags or any(t != tag for t in h.tags)))


def _by_power(call: Call) -> list[Any]:
    """Filters of out-of-band management: they leave out the hosts for which it was never set up."""
    enabled, state = call.params.outofbandmanagementenabled, call.params.outofbandmanagementpowerstate
    if enabled is None and state is None:
        return []
    return [
        matching(lambda h: bool(h.power)),
        matching(lambda h: h.power.get("enabled", False) is enabled) if enabled is not None else None,
        equal(lambda h: h.power.get("state", "Disabled"), state),
    ]


@command("listHostTags")
def list_host_tags(call: Call) -> dict[str, Any]:
    rows = [(host, tag) for host in call.db.hosts for tag in host.tags]
    word = (call.params.keyword or "").lower()
    return call.listing("hosttag", [r for r in rows if word in r[1].lower()], _tag_view)


def _tag_view(_call: Call, row: tuple[Host, str]) -> dict[str, Any]:
    return {"hostid": row[0].id, "name": row[1], "isimplicit": False}
