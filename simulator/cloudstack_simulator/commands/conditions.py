"""Conditions of the cloud that fault rules bring about and take back: agents away, no room on pools and hosts."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .. import farm, usage
from ..faults.conditions import CONDITIONS, Taken
from ..model.appliances import CONSOLE_PROXY
from .appliances import router_life
from .hosts import agents
from .instances import placement
from .instances.life import set_state
from .volumes import placement as pools

if TYPE_CHECKING:
    from ..simulator import Simulator


def _named(rows: list[Any], pattern: str) -> list[Any]:
    return [row for row in rows if fnmatchcase(row.name.lower(), pattern.lower())]


def agents_down(sim: Simulator, pattern: str) -> Taken:
    hosts = _named(sim.db.hosts.where(kind="Routing", state="Up"), pattern)
    for host in hosts:
        agents.disconnect(host)
        host.state = "Down"
        router_life.host_changed(sim, host)
        sim.events.alert(
            7, "ALERT.COMPUTE.HOST", f"Host is down, name: {host.name} (id:{host.uuid})",
            zone=sim.db.zones[host.zone_id], pod=sim.db.pods.get(host.pod_id),
        )  # fmt: skip
    return [(host,) for host in hosts]


def agents_up(sim: Simulator, taken: Taken) -> None:
    for (host,) in taken:
        agents.connect(sim, host)
        router_life.host_changed(sim, host)


def fill_storage(sim: Simulator, pattern: str) -> Taken:
    taken = []
    for pool in _named(list(sim.db.storage_pools), pattern):
        factor = float(sim.settings.value("storage.overprovisioning.factor", pool) or 1)
        room = max(0, int(pool.capacity * factor) - pools.allocated(sim, pool))
        _fill(sim, pool, room)
        taken.append((pool, room))
    return taken


def empty_storage(sim: Simulator, taken: Taken) -> None:
    for pool, room in taken:
        _fill(sim, pool, -room)


def _fill(sim: Simulator, pool: Any, amount: int) -> None:
    pool.foreign += amount
    pool.allocated = pools.allocated(sim, pool)


def fill_image_stores(sim: Simulator, pattern: str) -> Taken:
    stores = [store for store in _named(list(sim.db.image_stores), pattern) if not store.full]
    for store in stores:
        store.full = True
    return [(store,) for store in stores]


def empty_image_stores(_sim: Simulator, taken: Taken) -> None:
    for (store,) in taken:
        store.full = False


def fill_hosts(sim: Simulator, pattern: str) -> Taken:
    taken = []
    for host in _named(sim.db.hosts.where(kind="Routing"), pattern):
        cpu, memory = (max(0, left) for left in placement.room(sim, host))
        host.cpu_used += cpu
        host.memory_used += memory
        taken.append((host, cpu, memory))
    return taken


def empty_hosts(_sim: Simulator, taken: Taken) -> None:
    for host, cpu, memory in taken:
        host.cpu_used = max(0, host.cpu_used - cpu)
        host.memory_used = max(0, host.memory_used - memory)


def hold_instances(sim: Simulator, pattern: str) -> Taken:
    vms = [vm for vm in _named(list(sim.db.vms), pattern) if not vm.stuck]
    for vm in vms:
        vm.stuck = True
    return [(vm,) for vm in vms]


def free_instances(_sim: Simulator, taken: Taken) -> None:
    for (vm,) in taken:
        vm.stuck = False


def stop_instances(sim: Simulator, pattern: str) -> Taken:
    taken = []
    for vm in _named(sim.db.vms.where(vm_type="User", state="Running"), pattern):
        placement.leave(sim, vm, keep_place=True)
        set_state(sim, vm, "Stopped")
        taken.append((vm,))
    return taken


def start_instances(sim: Simulator, taken: Taken) -> None:
    for (vm,) in taken:
        host = placement.choose(sim, vm) if vm.state == "Stopped" and vm.removed is None else None
        if host is not None:
            placement.settle(sim, vm, host)
            set_state(sim, vm, "Running")


def servers_down(sim: Simulator, pattern: str) -> Taken:
    found = [server for server in _named(list(sim.db.management_servers), pattern) if server.state != "Down"]
    for server in found:
        farm.take_down(sim, server)
    return [(server,) for server in found]


def servers_up(sim: Simulator, taken: Taken) -> None:
    for (server,) in taken:
        farm.bring_up(sim, server)


def usage_server_down(sim: Simulator, _pattern: str) -> Taken:
    found = sim.db.usage_servers.where(state="Up")
    for server in found:
        usage.break_down(server)
    return [(server,) for server in found]


def usage_server_up(sim: Simulator, taken: Taken) -> None:
    for (server,) in taken:
        usage.come_back(sim, server)


def open_consoles(sim: Simulator, pattern: str) -> Taken:
    proxies = _named(sim.db.vms.where(vm_type=CONSOLE_PROXY), pattern)
    for proxy in proxies:
        proxy.viewers = 2
    return [(proxy,) for proxy in proxies]


def close_consoles(_sim: Simulator, taken: Taken) -> None:
    for (proxy,) in taken:
        proxy.viewers = 0


CONDITIONS.update(
    {
        "stuck-instances": (hold_instances, free_instances),
        "stopped-instances": (stop_instances, start_instances),
        "servers-down": (servers_down, servers_up),
        "usage-server-down": (usage_server_down, usage_server_up),
        "consoles-open": (open_consoles, close_consoles),
        "agents-down": (agents_down, agents_up),
        "storage-full": (fill_storage, empty_storage),
        "image-store-full": (fill_image_stores, empty_image_stores),
        "no-capacity": (fill_hosts, empty_hosts),
    }
)
