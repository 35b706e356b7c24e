# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who touched an object last, as far as the server's events tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..client import CloudStackError
from ..model import Resource, Row
from .document import Work

WORDS = frozenset((
    "Account", "AffinityGroup", "AutoScalePolicy", "AutoScaleVmGroup", "AutoScaleVmProfile", "Backup",
    "BackupOffering", "Cluster", "Condition", "ConsoleProxy", "Counter", "DedicatedGuestVlanRange", "DiskOffering",
    "Domain", "DomainRouter", "FirewallRule", "GlobalLoadBalancerRule", "GuestOs", "GuestOsMapping", "Host",
    "ImageStore", "InternalLbVm", "IpAddress", "Iso", "LoadBalancerRule", "ManagementServer", "Network",
    "NetworkAcl", "NetworkAclItem", "NetworkOffering", "PhysicalNetwork", "PhysicalNetworkServiceProvider", "Pod",
    "PortableIpAddress", "PrivateGateway", "Project", "Role", "SecurityGroup", "ServiceOffering", "Snapshot",
    "StaticRoute", "StoragePool", "SystemVm", "Template", "TrafficType", "User", "VirtualMachine", "VmSnapshot",
    "Volume", "Vpc", "VpcOffering", "VpnCustomerGateway", "Zone",
))  # fmt: skip
"""The server's words for what its events are about; of other kinds it cannot be asked [ApiCommandResourceType]."""


def add_last_events(client: Any, works: Sequence[Work]) -> list[str]:
    """Notes at each change of an existing object its newest event. Returns what could not be found out.

    One call for each object, side by side. A server or a role without events costs no more than that.
    """
    known = [work for work in works if work.plan.changed and work.plan.row and has_events(work.node.resource)]
    answers = client.parallel([partial(_newest, client, work.node.resource, work.plan.row) for work in known])
    problems: dict[str, None] = {}
    for work, answer in zip(known, answers, strict=True):
        if isinstance(answer, CloudStackError):
            problems[f"events could not be read: {answer}"] = None
        else:
            work.last_event = answer
    return list(problems)


def _newest(client: Any, resource: Resource, row: Row) -> dict[str, Any] | CloudStackError:
    try:
        # Events come newest first [api_facts 1.8].
        answer = client.call("listEvents", {**events_of(resource, row), "listall": True, "page": 1, "pagesize": 1})
    except CloudStackError as error:
        return error
    events = answer.get("event") or []
    return _told(events[-1]) if events else {}


def events_of(resource: Resource, row: Row) -> dict[str, Any]:
    """Parameters of listEvents that let through the events of one object."""
    if resource.events:
        return dict(resource.events(row))
    return {"resourceid": str(row[resource.commands.id_field]), "resourcetype": _word(resource)}


def has_events(resource: Resource) -> bool:
    """Whether the server can be asked for the events of one object of a kind."""
    return bool(resource.events) or _word(resource) in WORDS


def _word(resource: Resource) -> str:
    return resource.event_resource or "".join(part.capitalize() for part in resource.name.split("_"))


def _told(event: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "user": event.get("username"),
        "account": event.get("account"),
        "time": event.get("created"),
        "type": event.get("type"),
        "text": event.get("description"),
    }
    return {name: value for name, value in found.items() if value}


def event_text(event: Mapping[str, Any]) -> str:
    """``SERVICE.OFFERING.EDIT by alice (account acme) at 2026-01-01T00:00:00+0000``."""
    user, account = event.get("user", "somebody"), event.get("account")
    of = f" (account {account})" if account and account != user else ""
    return f"{event.get('type', 'an event')} by {user}{of} at {event.get('time', 'an unknown time')}"
