# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: virtual machines of tenants, from deployment to the end."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..model import Commands, Option, Resource, State, Update
from . import instance_steps as steps
from .owned import OWNER, PROJECT_PARENT, SCOPE, ZONE, tagging
from .volume_reference import same_places

_TAGS, _SET_TAGS = tagging("UserVm")


def _hidden(name: str, kind: str, text: str, **more: Any) -> Option:
    return Option(name, kind, text, api="", on_create=False, hidden=True, export=False, **more)


def _where(name: str, kind: str, text: str) -> Option:
    """A place that an admin chooses; the instance may be elsewhere later."""
    return Option(name, "ref", text, api="", refers_to=kind, behaviour=True)


_PLACING = (
    _where("host", "host", "Host to deploy or start the instance on. Admins only; a running one is not moved."),
    _where("cluster", "cluster", "Cluster to deploy the instance in. Admins only."),
    _where("pod", "pod", "Pod to deploy the instance in. Admins only."),
)

_MADE_OF = (
    Option(
        "compute_offering", "ref", api="serviceofferingid", refers_to="compute_offering",
        name_field="serviceofferingname", aliases=("service_offering",),
        help="Compute offering. Another one is given by M(cloudstack.ops.instance_offering_change).",
    ),
    Option(
        "template", "ref", api="templateid", refers_to="template", name_field="templatename",
        help="Template of the root disk. Another one is given by M(cloudstack.ops.instance_restore).",
    ),
    Option(
        "disk_offering", "ref", api="diskofferingid", field="", refers_to="disk_offering",
        help="Disk offering of a data disk that is made along.",
    ),
    Option("disk_size", "int", api="size", field="", unit="GB", help="Size of that data disk, for offerings without."),
    Option("root_disk_size", "int", field="", unit="GB", since="4.4", help="Size of the root disk."),
    Option(
        "override_disk_offering", "ref", api="overridediskofferingid", field="", refers_to="disk_offering",
        since="4.17", help="Disk offering of the root disk in place of that of the compute offering.",
    ),
    Option("hypervisor", help="Hypervisor, where the template does not tell."),
    Option("boot_type", help="Firmware.", choices=("BIOS", "UEFI"), since="4.14.0.0"),
    Option("boot_mode", help="Mode of UEFI.", choices=("LEGACY", "SECURE"), since="4.14.0.0"),
)  # fmt: skip

_NETWORKS = (
    Option(
        "networks", "refs", api="networkids", field="", refers_to="network", decode=steps.networks_of,
        equal=steps.is_in,
        help=(
            "Networks of the new instance; the first one is the default.",
            "The instance may be in others too: M(cloudstack.ops.instance_nic) adds them.",
        ),
    ),
    Option(
        "ip_to_networks", "records", api="", field="", encode=steps.ip_to_networks,
        help="Networks of the new instance with the addresses that it shall have there.",
        suboptions=(
            Option("network", help="Name or id of the network.", required=True),
            Option("ip", help="IPv4 address."),
            Option("ipv6", help="IPv6 address."),
            Option("mac", help="MAC address."),
        ),
    ),
    Option("ip_address", field="", help="Address in the default network of the new instance."),
    Option("ip6_address", field="", help="IPv6 address in the default network of the new instance."),
    Option("mac_address", field="", help="MAC address in the default network of the new instance."),
    Option(
        "security_groups", "refs", api="securitygroupids", field="", refers_to="security_group", updatable=True,
        decode=partial(steps.groups_of, "securitygroup"), equal=same_places,
        help="All security groups. Can be changed while it is stopped.",
    ),
    Option(
        "affinity_groups", "refs", api="affinitygroupids", field="", refers_to="affinity_group", updatable=True,
        decode=partial(steps.groups_of, "affinitygroup"), equal=same_places,
        help="All affinity groups. Can be changed while it is stopped.",
    ),
)  # fmt: skip

_GUEST = (
    Option(
        "ssh_key_pairs", "set", aliases=("ssh_keys",), api="keypairs", field="", since="4.17", updatable=True,
        decode=steps.keys_of,
        one_way="an instance cannot lose its last key",
        equal=lambda want, have: sorted(want) == have,
        help="All SSH key pairs, by name. Can be changed while it is stopped; some guests need a new start twice.",
    ),
    Option(
        "user_data", secret=True, api="userdata", field="", encode=steps.encoded_user_data,
        help="User data for the guest, as plain text, at its deployment. The server's list does not tell it.",
    ),
    Option(
        "password", secret=True, field="", since="4.19.0.0",
        help="Password at the deployment, for templates that take one.",
    ),
    Option("keyboard", field="", help="Keyboard of the console, V(de) for example."),
    Option(
        "details", "map", updatable=True, since="4.3",
        help="Settings of the instance, V(rootDiskController) for example. Only the keys given are compared.",
    ),
)  # fmt: skip

_CHANGEABLE = (
    Option("display_name", help="Name that users see.", updatable=True),
    Option("group", help="Group that the instance is shown in.", updatable=True),
    Option(
        "os_type", "ref", api="ostypeid", refers_to="os_type", name_field="osdisplayname", by_name=True,
        on_create=False, updatable=True, help="Guest operating system, as the server calls it.",
    ),
    Option(
        "dynamic_scaling_enabled", "bool", update_api="isdynamicallyscalable", field="isdynamicallyscalable",
        updatable=True, since="4.16", help="CPU and memory may grow while it runs. The template must allow it.",
    ),
    Option(
        "ha_enable", "bool", on_create=False, updatable=True,
        help="The server starts it elsewhere when its host fails. The offering must allow it.",
    ),
    Option("display_vm", "bool", help="Whether users see it. Only root admins may set it.", updatable=True,
           since="4.2"),
    Option(
        "delete_protection", "bool", on_create=False, updatable=True, since="4.20.0",
        help="The server refuses to destroy it. It goes all the same if its whole domain or account is deleted.",
    ),
    Option("lease_duration", "int", updatable=True, since="4.21.0", unit="days", help="Days until its lease ends."),
    Option(
        "lease_expiry_action", choices=("STOP", "DESTROY"), updatable=True, since="4.21.0",
        help="What happens then. V(DESTROY) loses it.",
    ),
)  # fmt: skip

_BEHAVIOUR = (
    Option("force", "bool", default=False, behaviour=True, help="Stop or restart without waiting for the guest."),
    Option(
        "expunge", "bool", default=False, behaviour=True,
        help="With O(state=absent), also of an instance that is destroyed already: gone for good. Needs O(confirm).",
    ),
    Option(
        "volumes", "list", behaviour=True,
        help="With O(state=absent): data volumes that go with it for good. Needs O(confirm).",
    ),
    Option("confirm", behaviour=True, help="Name of the instance, as a sign that its loss is meant."),
    Option(
        "custom_id", api="customid", field="", export=False,
        help="Id that the new instance gets, a UUID. Only root admins may choose one; otherwise one is made up.",
    ),
)  # fmt: skip

_TOO_RARE = "given by the template, the offering or details"
INSTANCE = Resource(
    name="instance",
    noun="instance",
    summary="Manage instances",
    event_resource="VirtualMachine",
    description=(
        "Deploys, starts, stops, changes, destroys and recovers instances.",
        "Moves to other hosts, other sizes and a new root disk have modules of their own.",
    ),
    notes=(
        "Names are not unique at the server. If more than one instance has the name, the task fails and lists the ids.",
        "A destroyed instance can be recovered until the setting V(expunge.delay) has passed. O(expunge) ends that.",
        "A restart is not a stop and a start: settings that changed are read at a start only.",
        "O(state=restarted) is the only state that does something in every run.",
        "An instance that could not be deployed stays in state Error; remove it with O(expunge=true).",
    ),
    exported=False,
    commands=Commands(
        list="listVirtualMachines",
        create="deployVirtualMachine",
        update="updateVirtualMachine",
        delete="destroyVirtualMachine",
        fixed={"list": {"listall": True}},
        parents=PROJECT_PARENT,
        caller_id="customid",
    ),
    scope=SCOPE,
    states=(
        State("started", {"power": "Running"}, "Deployed and running."),
        State("stopped", {"power": "Stopped"}, "Deployed and stopped; a new one is not started."),
        State("restarted", {"restart": True}, "Rebooted in every run. A stopped one is started."),
        State("recovered", {"power": "Stopped"}, "Taken back after it was destroyed, and stopped."),
    ),
    updates=(
        Update("recoverVirtualMachine", options=("power",), run=steps.power),
        Update("rebootVirtualMachine", options=("restart",), run=steps.restart),
        Update("updateVMAffinityGroup", options=("affinity_groups",), run=steps.bind),
        Update("resetSSHKeyForVirtualMachine", options=("ssh_key_pairs",), run=steps.set_keys),
        Update("updateVirtualMachine", extra=steps.update_extra),
        _SET_TAGS,
    ),
    options=(
        Option("name", help="Host name of the instance. With O(id) it is the new name, taken at the next start.",
               required=True, updatable=True),
        ZONE,
        *OWNER,
        *_MADE_OF,
        *_PLACING,
        *_NETWORKS,
        *_GUEST,
        *_CHANGEABLE,
        *_BEHAVIOUR,
        _hidden("power", "str", "Whether it runs.", field="state", updatable=True),
        _hidden("restart", "bool", "Restart it.", field="", decode=lambda _row: False, updatable=True),
        _TAGS,
    ),
    omitted={
        **{
            f"deployVirtualMachine.{name}": reason
            for name, reason in {
                "affinitygroupnames": "sent as ids", "securitygroupnames": "sent as ids",
                "hostid": "sent by host", "clusterid": "sent by cluster", "podid": "sent by pod",
                "startvm": "follows from the state asked for", "keypair": "sent as keypairs",
                "iptonetworklist": "sent by ip_to_networks",
                "nicnetworklist": "for OVAs deployed as they are, by their own wizard",
                "properties": "for OVAs deployed as they are, by their own wizard",
                "bootintosetup": "a key press of the console, not a wish for a state",
                "copyimagetags": "tags of the instance are given by tags",
                "datadiskofferinglist": "data disks are volumes, with a module of their own",
                "datadisksdetails": "data disks are volumes, with a module of their own",
                "deploymentplanner": _TOO_RARE, "dhcpoptionsnetworklist": _TOO_RARE, "externaldetails": _TOO_RARE,
                "extraconfig": _TOO_RARE, "iodriverpolicy": _TOO_RARE, "iothreadsenabled": _TOO_RARE,
                "nicmultiqueuenumber": _TOO_RARE, "nicpackedvirtqueuesenabled": _TOO_RARE,
                "snapshotid": "an instance from a snapshot is made through a template",
                "volumeid": "an instance from a volume is made through a template",
                "userdataid": "user data are given as text", "userdatadetails": "user data are given as text",
            }.items()
        },
        **{
            f"updateVirtualMachine.{name}": reason
            for name, reason in {
                "cleanupdetails": "would remove details that the task does not name",
                "customid": "would change the id of an existing instance",
                "instancename": "the server's own name for the hypervisor",
                "dhcpoptionsnetworklist": _TOO_RARE, "extraconfig": _TOO_RARE,
                "securitygroupnames": "sent as ids", "userdata": "the server's list does not tell it",
                "userdataid": "user data are given as text", "userdatadetails": "user data are given as text",
            }.items()
        },
    },
    returns={"state": "state"},
    settle_timeout=1800,
    validate=steps.validate,
    check_wish=steps.check_wish,
    rows=steps.rows,
    is_gone=steps.is_gone,
    before_create=steps.before_create,
    create=steps.create,
    before_delete=steps.before_delete,
    awaited=steps.awaited,
)  # fmt: skip

SECURITY_GROUP = Resource(
    name="security_group",
    noun="security group",
    summary="Security groups",
    commands=Commands(list="listSecurityGroups", filters={"name": "securitygroupname"}, parents=PROJECT_PARENT,
                      fixed={"list": {"listall": True}}),
    scope=("domain", "account", "project"),
    options=(Option("name", help="Name of the group."), *OWNER),
    lookup_only=True,
)  # fmt: skip

RESOURCES = (INSTANCE, SECURITY_GROUP)
