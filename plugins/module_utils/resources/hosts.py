# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from . import host_steps as steps
from .clusters import IN_POD
from .host_addresses import check_address, tell_other_address
from .zones import IN_ZONE


def _resume(ctx: Any) -> None:
    """A host that a cut-off run added but did not name is no reason to add another."""
    if steps.marked(ctx) is not None and ctx.check:
        ctx.warn(f"{ctx.name} was added by a run that was cut off; it is completed, not added again")


def _create(ctx: Any, params: dict[str, Any]) -> str:
    half_done = steps.marked(ctx.afresh())
    if half_done is not None:
        return steps.settle(ctx, half_done)
    return steps.create(ctx, params)


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        return
    if row is not None:
        tell_other_address(ctx, row)
        return
    if not ctx.given.get("cluster"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and adding it needs a cluster",
            option="cluster",
            obj=ctx.name,
            remedy="give cluster",
        )
    check_address(ctx)
    _resume(ctx)


HOST = Resource(
    name="host",
    noun="host",
    summary="Manage hosts",
    description=(
        "Adds hosts to a cluster, changes their tags, puts them into and out of maintenance and removes them.",
        "A host is found by its name or by the address in O(url), because an agent reports its own name.",
    ),
    notes=(
        "Adding a host can take minutes. It carries a tag that begins with C(being-added-) meanwhile.",
        "By it a run that follows a lost answer finds the host again instead of adding it twice.",
        "What must be installed on the machine beforehand is not the work of this module.",
    ),
    commands=Commands(
        list="listHosts", create="addHost", update="updateHost", delete="deleteHost",
        fixed={"list": {"type": "Routing"}},
    ),
    scope=("zone",),
    parent="cluster",
    after=("physical_network",),
    settle_timeout=1800,
    validate=steps.validate,
    rows=steps.rows,
    is_same=steps.is_same,
    awaited=steps.awaited,
    check_wish=_check_wish,
    create=_create,
    adopt=steps.adopt,
    before_delete=steps.before_delete,
    updates=(
        Update("updateHost", options=("allocation_state",), run=steps.switch),
        Update("updateHost"),
    ),
    options=(
        Option(
            "name", required=True,
            help=("What the host is called. It gets this name when it is added.",
                  "An agent that reconnects reports the name of its machine, so that is the name to give."),
            api="", field="name", equal=lambda _want, _have: True, aliases=("ip_address",),
        ),
        IN_ZONE,
        IN_POD,
        Option("cluster", "ref", help="Cluster it belongs to.", api="clusterid", refers_to="cluster",
               name_field="clustername", by_name=True),
        Option("hypervisor", help="Hypervisor of the host. A new host takes its cluster's if it is left out.",
               export=False),
        Option("url", help="Where the server reaches the host, such as V(http://10.0.0.11).", needed=True, field="",
               told=lambda row: f"http://{row['ipaddress']}" if row.get("ipaddress") else None),
        Option("username", help="User who logs in to set the agent up.", field="", placeholder="vault_host_username"),
        Option("password", help="Password of O(username).", field="", secret=True, placeholder="vault_host_password"),
        Option(
            "host_tags", "set", help="All tags of the host; an empty list removes them.", api="hosttags",
            decode=lambda row: row.get("explicithosttags", row.get("hosttags")), updatable=True, aliases=("host_tag",),
        ),
        Option("allocation_state", help="Whether the host takes work, or is emptied for maintenance.",
               choices=("enabled", "disabled", "maintenance"), api="", decode=steps.allocation, updatable=True,
               on_create=False, server_default="enabled"),
        Option("os_category", "ref", help="Operating systems that this host prefers.", api="oscategoryid",
               refers_to="os_category", name_field="oscategoryname", by_name=True, updatable=True, on_create=False),
        Option("annotation", help="A remark on the host.", updatable=True, on_create=False, since="4.11"),
        Option("is_tag_a_rule", "bool", help="Whether O(host_tags) is one rule in JavaScript.", api="istagarule",
               updatable=True, on_create=False),
        Option("external_details", "map", help="Details for an external orchestrator.", api="externaldetails",
               field="", since="4.21.0"),
        Option("storage_access_groups", "set", help="Storage access groups of the host.", api="storageaccessgroups",
               since="4.21.0"),
        Option("force", "bool", default=False, behaviour=True,
               help="Remove the host without emptying it first. Instances that still run on it may be started twice."),
    ),
    omitted={
        "addHost.allocationstate": "set through allocation_state, after the host was added",
        "addHost.clustername": "the cluster is given by the option cluster and made by its own module",
        "updateHost.allocationstate": "set through allocation_state, which knows maintenance too",
        "updateHost.name": "set when the host is added, where its address would not tell who it is",
        "updateHost.url": "has no effect since hosts stopped being secondary storage",
        "updateHost.cleanupexternaldetails": "belongs to an empty external_details, which no orchestrator needs",
        "updateHost.externaldetails": "not told by the server, so a change could not be seen",
    },
)  # fmt: skip

OS_CATEGORY = Resource(
    name="os_category",
    noun="OS category",
    summary="Groups of guest operating systems",
    commands=Commands(list="listOsCategories"),
    options=(Option("name", help="Name of the category."),),
    lookup_only=True,
)

RESOURCES = (HOST, OS_CATEGORY)
