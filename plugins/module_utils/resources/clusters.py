# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters."""

from __future__ import annotations

from typing import Any

from ..model import Commands, Option, Resource, State
from .zones import IN_ZONE

IN_POD = Option(
    "pod", "ref", help="Pod it belongs to.", api="podid", refers_to="pod", name_field="podname", by_name=True,
    needed=True,
)  # fmt: skip


def _before_create(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    return {"clustertype": "CloudManaged", **params}


def _vmware(name: str, api: str, text: str, *, secret: bool = False, aliases: tuple[str, ...] = ()) -> Option:
    return Option(name, help=f"{text} VMware only.", api=api, field="", secret=secret, aliases=aliases)


CLUSTER = Resource(
    name="cluster",
    noun="cluster",
    summary="Manage clusters",
    description=("Creates, changes, enables and deletes clusters of hosts.",),
    commands=Commands(list="listClusters", create="addCluster", update="updateCluster", delete="deleteCluster"),
    scope=("zone", "pod"),
    parent="pod",
    states=(
        State("enabled", {"allocation_state": "Enabled"}, help="Exists and takes new work."),
        State("disabled", {"allocation_state": "Disabled"}, help="Exists and takes no new work."),
        State("managed", {"managed_state": "Managed"}, help="The server is connected to the hosts."),
        State("unmanaged", {"managed_state": "Unmanaged"}, help="The server lets go of the hosts; instances run on."),
    ),
    initial_states=("enabled", "managed"),
    before_create=_before_create,
    options=(
        Option(
            "name", help="Name of the cluster. With O(id) it is the new name.", required=True, api="clustername",
            field="name", updatable=True,
        ),
        IN_ZONE,
        IN_POD,
        Option("hypervisor", help="Hypervisor of all its hosts, such as V(KVM).", needed=True, field="hypervisortype"),
        Option("cluster_type", help="Who manages the cluster. The default at creation is V(CloudManaged).",
               choices=("CloudManaged", "ExternalManaged"), updatable=True, server_default="CloudManaged"),
        Option("arch", help="Processor architecture of all its hosts.", choices=("x86_64", "aarch64"), updatable=True,
               since="4.20", server_default="x86_64"),
        Option("url", help="Address of the cluster at its manager.", field=""),
        Option("username", help="User for O(url).", field=""),
        Option("password", help="Password for O(url).", field="", secret=True),
        _vmware("guest_vswitch_name", "guestvswitchname", "Switch for guest traffic."),
        _vmware("guest_vswitch_type", "guestvswitchtype", "Kind of the switch for guest traffic."),
        _vmware("public_vswitch_name", "publicvswitchname", "Switch for public traffic."),
        _vmware("public_vswitch_type", "publicvswitchtype", "Kind of the switch for public traffic."),
        _vmware("vms_ip_address", "vsmipaddress", "Address of the virtual supervisor module.",
                aliases=("vsm_ip_address",)),
        _vmware("vms_username", "vsmusername", "User of the virtual supervisor module.", aliases=("vsm_username",)),
        _vmware("vms_password", "vsmpassword", "Password of the virtual supervisor module.", secret=True,
                aliases=("vsm_password",)),
        Option("ovm3_cluster", help="Whether it is a cluster of Oracle VM.", field=""),
        Option("ovm3_pool", help="Whether it is a pool of Oracle VM.", field=""),
        Option("ovm3_vip", help="Virtual address of an Oracle VM pool."),
        Option("external_details", "map", help="Details for an external orchestrator.", api="externaldetails",
               field="", since="4.21.0"),
        Option("storage_access_groups", "set", help="Storage access groups of all hosts in the cluster.",
               api="storageaccessgroups", since="4.21.0"),
        Option("allocation_state", api="allocationstate", updatable=True, on_create=False, hidden=True),
        Option("managed_state", api="managedstate", updatable=True, on_create=False, hidden=True),
    ),
    omitted={
        "addCluster.allocationstate": "set through state, after the cluster was added",
        "addCluster.extensionid": "extensions have no resource here",
        "updateCluster.hypervisor": "the hypervisor of a cluster cannot really change",
        "updateCluster.externaldetails": "not told by the server, so a change could not be seen",
    },
    unique=True,
)  # fmt: skip

RESOURCES = (CLUSTER,)
