"""Internal load balancers of a populated cloud: a VPC with a tier, an instance, and a rule that has a member."""

from __future__ import annotations

from typing import Any


def enable_internal_balancers(client: Any) -> None:
    """Turns on the provider without which zones take no VPC of the usual offering."""
    element = client.list("listInternalLoadBalancerElements", {})[0]
    client.run("configureInternalLoadBalancerElement", {"id": element["id"], "enabled": True})
    client.run("updateNetworkServiceProvider", {"id": element["nspid"], "state": "Enabled"})


def vpc(client: Any, name: str, prefix: str, **owner: Any) -> str:
    zone = client.list("listZones")[0]["id"]
    offering = client.list("listVPCOfferings", {"name": "Default VPC offering"})[0]["id"]
    wanted = {
        "name": name, "displaytext": name, "zoneid": zone, "vpcofferingid": offering, "cidr": f"{prefix}.0.0/16",
    }  # fmt: skip
    return str(client.run("createVPC", {**wanted, **owner})["vpc"]["id"])


def balancer(client: Any, name: str, prefix: str, **owner: Any) -> None:
    """A VPC with a tier, an instance, and a rule that has a member."""
    run, ask = client.run, client.list
    zone, vpc_id = ask("listZones")[0]["id"], vpc(client, name, prefix, **owner)
    inner = "DefaultIsolatedNetworkOfferingForVpcNetworksWithInternalLB"
    tier = {
        "name": name, "displaytext": name, "zoneid": zone, "vpcid": vpc_id, "gateway": f"{prefix}.1.1",
        "networkofferingid": ask("listNetworkOfferings", {"name": inner})[0]["id"], "netmask": "255.255.255.0",
    }  # fmt: skip
    network = run("createNetwork", {**tier, **owner})["network"]["id"]
    vm = {
        "name": name, "zoneid": zone, "networkids": network, "templateid": template(client),
        "serviceofferingid": ask("listServiceOfferings", {})[0]["id"],
    }  # fmt: skip
    member = run("deployVirtualMachine", {**vm, **owner})["virtualmachine"]["id"]
    rule = {
        "name": name, "networkid": network, "sourceipaddressnetworkid": network, "scheme": "internal",
        "sourceport": 80, "instanceport": 8080, "algorithm": "roundrobin",
    }  # fmt: skip
    made = run("createLoadBalancer", rule)["loadbalancer"]["id"]
    run("assignToLoadBalancerRule", {"id": made, "virtualmachineids": member})


def template(client: Any) -> str:
    rows = client.list("listTemplates", {"templatefilter": "executable", "listall": True})
    return str(next(row["id"] for row in rows if row.get("isready") and row.get("templatetype") != "SYSTEM"))
