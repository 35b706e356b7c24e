"""Real listeners on the loopback for each system VM, so that probes from outside have something to look at.

Public addresses of the simulated cloud exist nowhere; each of their ports is a port of the loopback instead, which
stays the same while the server runs. Nothing listens on it while its VM is down, boots, or does not use the port:
console proxies speak TLS only once they have a certificate, and nothing else from then on.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .commands.appliances import consoles
from .commands.appliances.system_vms import free_public
from .commands.certificates import pem
from .doors import Door, keep_looking
from .model.appliances import API_TYPES, SECONDARY_STORAGE_VM, SystemVm
from .system_vm_pages import answer

if TYPE_CHECKING:
    from .simulator import Simulator

NEXT = 4
"""Free public addresses of each zone that have a port already."""
PORTS = (consoles.HTTPS, consoles.HTTP, consoles.WS, consoles.WSS)
"""The first one is that of certificates."""


class SystemVmDoors:
    """Opens and closes the doors of all system VMs as their states say."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._doors: dict[tuple[str, int], Door] = {}
        """By public address and port."""
        self._known: set[str] = set()
        """Addresses of the VMs at the last look."""
        self._contexts: dict[int, ssl.SSLContext] = {}
        """By number of the certificate set."""
        self._looking = asyncio.Lock()

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        async with keep_looking(self.look, self._doors):
            yield

    async def look(self) -> None:
        async with self._looking:
            await self._settle_all()

    async def _settle_all(self) -> None:
        wanted = {vm.public_ip: vm for vm in system_vms(self.sim) if vm.public_ip is not None}
        if self._known != wanted.keys():
            self._known = set(wanted)
            places = {(address, port) for address in {*wanted, *upcoming(self.sim)} for port in PORTS}
            for place in places - self._doors.keys():
                self._doors[place] = Door()
        for (address, port), door in self._doors.items():
            await self._settle(door, wanted.get(address), port)

    async def _settle(self, door: Door, vm: SystemVm | None, port: int) -> None:
        if vm is None or not is_up(self.sim, vm) or port not in open_ports(self.sim, vm):
            if door.serves is not None:
                await door.close()
            return
        serves = certificate_of(self.sim, vm)
        boot = (vm.uuid, vm.serving_since, serves)
        if boot != door.serves:
            await door.open(boot, partial(answer, vm), self._context(serves))

    def _context(self, serves: int | None) -> ssl.SSLContext | None:
        if serves is None:
            return None
        if serves not in self._contexts:
            row = self.sim.db.certificate_sets.get(serves)
            self._contexts[serves] = _context(*(self_made() if row is None else (row.chain, row.key)))
        return self._contexts[serves]

    def address(self, vm: SystemVm) -> str | None:
        """Where the VM's port 443 is: `127.0.0.1:40123`."""
        door = self._doors.get((vm.public_ip or "", PORTS[0]))
        return door.address if door is not None else None

    def addresses(self) -> dict[str, str]:
        """Where a public address's port of certificates is, and `address:port` for its other ports."""
        return {
            address if port == PORTS[0] else f"{address}:{port}": door.address
            for (address, port), door in sorted(self._doors.items())
        }


SELF_MADE = 0
"""Instead of the number of a certificate set: the certificate that secondary storage VMs come with."""


def system_vms(sim: Simulator) -> list[SystemVm]:
    return [vm for kind in API_TYPES for vm in sim.db.vms.where(vm_type=kind)]


def upcoming(sim: Simulator) -> list[str]:
    """Where the next system VMs will be: who looks for them can know beforehand, as with a real public network."""
    return [ip.address for zone in sim.db.zones for ip in free_public(sim, zone)[:NEXT]]


def is_up(sim: Simulator, vm: SystemVm) -> bool:
    return vm.state == "Running" and vm.serving_since is not None and vm.serving_since <= sim.clock.now()


def open_ports(sim: Simulator, vm: SystemVm) -> tuple[int, ...]:
    """What the VM listens on. With a key that is not the certificate's the web server inside does not come up."""
    row = sim.db.certificate_sets.get(vm.certificate_set)
    if row is not None and not row.usable:
        return ()
    return (consoles.HTTPS,) if vm.vm_type == SECONDARY_STORAGE_VM else consoles.open_ports(vm)


def certificate_of(sim: Simulator, vm: SystemVm) -> int | None:
    """Number of the certificate set that the VM serves; None: it does not speak TLS."""
    row = sim.db.certificate_sets.get(vm.certificate_set)
    if row is not None:
        return int(row.id)
    return SELF_MADE if vm.vm_type == SECONDARY_STORAGE_VM else None


def view(sim: Simulator, doors: SystemVmDoors | None) -> dict[str, Any]:
    """`addresses`: {public address, or address:port: address on the loopback}, those of the next VMs too.

    `systemvm`: one by one.
    """
    vms = [
        {
            "id": vm.uuid,
            "name": vm.name,
            "systemvmtype": API_TYPES[vm.vm_type],
            "state": vm.state,
            "publicip": vm.public_ip,
            "address": doors.address(vm) if doors is not None else None,
        }
        for vm in system_vms(sim)
    ]
    return {"addresses": doors.addresses() if doors is not None else {}, "systemvm": vms}


def _context(chain: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # Python reads them from files only
        file.write(key + chain)
        file.flush()
        context.load_cert_chain(file.name)
    return context


@cache
def self_made() -> tuple[str, str]:
    """(certificate, key) as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "systemvm")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return cert.public_bytes(serialization.Encoding.PEM).decode(), pem.key_as_text(key)
