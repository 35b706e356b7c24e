"""The extensions that come with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.extensions import CustomAction, Extension
from ...registry import at_install
from .actions import ROLES

if TYPE_CHECKING:
    from ...simulator import Simulator

BUILT_IN = (
    ("Proxmox", "Sample extension for Proxmox written in bash", "Proxmox/proxmox.sh", True),
    ("HyperV", "Sample extension for HyperV written in python", "HyperV/hyperv.py", None),
    ("MaaS", "Baremetal Extension for Canonical MaaS written in Python", "MaaS/maas.py", True),
)
SNAPSHOTS = {
    "ListSnapshots": ("Snapshots fetched for {{resourceName}} in {{extensionName}}", "List Snapshots failed"),
    "CreateSnapshot": ("Snapshot created for {{resourceName}} in {{extensionName}}", "Snapshot creation failed"),
    "RestoreSnapshot": (
        "Successfully restored snapshot for {{resourceName}} in {{extensionName}}", "Restore snapshot failed",
    ),
    "DeleteSnapshot": (
        "Successfully deleted snapshot for {{resourceName}} in {{extensionName}}", "Delete snapshot failed",
    ),
    "Suspend": ("Successfully suspended {{resourceName}} in {{extensionName}}", "Suspend failed"),
    "Resume": ("Successfully resumed {{resourceName}} in {{extensionName}}", "Resume failed"),
}  # fmt: skip
"""Messages of the built-in actions."""
NAME = {"snap_name": "STRING"}
ACTIONS: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "Proxmox": (
        ("ListSnapshots", "List Instance snapshots", {}),
        ("CreateSnapshot", "Create an Instance snapshot",
         {**NAME, "snap_description": "STRING", "snap_save_memory": "BOOLEAN"}),
        ("RestoreSnapshot", "Restore Instance to the specific snapshot", NAME),
        ("DeleteSnapshot", "Delete the specified snapshot", NAME),
    ),
    "HyperV": (
        ("ListSnapshots", "List checkpoints/snapshots for the Instance", {}),
        ("CreateSnapshot", "Create a checkpoint/snapshot for the Instance", {"snapshot_name": "STRING"}),
        ("RestoreSnapshot", "Restore Instance to the specified snapshot", {"snapshot_name": "STRING"}),
        ("DeleteSnapshot", "Delete the specified snapshot", {"snapshot_name": "STRING"}),
        ("Suspend", "Suspend the Instance by freezing its current state in RAM", {}),
        ("Resume", "Resumes a suspended Instance, restoring CPU execution from memory.", {}),
    ),
}  # fmt: skip
"""(name, description, {parameter: type}); only the name of a snapshot has to be given."""
TIMEOUT = 60


@at_install(order=40)
def add_extensions(sim: Simulator) -> None:
    for name, description, path, prepares in BUILT_IN:
        extension = sim.db.extensions.add(
            Extension(name=name, description=description, path=path, user_defined=False, prepares_vms=prepares)
        )
        for action, about, parameters in ACTIONS.get(name, ()):
            sim.db.custom_actions.add(
                CustomAction(
                    name=action,
                    extension_id=extension.id,
                    description=about,
                    resource_type="VirtualMachine",
                    role_types=list(ROLES),
                    success_message=SNAPSHOTS[action][0],
                    error_message=SNAPSHOTS[action][1] + " for {{resourceName}}",
                    timeout=TIMEOUT,
                    enabled=True,
                    parameters=[_parameter(p, kind) for p, kind in parameters.items()],
                )
            )


def _parameter(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "validationformat": "NONE", "required": name in ("snap_name", "snapshot_name")}
