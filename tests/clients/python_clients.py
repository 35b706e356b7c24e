"""What three independent Python clients see of a server; runs in the clients' own environment.

Arguments: endpoint, key, secret. Prints one JSON object: {what was done: what came back}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from acs_sdk import ApacheCloudStack, ApacheCloudStackConfig
from acs_sdk.schemas.request.zone import ListZonesRequest
from cs import AIOCloudStack, CloudStack, CloudStackApiException
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

ODD = "Ünï 漢 *'()!+ &=%/"


def with_cs(endpoint: str, key: str, secret: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for method in ("get", "post"):
        cs = CloudStack(endpoint=endpoint, key=key, secret=secret, method=method, poll_interval=0.05, job_timeout=30)
        zone, image = cs.listZones()["zone"][0], cs.listTemplates(templatefilter="featured")["template"][0]
        tag = {"key": method, "value": ODD}
        cs.createTags(resourceids=[image["id"]], resourcetype="Template", tags=[tag], fetch_result=True)
        told[f"cs {method} tag"] = cs.listTags(key=method, listall=True)["tag"][0]["value"]
        told[f"cs {method} pages"] = len(cs.listOsTypes(fetch_list=True, page_size=100))
        told[f"cs {method} refusal"] = refusal(lambda cs=cs: cs.createZone(name="x"))
        told[f"cs {method} failed job"] = refusal(
            lambda cs=cs: cs.startVirtualMachine(id="11111111-2222-3333-4444-555555555555", fetch_result=True)
        )
    told["cs vm"] = cs.deployVirtualMachine(
        zoneid=zone["id"],
        templateid=image["id"],
        serviceofferingid=cs.listServiceOfferings()["serviceoffering"][0]["id"],
        fetch_result=True,
    )["virtualmachine"]["state"]
    told["cs without a session"] = refusal(CloudStack(endpoint=endpoint, key=key, secret="wrong").listZones)
    told["cs at once"] = asyncio.run(at_once(AIOCloudStack(endpoint=endpoint, key=key, secret=secret)))
    return told


async def at_once(cs: Any) -> int:
    async with cs:
        return len(await asyncio.gather(*(cs.listZones() for _turn in range(20))))


def refusal(call: Callable[[], Any]) -> str:
    try:
        return f"not refused: {call()}"
    except CloudStackApiException as error:
        return f"{error.error['errorcode']} {error.error['errortext']}"


def with_libcloud(endpoint: str, key: str, secret: str) -> dict[str, Any]:
    driver = get_driver(Provider.CLOUDSTACK)(key, secret, url=endpoint, secure=False)
    (place,) = driver.list_locations()
    offerings = driver.ex_list_network_offerings()
    isolated = next(o for o in offerings if o.name == "DefaultIsolatedNetworkOfferingWithSourceNatService")
    network = driver.ex_create_network("libcloud", "libcloud", isolated, place)
    pair = driver.create_key_pair("libcloud")
    node = driver.create_node(
        name="libcloud",
        size=driver.list_sizes()[0],
        image=driver.list_images()[0],
        networks=[network],
        location=place,
        ex_keyname=pair.name,
        ex_userdata="hello",
        ex_start_vm=True,
    )
    ip = driver.ex_allocate_public_ip(network_id=network.id, location=place)
    driver.ex_create_firewall_rule(ip, "0.0.0.0/0", "TCP", start_port=80, end_port=80)
    driver.ex_create_port_forwarding_rule(node, ip, 80, 80, "TCP")
    volume = driver.create_volume(5, "libcloud", location=place)
    told = {
        "libcloud node": node.state,
        "libcloud attached": driver.attach_volume(node, volume),
        "libcloud detached": driver.detach_volume(volume),
        "libcloud snapshot": bool(driver.create_volume_snapshot(volume).id),
        "libcloud tag": driver.ex_create_tags([node.id], "UserVm", {"region": ODD}),
        "libcloud tags": driver.ex_get_node(node.id).extra["tags"],
        "libcloud rules": [r.public_port for r in driver.ex_list_port_forwarding_rules()],
        "libcloud stopped": driver.ex_stop(node),
        "libcloud started": driver.ex_start(node),
        "libcloud limits": driver.ex_limits()["max_instances"],
    }
    told["libcloud destroyed"] = driver.destroy_node(node, ex_expunge=True)
    return told


def with_acs_sdk(endpoint: str, key: str, secret: str) -> dict[str, Any]:
    client = ApacheCloudStack(ApacheCloudStackConfig(api_endpoint=endpoint, api_key=key, api_secret=secret))
    answer = client.zone.list(ListZonesRequest())
    return {"acs_sdk zones": [zone["name"] for zone in answer.data]}


def main() -> None:
    access = sys.argv[1:4]
    told = with_cs(*access) | with_libcloud(*access) | with_acs_sdk(*access)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
