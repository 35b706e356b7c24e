"""Real listeners on the loopback for the ports that rules open to the outside.

Behind a port forwarding rule or static NAT answers the instance, behind a load balancer rule the router itself; and
all of it only while the router that has the public address runs and knows its rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .commands.appliances.router_life import of_network, of_vpc
from .doors import Door, keep_looking

if TYPE_CHECKING:
    from .simulator import Simulator

Place = tuple[str, int]
"""Public address and port."""


class RuleDoors:
    """Opens and closes the doors of rules as the states of routers and instances say."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._doors: dict[Place, Door] = {}
        self._looking = asyncio.Lock()

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        async with keep_looking(self.look, self._doors):
            yield

    async def look(self) -> None:
        """Also before each answer of the API, so that what a client was told is so at the doors too."""
        async with self._looking:
            await self._settle(dict(places(self.sim)))

    async def _settle(self, wanted: dict[Place, bool]) -> None:
        for place in wanted.keys() - self._doors.keys():
            self._doors[place] = Door()
        for place, door in self._doors.items():
            if wanted.get(place, False) == (door.serves is not None):
                continue
            if door.serves is None:
                await door.open(place, _hang_up)
            else:
                await door.close()

    def addresses(self) -> dict[str, str]:
        return {f"{address}:{port}": door.address for (address, port), door in sorted(self._doors.items())}


def places(sim: Simulator) -> Iterator[tuple[Place, bool]]:
    """Each TCP port that a rule names, and whether somebody answers there."""
    for rule in sim.db.firewall_rules:
        ip = sim.db.ip_addresses.get(rule.ip_id)
        if ip is None or (rule.protocol or "").lower() != "tcp" or rule.start_port is None:
            continue
        if rule.purpose == "Firewall" and not ip.is_static_nat:
            continue
        if rule.purpose in ("PortForwarding", "LoadBalancing", "Firewall"):
            yield (ip.address, rule.start_port), _answers(sim, ip, rule)


def _answers(sim: Simulator, ip: Any, rule: Any) -> bool:
    if not _passes(sim, ip) or not _is_let_in(sim, ip, rule):
        return False
    number = ip.vm_id if rule.purpose == "Firewall" else rule.vm_id
    instance = sim.db.vms.get(number)
    if rule.purpose == "LoadBalancing":
        return bool(rule.state == "Active")  # without members it is only to be added
    return instance is not None and instance.state == "Running"


def _passes(sim: Simulator, ip: Any) -> bool:
    """Whether the router that has the address lets anything through."""
    network, vpc = sim.db.networks.get(ip.network_id), sim.db.vpcs.get(ip.vpc_id)
    routers = of_vpc(sim, vpc) if vpc is not None else of_network(sim, network) if network is not None else []
    able = [router for router in routers if router.state == "Running"]
    if any(router.redundant for router in able):
        able = [router for router in able if router.redundant_state == "PRIMARY"]
    return any(router.passes_rules for router in able)


def _is_let_in(sim: Simulator, ip: Any, rule: Any) -> bool:
    """Whether a firewall rule opens the port; those of VPCs have lists of their own, that let everything in."""
    if ip.vpc_id is not None:
        return True
    return any(
        one.purpose == "Firewall" and (one.protocol or "").lower() == "tcp"
        and (one.start_port or 0) <= rule.start_port <= (one.end_port or one.start_port or 0)
        for one in sim.db.firewall_rules.where(ip_id=ip.id)
    )  # fmt: skip


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
