"""A pod as answers show it."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...model.zones import Pod
from ..annotations import has_annotations
from ..common import access_groups
from .capacity import pod_capacities


def pod_view(call: Call, pod: Pod) -> dict[str, Any]:
    zone = call.db.zones[pod.zone_id]
    ranges = [
        {"startip": r.start, "endip": r.end, "forsystemvms": "1" if r.for_system_vms else "0", "vlanid": r.vlan}
        for r in pod.ranges
    ]
    view = {
        "id": pod.uuid,
        "name": pod.name,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "gateway": pod.gateway,
        "netmask": str(net.known_cidr(pod.cidr).netmask),
        "ipranges": ranges,
        **{field: [r[field] for r in ranges] for field in ("startip", "endip", "forsystemvms", "vlanid")},
        "allocationstate": pod.allocation_state,
        "storageaccessgroups": ",".join(pod.storage_access_groups) or None,
        **access_groups(zone=zone),
        "hasannotations": has_annotations(call, pod),
    }
    if call.params.showcapacities:
        view["capacity"] = pod_capacities(call, pod)
    return view
