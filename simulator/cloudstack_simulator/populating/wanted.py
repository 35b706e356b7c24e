"""How much of what: the text of `--populate`."""

from __future__ import annotations

from dataclasses import dataclass, fields

LARGEST = {"hosts": 6000, "vms": 200_000, "routers": 20_000, "zones": 20, "flaws": 1000}
HYPERVISORS = ("Simulator", "KVM")
VMS_PER_HOST = 100
VMS_PER_NETWORK = 200
"""What a network's /24 takes."""


class PopulateError(ValueError):
    """A wish that cannot be met; the text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Numbers of hosts, instances, and virtual routers (each with an isolated network of its own), over all zones.

    flaws: so many of each kind of what goes wrong over the years.
    """

    hosts: int = 0
    vms: int = 0
    routers: int = 0
    zones: int = 1
    hypervisor: str = HYPERVISORS[0]
    flaws: int = 0

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """`hosts=2000,vms=50000,routers=5000,zones=3,hypervisor=KVM,flaws=9`; the rest follows."""
        names = [f.name for f in fields(cls) if f.type == "int"]
        numbers: dict[str, int] = {}
        hypervisor = ""
        for part in text.split(","):
            name, _sign, number = (word.strip() for word in part.partition("="))
            if name == "hypervisor" and number in HYPERVISORS and not hypervisor:
                hypervisor = number
                continue
            if name not in names or not (number.isascii() and number.isdigit()) or name in numbers:
                raise PopulateError(
                    f"{part!r}: write hosts=N,vms=N,routers=N,zones=N,hypervisor={'|'.join(HYPERVISORS)},flaws=N, "
                    "each at most once"
                )
            numbers[name] = int(number)
            if numbers[name] > LARGEST[name]:
                raise PopulateError(f"{name}={number} is more than {LARGEST[name]}")
        vms = numbers.get("vms", 0)
        routers = numbers.get("routers", -(-vms // 10))
        hosts = numbers.get("hosts", -(-(vms + routers) // 25) or 1)
        if vms + routers > hosts * VMS_PER_HOST:
            raise PopulateError(f"{hosts} hosts take {hosts * VMS_PER_HOST} VMs and routers, not {vms + routers}")
        if vms > routers * VMS_PER_NETWORK:
            raise PopulateError(f"{vms} instances need at least {-(-vms // VMS_PER_NETWORK)} routers, one per network")
        zones = numbers.get("zones", 1)
        if not 1 <= zones <= hosts:
            raise PopulateError(f"{zones} zones need at least one host each, and there are {hosts}")
        return cls(hosts, vms, routers, zones, hypervisor or HYPERVISORS[0], numbers.get("flaws", 0))

    def shares(self) -> list[Wanted]:
        """What each zone gets: the same, and the first ones what is over."""

        def share(total: int, number: int) -> int:
            return total // self.zones + (number < total % self.zones)

        return [
            Wanted(
                share(self.hosts, n),
                share(self.vms, n),
                share(self.routers, n),
                1,
                self.hypervisor,
                share(self.flaws, n),
            )
            for n in range(self.zones)
        ]
