"""Internal load balancers. None of the modelled commands makes one, so there are none to be listed."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...listing import equal
from ...registry import command
from .router_view import router_view

INTERNAL_BALANCER = "InternalLoadBalancerVm"


@command("listInternalLoadBalancerVMs")
def list_internal_balancers(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "internalloadbalancervm",
        call.db.vms.where(vm_type=INTERNAL_BALANCER),
        router_view,
        where=[equal("id", p.id), equal("name", p.name), equal("zone_id", p.zoneid)],
        keyword=("name",),
        owned=True,
    )
