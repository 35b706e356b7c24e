# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes: disks of instances."""

from __future__ import annotations

from ..model import Commands, Option, Resource, State, Update
from . import volume_steps as steps
from .owned import OWNER, PROJECT_PARENT, SCOPE, ZONE, tagging

_TAGS, _SET_TAGS = tagging("Volume")

VOLUME = Resource(
    name="volume",
    noun="volume",
    exported=False,
    summary="Manage volumes",
    description=(
        "Creates, uploads, grows, attaches, detaches, deletes and recovers volumes.",
        "A volume without an instance is only reserved; storage is taken when it is attached for the first time.",
    ),
    notes=(
        (
            "Names are not unique at the server. A task means the one volume of the name in the zone, domain, account "
            "and project given; if there are more, it fails and lists the ids."
        ),
        "Volumes that were destroyed but not expunged yet are taken as absent.",
        "Growing a volume does not grow the file system in it.",
        "Deleting expunges at once, unless O(expunge=false). Snapshots of the volume stay.",
        "What was destroyed and not expunged can be recovered until the setting V(storage.cleanup.delay) has passed.",
    ),
    commands=Commands(
        list="listVolumes",
        create="createVolume",
        update="updateVolume",
        delete="deleteVolume",
        fixed={"list": {"listall": True}},
        parents=PROJECT_PARENT,
        caller_id="customid",
    ),
    scope=SCOPE,
    after_parts=("zone",),
    states=(
        State("attached", {}, "Present and attached to O(vm)."),
        State("detached", {"vm": ""}, "Present and attached to no instance. Unmount it there first."),
        State("uploaded", {}, "Present; made from O(url) if it is missing."),
        State("recovered", {"destroyed": False}, "Taken back after it was destroyed."),
    ),
    updates=(
        Update("updateVolume"),
        Update("resizeVolume", options=("disk_offering", "size", "min_iops", "max_iops"), run=steps.resize),
        Update("attachVolume", options=("vm", "device_id"), run=steps.place),
        Update("recoverVolume", options=("destroyed",), run=steps.recover),
        _SET_TAGS,
    ),
    options=(
        Option(
            "name",
            help="Name of the volume. Case counts. With O(id) it is the new name.",
            required=True,
            updatable=True,
        ),
        ZONE,
        *OWNER,
        Option(
            "disk_offering",
            "ref",
            help=(
                "Disk offering.",
                "Needed to create a volume unless O(snapshot) or O(url) is given.",
                "A change may move the data.",
            ),
            api="diskofferingid",
            refers_to="disk_offering",
            name_field="diskofferingname",
            updatable=True,
            one_way="a volume shrinks only with shrink_ok",
        ),
        Option(
            "size",
            "int",
            help=(
                "Size; only for offerings that leave it to users.",
                "Growing is always possible, shrinking needs O(shrink_ok).",
            ),
            unit="GB",
            field="",
            decode=steps.size_in_gib,
            equal=lambda want, have: have is not None and int(want) == have,
            updatable=True,
            one_way="a volume shrinks only with shrink_ok",
        ),
        Option(
            "shrink_ok",
            "bool",
            help="Allow a smaller size. What lies behind the new end is lost.",
            behaviour=True,
            default=False,
        ),
        Option(
            "expunge",
            "bool",
            help="With O(state=absent): gone for good at once. Otherwise it can be recovered for a while.",
            behaviour=True,
            default=True,
        ),
        Option(
            "destroyed",
            "bool",
            help="Whether it is destroyed.",
            api="",
            field="",
            decode=lambda row: row.get("state") == "Destroy",
            on_create=False,
            updatable=True,
            hidden=True,
            export=False,
        ),
        Option(
            "min_iops",
            "int",
            help="Guaranteed operations, for offerings that leave it to users.",
            unit="operations/s",
            updatable=True,
        ),
        Option(
            "max_iops",
            "int",
            help="Allowed operations, for offerings that leave it to users.",
            unit="operations/s",
            updatable=True,
        ),
        Option(
            "auto_migrate",
            "bool",
            help="Move the volume to other storage if a new offering or size needs it.",
            behaviour=True,
            default=False,
        ),
        # Told only by the answer to the creation, not by the list [recording volumes].
        Option(
            "snapshot",
            "ref",
            help=(
                "Snapshot to create the volume from.",
                "The server does not tell which one it was, so for a volume that is there it makes no difference.",
            ),
            api="snapshotid",
            field="",
            refers_to="snapshot",
        ),
        Option(
            "vm",
            "ref",
            help="Instance that the volume is attached to.",
            api="virtualmachineid",
            refers_to="instance",
            name_field="vmname",
            # createVolume takes the parameter, but leaves the volume detached [observed.md].
            on_create=False,
            updatable=True,
            aliases=("instance",),
        ),
        Option(
            "device_id",
            "int",
            help=(
                "Number of the disk in the instance;",
                "0 is the root disk, 3 is reserved.",
                "The server chooses if it is left out.",
            ),
            on_create=False,
            updatable=True,
        ),
        Option(
            "force",
            "bool",
            help=(
                "Detach the volume where something else needs that: to delete it, move it or give it another "
                "O(device_id)."
            ),
            behaviour=True,
            default=False,
        ),
        Option(
            "display_volume", "bool", help="Whether users see the volume. Only root admins may set it.", updatable=True
        ),
        Option(
            "delete_protection",
            "bool",
            help=(
                "The server refuses to delete the volume.",
                "It goes all the same if its whole domain or project is deleted.",
            ),
            on_create=False,
            updatable=True,
            since="4.20.0",
        ),
        Option(
            "custom_id",
            help=(
                "Id that the new volume gets, a UUID.",
                "Only root admins may choose one.",
                "If it is left out, one is made up.",
            ),
            field="",
            export=False,
        ),
        Option("url", help="Address that the secondary storage VM fetches the volume from.", api="", field=""),
        Option(
            "format",
            help="Format of the image at O(url).",
            api="",
            field="",
            choices=("QCOW2", "RAW", "VHD", "VHDX", "OVA"),
        ),
        Option("checksum", help="Checksum of the image at O(url), V({SHA-256}...) for example.", api="", field=""),
        Option(
            "image_store",
            "ref",
            help="Secondary storage that the image at O(url) goes to.",
            api="",
            field="",
            refers_to="image_store",
        ),
        _TAGS,
    ),
    omitted={
        "createVolume.virtualmachineid": "the server takes it but does not attach; vm is set by attachVolume",
        "updateVolume.customid": "would change the id of an existing volume",
        "updateVolume.path": "the server's own bookkeeping; a wrong value loses the volume",
        "updateVolume.chaininfo": "the server's own bookkeeping; a wrong value loses the volume",
        "updateVolume.state": "the server's own bookkeeping; a wrong value loses the volume",
        "updateVolume.storageid": "the server's own bookkeeping; a wrong value loses the volume",
    },
    settle_timeout=3600,
    validate=steps.validate,
    check_wish=steps.check_wish,
    rows=steps.rows,
    is_gone=steps.is_gone,
    before_create=steps.before_create,
    create=steps.create,
    before_delete=steps.before_delete,
    delete=steps.delete,
    awaited=steps.awaited,
)

RESOURCES = (VOLUME,)
