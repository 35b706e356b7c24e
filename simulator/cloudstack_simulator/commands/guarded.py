"""Parameters whose objects the server's dispatcher looks at: those of others are refused before a job is made."""

from __future__ import annotations

from ..registry import guard

guard(
    "id",
    "archiveSnapshot",
    "attachVolume",
    "changeOfferingForVolume",
    "checkVolume",
    "copyIso",
    "copySnapshot",
    "copyTemplate",
    "deleteAffinityGroup",
    "deleteIso",
    "deleteSnapshot",
    "deleteTemplate",
    "destroyVirtualMachine",
    "destroyVolume",
    "detachVolume",
    "expungeVirtualMachine",
    "extractIso",
    "extractTemplate",
    "extractVolume",
    "rebootVirtualMachine",
    "resetPasswordForVirtualMachine",
    "resetSSHKeyForVirtualMachine",
    "resizeVolume",
    "revertSnapshot",
    "scaleVirtualMachine",
    "startVirtualMachine",
    "stopVirtualMachine",
    "updateVMAffinityGroup",
    "updateVolume",
)
guard(
    "virtualmachineid",
    "addNicToVirtualMachine",
    "attachIso",
    "attachVolume",
    "detachIso",
    "detachVolume",
    "removeNicFromVirtualMachine",
    "restoreVirtualMachine",
    "updateDefaultNicForVirtualMachine",
)
guard("vmsnapshotid", "deleteVMSnapshot", "revertToVMSnapshot")
