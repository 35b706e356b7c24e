"""Refusals that several deeds to instances share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import CloudRuntime, InvalidParameter
from ...model.instances import is_behind_share
from ..volumes import lifecycle as disks

if TYPE_CHECKING:
    from ...simulator import Simulator

AT_WORK = frozenset({"Creating", "CreatedOnPrimary", "BackingUp"})
"""States of snapshots of volumes that are not on secondary storage yet."""


def has_busy_snapshots(sim: Simulator, vm: Any, *, root_only: bool = False) -> bool:
    volumes = [v for v in disks.of_vm(sim, vm) if v.kind == "ROOT" or not root_only]
    return any(s.state in AT_WORK for v in volumes for s in sim.db.snapshots.where(volume_id=v.id))


def refuse_busy_root(sim: Simulator, vm: Any, deed: str) -> None:
    """Refuse a deed to an instance whose root disk is being backed up."""
    if has_busy_snapshots(sim, vm, root_only=True):
        raise CloudRuntime(
            f"There is/are unbacked up snapshot(s) on ROOT volume, {deed} is not permitted, please try again later."
        )


def refuse_leaving_host(sim: Simulator, vm: Any, deed: str) -> None:
    """Refuse a deed to an instance that its host is about to move away by itself."""
    host = sim.db.hosts.get(vm.host_id)
    if host is not None and host.resource_state == "PrepareForMaintenance":
        raise InvalidParameter(
            f"{deed} VM operation on the VM: {vm} is not allowed as host is preparing for maintenance mode"
        )


def refuse_gpu(sim: Simulator, vm: Any) -> None:
    """Refuse to move a running instance that has a GPU."""
    if sim.db.service_offerings[vm.service_offering_id].vgpu_profile_id is not None:
        raise InvalidParameter("Live Migration of GPU enabled VM is not supported")


NODE = "Kubernetes cluster"
"""What instances may serve, besides shared file systems."""


def refuse_share(vm: Any) -> None:
    """Refuse a deed to the instance behind a shared file system: it has commands of its own."""
    if is_behind_share(vm):
        raise InvalidParameter("Operation not supported on Shared FileSystem Instance")


def refuse_external(vm: Any) -> None:
    """Refuse a deed that extensions have no part in."""
    if vm.hypervisor == "External":
        raise InvalidParameter(f"Operation not supported for instance: {vm.name}")


def refuse_scaled(sim: Simulator, vm: Any) -> None:
    """Refuse to take an instance away from a scaling group that is at work."""
    group = sim.db.scaling_groups.get(vm.autoscale_group_id)
    if group is not None and group.removed is None and group.state != "DISABLED":
        raise InvalidParameter(
            "Cannot perform actions on VM in an AutoScale VM group, Please disable the VM group and retry."
        )


def refuse_node(sim: Simulator, vm: Any) -> None:
    """Refuse to destroy a node of a Kubernetes cluster that the server runs."""
    node = sim.db.kubernetes_nodes.first(vm_id=vm.id) if vm.serves == NODE else None
    if node is not None:
        raise CloudRuntime(
            f"Instance is a part of a Kubernetes cluster: {sim.db.kubernetes_clusters[node.cluster_id].name}. Use "
            "Instance delete option from Kubernetes cluster details or scale API for Kubernetes clusters with "
            "'nodeids' to destroy the instance."
        )
