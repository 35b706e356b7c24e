"""Mount options of NFS pools (the detail `nfsmountopts`)."""

from __future__ import annotations

from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.pools import StoragePool
from ...parameters import flat_map

DETAIL = "nfsmountopts"
NFS = "NetworkFilesystem"
HYPERVISORS = ("KVM", "Simulator")


def check_new(call: Call, hypervisor: str | None, scheme: str) -> None:
    options = flat_map(call.params.details).get(DETAIL)
    if options is None:
        return
    if hypervisor not in HYPERVISORS:
        raise InvalidParameter(f"NFS options can not be set for the hypervisor type {hypervisor or 'null'}")
    if scheme != "nfs":
        raise InvalidParameter(f"NFS options can only be set on pool type {NFS}")
    _check(options)


def check_change(call: Call, pool: StoragePool) -> None:
    """Hosts mount a pool with other options when its maintenance ends."""
    options = flat_map(call.params.details).get(DETAIL)
    if options is None:
        return
    if not call.caller.is_root_admin:
        raise PermissionDenied("Only root admin can modify nfs options")
    if pool.hypervisor not in HYPERVISORS:
        raise InvalidParameter("NFS options can only be set for the hypervisor type KVM")
    if pool.pool_type != NFS:
        raise InvalidParameter(f"NFS options can only be set on pool type {NFS}")
    if pool.state != "Maintenance":
        raise InvalidParameter("The storage pool should be in maintenance mode to edit nfs options")
    _check(options)


def _check(options: str) -> None:
    """Each option once, as a word or as word=value."""
    seen = set()
    for option in "".join(options.split()).rstrip(",").split(","):
        name, *values = option.rstrip("=").split("=")
        if len(values) > 1:
            raise InvalidParameter(f"Invalid value for NFS option {name}")
        if name in seen:
            raise InvalidParameter(f"Duplicate NFS option values found for option {name}")
        seen.add(name)
