"""Counters that conditions may watch: those that every server has, and further ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import contract
from ...call import Call, live
from ...errors import InvalidParameter, ResourceInUse
from ...listing import equal
from ...model.autoscale import Counter
from ...registry import SUCCESS, allocate, at_install, command
from ..common import done, entity_created

if TYPE_CHECKING:
    from ...simulator import Simulator

SOURCES = ("NETSCALER", "SNMP", "CPU", "MEMORY", "VIRTUALROUTER")
OF_INSTANCES = (
    ("CPU", "VM CPU - average percentage", "vm.cpu.average.percentage"),
    ("MEMORY", "VM Memory - average percentage", "vm.memory.average.percentage"),
)
OF_ROUTERS = (
    ("VIRTUALROUTER", "Public Network - mbps received per vm", "public.network.received.average.mbps"),
    ("VIRTUALROUTER", "Public Network - mbps transmit per vm", "public.network.transmit.average.mbps"),
    ("VIRTUALROUTER", "Load Balancer - average connections per vm", "virtual.network.lb.average.connections"),
)
OF_NETSCALER = (
    ("SNMP", "Linux User CPU - percentage", "1.3.6.1.4.1.2021.11.9.0"),
    ("SNMP", "Linux System CPU - percentage", "1.3.6.1.4.1.2021.11.10.0"),
    ("SNMP", "Linux CPU Idle - percentage", "1.3.6.1.4.1.2021.11.11.0"),
    ("NETSCALER", "Response Time - microseconds", "RESPTIME"),
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
    provider = _provider(call, "list") if p.provider is not None else None
    return call.listing(
        "counter",
        call.db.counters,
        counter_view,
        where=[equal("id", p.id), equal("name", p.name), equal("source", p.source), equal("provider", provider)],
        keyword=("name",),
        newest_first=True,
    )


def _provider(call: Call, doing: str) -> str:
    given = call.params.provider
    known = {*contract.facts("network_services.json"), "None", "Netscaler"}
    found = next((name for name in known if name.lower() == given.lower()), None)
    if found is None:
        raise InvalidParameter(f"The Provider {given} does not exist; Unable to {doing} Counter")
    return found


@allocate("createCounter")
def allocate_counter(call: Call) -> Counter:
    p = call.params
    source = p.source.upper()
    if source not in SOURCES:
        raise InvalidParameter(f"The Source {source} does not exist; Unable to create Counter")
    provider = _provider(call, "create")
    counter: Counter = call.db.counters.add(Counter(name=p.name, source=source, value=p.value, provider=provider))
    entity_created(call, "COUNTER.CREATE", f"Counter.  Id: {counter.id} Name: {counter.name}", counter)
    return counter


@command("createCounter")
def create_counter(call: Call) -> dict[str, Any]:
    return {"counter": counter_view(call, call.created)}


@command("deleteCounter")
def delete_counter(call: Call) -> dict[str, Any]:
    counter = live(call.params.id, "Unable to find Counter")
    if call.db.scaling_conditions.where(counter_id=counter.id):
        raise ResourceInUse("Counter is in use.")
    call.db.counters.remove(counter)
    done(call, "COUNTER.DELETE", "counter", counter)
    return SUCCESS
