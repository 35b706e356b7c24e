"""Alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call
from ...clock import timestamp
from ...errors import InvalidParameter, ServerApiError
from ...farm import first_server
from ...listing import equal
from ...model.operations import Alert
from ...registry import SUCCESS, at_install, command

if TYPE_CHECKING:
    from ...simulator import Simulator

MANAGEMENT = (14, "ALERT.MANAGEMENT")
START = 3.0
"""Seconds that a start takes."""


@at_install(order=90)
def server_started(sim: Simulator) -> None:
    """The alerts of a first start."""
    network = sim.settings.value("management.network.cidr")
    if network is None:
        network = "192.0.2.0/24"
        sim.settings.set("management.network.cidr", network)
        sim.events.alert(
            *MANAGEMENT, f"Management network CIDR is not configured originally. Set it default to {network}"
        ).created -= START
    announce_start(sim)


def announce_start(sim: Simulator) -> None:
    """The alert that a management server writes when it is up."""
    server = first_server(sim)
    sim.events.alert(*MANAGEMENT, f"Management server node {server.service_ip} is up")


def system_vm_up(sim: Simulator, vm: Any) -> None:
    """The alert that a system VM has started."""
    zone = sim.db.zones[vm.zone_id]
    addresses = f"public IP [{vm.public_ip}], private IP [{vm.private_ip}]."
    if vm.vm_type == "SecondaryStorageVm":
        text = f"Secondary Storage Vm is up in zone [{zone.name}], secStorageVm [{vm.name}], {addresses}"
        sim.events.alert(19, "ALERT.SERVICE.SSVM", text, zone=zone)
    else:
        text = f"Console proxy up in zone [{zone.name}], proxy [{vm.name}], {addresses}"
        sim.events.alert(10, "ALERT.SERVICE.CONSOLEPROXY", text, zone=zone)


def alert_view(_call: Call, alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.uuid,
        "type": alert.type,
        "name": alert.name,
        "description": alert.description,
        "sent": timestamp(alert.created),
    }


@command("listAlerts")
def list_alerts(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("id", p.id),
        equal("type", int(p.type) if (p.type or "").isdigit() else p.type),
        equal("name", p.name),
        equal("archived", False),
    ]
    return call.listing(
        "alert",
        call.db.alerts,
        alert_view,
        where=filters,
        keyword=("description",),
        sort=lambda a: (-int(a.created), a.id),
    )


@command("generateAlert")
def generate_alert(call: Call) -> dict[str, Any]:
    p = call.params
    for number, name in contract.facts("catalogue.json")["alert_types"]:
        if number == p.type and name.lower() != p.name.lower():
            raise InvalidParameter(f"There is a default alert having type {number} and name {_default_name(number)}")
    call.sim.events.alert(p.type, p.name, p.description, zone=p.zoneid, pod=p.podid)
    return SUCCESS


def _default_name(number: int) -> str:
    return next(name for n, name in contract.facts("catalogue.json")["alert_types"] if n == number)


def _chosen(call: Call, what: str) -> list[Alert]:
    p = call.params
    if not p.ids and p.type is None and p.startdate is None and p.enddate is None:
        raise InvalidParameter("either ids, type, startdate or enddate must be specified")
    if p.startdate is not None and p.enddate is None:
        raise InvalidParameter("enddate must be specified with startdate parameter")
    found = [
        alert
        for alert in p.ids or call.db.alerts
        if alert.removed is None
        and not alert.archived
        and (p.type is None or str(alert.type) == str(p.type))
        and (p.startdate is None or alert.created >= p.startdate)
        and (p.enddate is None or alert.created <= p.enddate)
    ]
    if p.ids and len(found) < len(p.ids):
        raise ServerApiError(530, f"Unable to {what} Alerts, one or more parameters has invalid values")
    return found


@command("archiveAlerts")
def archive_alerts(call: Call) -> dict[str, Any]:
    for alert in _chosen(call, "archive"):
        alert.archived = True
    return SUCCESS


@command("deleteAlerts")
def delete_alerts(call: Call) -> dict[str, Any]:
    for alert in _chosen(call, "delete"):
        call.db.alerts.delete(alert)
    return SUCCESS
