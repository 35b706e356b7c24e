"""Management addresses of pods that administrators take by hand and give back."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InsufficientAddressCapacity, JavaError, ResourceAllocation
from ...model.zones import Pod, PodAddress
from ...registry import command
from . import pod_ranges


@command("acquirePodIpAddress")
def acquire(call: Call) -> dict[str, Any]:
    """The ids in its answer are the server's own numbers."""
    p, db = call.params, call.db
    if p.podid is None:
        raise ResourceAllocation("Please sepcify podId")
    zone = db.zones.find(p.zoneid)
    if zone is None or zone.removed is not None:
        raise JavaError('Cannot invoke "com.cloud.dc.DataCenter.getAllocationState()" because "zone" is null')
    pod = db.pods.find(p.podid)
    if pod is None or pod.removed is not None:
        raise ResourceAllocation("No sush pod exists")
    row = _take(call, pod) if pod.zone_id == zone.id else None
    if row is None:
        raise ResourceAllocation("Unable to allocate IP from this Pod")
    return {
        "acquirepodipaddress": {
            "cidr": str(pod.cidr).partition("/")[0],
            "gateway": pod.gateway,
            "hostmac": row.mac_number,
            "id": row.id,
            "ipaddress": row.address,
            "nicid": 0,
            "podid": pod.id,
        }
    }


def _take(call: Call, pod: Pod) -> Any:
    """An address of the ranges that are not for system VMs, held by its own row."""
    uuid = call.sim.ids.uuid()
    try:
        address, mac_number = pod_ranges.take_address(call.sim, pod, uuid, for_system_vm=False)
    except InsufficientAddressCapacity:
        return None
    return call.db.pod_addresses.add(PodAddress(pod_id=pod.id, address=address, mac_number=mac_number), uuid=uuid)


@command("releasePodIpAddress")
def release(call: Call) -> dict[str, Any]:
    number = call.params.id
    row = next((one for one in call.db.pod_addresses.all() if one.id == number), None)
    if row is None:
        raise CloudRuntime(f"Unable to find ip address by id:{number}")
    if row.removed is not None:
        raise CloudRuntime(f"Ip Address with id= {number} is not allocated, so do nothing.")
    pod = call.db.pods[row.pod_id]
    pod.taken.pop(net.number(row.address), None)
    call.db.pod_addresses.remove(row)
    return {"success": True, "displaytext": "IP is released successfully"}
