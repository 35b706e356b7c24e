"""updateNetwork: which offerings a network may change to, what goes with lost services, and when it restarts."""

from __future__ import annotations

from typing import Any

import pytest

ALL = ("Dhcp", "Dns", "SourceNat", "StaticNat", "PortForwarding", "Lb", "Firewall", "UserData", "Vpn")


def offering(op: Any, name: str, services: tuple[str, ...] = ALL, **more: str) -> str:
    providers = {
        f"serviceproviderlist[{n}].{key}": value
        for n, service in enumerate(services)
        for key, value in (("service", service), ("provider", "VirtualRouter"))
    }
    made = op.do(
        "createNetworkOffering",
        **{
            "name": name,
            "guestiptype": "Isolated",
            "traffictype": "Guest",
            "supportedservices": ",".join(services),
            "conservemode": "true",
            **providers,
            **more,
        },
    )["networkoffering"]["id"]
    op.do("updateNetworkOffering", id=made, state="Enabled")
    return str(made)


@pytest.fixture
def network(running: Any) -> str:
    """A network with an instance, an address with a forwarded port, and a VPN."""
    vm = running.deploy("web")
    found: str = vm["nic"][0]["networkid"]
    ip = running.op.do("associateIpAddress", networkid=found)["ipaddress"]["id"]
    running.op.do(
        "createPortForwardingRule", ipaddressid=ip, virtualmachineid=vm["id"], protocol="tcp", publicport=80,
        privateport=80,
    )  # fmt: skip
    return found


def router_of(op: Any, network: str) -> dict[str, Any]:
    found: dict[str, Any] = op.only("listRouters", networkid=network, listall="true")
    return found


@pytest.mark.parametrize("changed", [{"networkdomain": "b.example"}, {"dns1": "192.0.2.9"}])
def test_a_network_in_use_gets_a_new_router(running: Any, network: str, changed: dict[str, str]) -> None:
    op = running.op
    before = router_of(op, network)["id"]
    op.do("updateNetwork", id=network, name="other")
    assert router_of(op, network)["id"] == before
    op.do("updateNetwork", id=network, **changed)
    after = router_of(op, network)
    assert (after["id"] != before, after["state"]) == (True, "Running")
    assert op.only("listNetworks", id=network)["state"] == "Implemented"


def test_lost_services_take_what_was_made_of_them_along(running: Any, network: str) -> None:
    op = running.op
    less = offering(op, "less", tuple(s for s in ALL if s not in ("PortForwarding", "Lb")))
    assert "will remove the following services [" in op.refused("updateNetwork", id=network, networkofferingid=less)[1]
    assert len(op.rows("listPortForwardingRules", networkid=network)) == 1
    changed = op.do("updateNetwork", id=network, networkofferingid=less, forced="true")["network"]
    assert changed["networkofferingid"] == less
    assert op.rows("listPortForwardingRules", networkid=network) == []


def test_a_changed_cidr_takes_the_reservation_back(running: Any, network: str) -> None:
    op, more = running.op, offering(running.op, "more")
    vm = op.only("listVirtualMachines", networkid=network)["id"]
    whole = op.only("listNetworks", id=network)["cidr"]
    part = whole.replace("/24", "/25")
    op.do("updateNetwork", id=network, guestvmcidr=part)
    assert op.refused("updateNetwork", id=network, guestvmcidr="10.9.0.0/24")[1].endswith(f"network CIDR : {whole}")
    same = op.refused("updateNetwork", id=network, guestvmcidr=whole.replace(".0/24", ".9/24"))[1]
    assert same.endswith(f"specify guestVmCidr to be: {whole}")
    change = {"id": network, "networkofferingid": more, "changecidr": "true", "forced": "true"}
    assert "should be stopped before changing CIDR!" in op.refused("updateNetwork", **change)[1]
    op.do("stopVirtualMachine", id=vm)
    changed = op.do("updateNetwork", **change)["network"]
    assert (changed["cidr"], "networkcidr" in changed, changed["state"]) == (whole, False, "Implemented")


@pytest.mark.parametrize(
    ("services", "more", "named"),
    [
        (ALL, {"tags": "gold"}, "Can't upgrade from network offering"),
        (ALL, {"specifyvlan": "true"}, "Can't upgrade from network offering"),
        (ALL[:6], {"conservemode": "false"}, "Can't upgrade from network offering"),
    ],
)
def test_offerings_that_do_not_fit(
    running: Any, network: str, services: tuple[str, ...], more: dict[str, str], named: str
) -> None:
    op = running.op
    source = op.only("listPublicIpAddresses", associatednetworkid=network, issourcenat="true")["id"]
    vm = op.only("listVirtualMachines", networkid=network)["id"]
    op.do(
        "createPortForwardingRule", ipaddressid=source, virtualmachineid=vm, protocol="tcp", publicport=81,
        privateport=81,
    )  # fmt: skip
    unfit = offering(op, "unfit", services, **more)
    told = op.refused("updateNetwork", id=network, networkofferingid=unfit, forced="true")
    assert (told[0], told[1].startswith(named)) == (431, True), told
