"""How a virtual router looks in answers."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...envelope import Ready
from ...model.appliances import Router
from ..annotations import has_annotations
from ..common import control_state, owner_fields
from ..networks.views import nic_view
from . import recipes, router_nics


def router_view(call: Call, router: Router) -> dict[str, Any]:
    db = call.db
    zone, pod, host = db.zones[router.zone_id], db.pods.get(router.pod_id), db.hosts.get(router.host_id)
    template, offering = db.templates.get(router.template_id), db.service_offerings.get(router.service_offering_id)
    vpc = db.vpcs.get(router.vpc_id)
    nics = router_nics.of(call.sim, router)
    view: dict[str, Any] = {
        "id": router.uuid,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "dns1": zone.dns1,
        "dns2": zone.dns2,
        "name": router.name,
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "hostid": host.uuid if host else None,
        "hostname": host.name if host else None,
        "hostcontrolstate": control_state(host),
        "hypervisor": router.hypervisor if host else None,
        "templateid": template.uuid if template else None,
        "templatename": template.name if template else None,
        "created": timestamp(router.created),
        "state": router.state,
        **owner_fields(call, router.account_id),
        "serviceofferingid": offering.uuid if offering else None,
        "serviceofferingname": offering.name if offering else None,
        "isredundantrouter": router.redundant,
        "redundantstate": router.redundant_state,
        "version": router.template_version,
        "scriptsversion": router.scripts_version,
        "vpcid": vpc.uuid if vpc else None,
        "vpcname": vpc.name if vpc else None,
        "role": router.role,
        "nic": Ready(_nic(call, nic) for nic in nics),
        "requiresupgrade": requires_upgrade(call, router),
        "healthchecksfailed": health_checks_failed(router),
        "softwareversion": router.software_version,
        "arch": router.arch,
        "hasannotations": has_annotations(call, router),
        **_side(call, nics, "Guest"),
        **_side(call, nics, "Control"),
        **_side(call, nics, "Public"),
    }
    if call.params.fetchhealthcheckresults:
        view["healthcheckresults"] = [check_view(result) for result in router.health_checks]
    return view


def _nic(call: Call, nic: Any) -> dict[str, Any]:
    view = nic_view(call, nic, of_instance=False) | {"macaddress": nic.mac or None}
    return {name: value for name, value in view.items() if value is not None}


def _side(call: Call, nics: list[Any], traffic: str) -> dict[str, Any]:
    """The router's own fields about its first NIC with this traffic."""
    nic = next((n for n in nics if call.db.networks[n.network_id].traffic_type == traffic), None)
    if nic is None:
        return {}
    network = call.db.networks[nic.network_id]
    if traffic == "Guest":
        return {
            "guestipaddress": nic.address,
            "guestmacaddress": nic.mac,
            "guestnetmask": nic.netmask,
            "guestnetworkid": network.uuid,
            "guestnetworkname": network.name,
            "networkdomain": network.network_domain,
        }
    prefix = "linklocal" if traffic == "Control" else "public"
    side = {
        f"{prefix}ip": nic.address,
        f"{prefix}macaddress": nic.mac or None,
        f"{prefix}netmask": nic.netmask,
        f"{prefix}networkid": network.uuid,
    }
    return side | ({"gateway": nic.gateway} if traffic == "Public" else {})


def _numbers(version: str | None) -> list[int]:
    return [int(part) for part in (version or "0").split(".") if part.isdigit()]


def requires_upgrade(call: Call, router: Router) -> bool:
    """Whether the router is from a template that is too old and has scripts of another release."""
    if router.software_version == recipes.SERVER_VERSION or not call.setting("router.version.check"):
        return False
    minimum = _numbers(str(call.setting("minreq.sysvmtemplate.version")))
    return _numbers(router.template_version) < minimum


def health_checks_failed(router: Router) -> bool:
    return any(not result["success"] for result in router.health_checks)


def check_view(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "lastupdated": timestamp(result["lastupdated"])}
