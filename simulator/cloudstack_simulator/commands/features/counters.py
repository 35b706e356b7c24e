"""The counters that scaling rules may watch: those that every server has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...listing import equal
from ...model.features import Counter
from ...registry import at_install, command

if TYPE_CHECKING:
    from ...simulator import Simulator

OF_INSTANCES = (
    ("cpu", "VM CPU - average percentage", "vm.cpu.average.percentage"),
    ("memory", "VM Memory - average percentage", "vm.memory.average.percentage"),
)
OF_ROUTERS = (
    ("virtualrouter", "Public Network - mbps received per vm", "public.network.received.average.mbps"),
    ("virtualrouter", "Public Network - mbps transmit per vm", "public.network.transmit.average.mbps"),
    ("virtualrouter", "Load Balancer - average connections per vm", "virtual.network.lb.average.connections"),
)
OF_NETSCALER = (
    ("snmp", "Linux User CPU - percentage", "1.3.6.1.4.1.2021.11.9.0"),
    ("snmp", "Linux System CPU - percentage", "1.3.6.1.4.1.2021.11.10.0"),
    ("snmp", "Linux CPU Idle - percentage", "1.3.6.1.4.1.2021.11.11.0"),
    ("netscaler", "Response Time - microseconds", "RESPTIME"),
)
OF_PROVIDERS = {
    "Netscaler": OF_NETSCALER,
    "VirtualRouter": OF_INSTANCES + OF_ROUTERS,
    "VpcVirtualRouter": OF_INSTANCES + OF_ROUTERS,
    "None": OF_INSTANCES,
}


@at_install(order=40)
def add_counters(sim: Simulator) -> None:
    for provider, counters in OF_PROVIDERS.items():
        for source, name, value in counters:
            sim.db.counters.add(Counter(name=name, source=source, value=value, provider=provider))


def counter_view(_call: Call, counter: Counter) -> dict[str, Any]:
    return {
        "id": counter.uuid,
        "source": counter.source,
        "provider": counter.provider,
        "name": counter.name,
        "value": counter.value,
    }


@command("listCounters")
def list_counters(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "counter",
        call.db.counters,
        counter_view,
        where=[equal("id", p.id), equal("name", p.name), equal("source", p.source), equal("provider", p.provider)],
        newest_first=True,
    )
