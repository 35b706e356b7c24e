"""Consoles opened from outside, as a browser does it: what opened before a proxy was renewed must open again."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.integration.resources.conftest import Cloud

PROXY = "consoleproxy"
REFRESH = ("system_vm_refresh", {"force": True})
PATCH = ("system_vm_refresh", {"force": True, "method": "patch"})
SWAP = ("default_system_offering", {"offering": "big proxy"})


class Consoles(Cloud):
    """A cloud with a running instance, whose console proxy is reached on the loopback."""

    def __init__(self) -> None:
        super().__init__(rate=None, system_vm_tls=True, populate="hosts=2,vms=1,routers=1,hypervisor=KVM")
        wanted = {"name": "big proxy", "displaytext": "b", "issystem": True, "systemvmtype": PROXY, "cpunumber": 1,
                  "cpuspeed": 500, "memory": 2048}  # fmt: skip
        self.client.run("createServiceOffering", wanted)

    def addresses(self) -> dict[str, str]:
        with urllib.request.urlopen(f"{self.running.url}/simulator/system-vms", timeout=5) as answer:
            return json.load(answer)["addresses"]

    def renew(self, way: tuple[str, dict[str, Any]] = REFRESH, **more: Any) -> dict[str, Any]:
        module, own = way
        given = {"system_vm_type": PROXY, "retries": 0, "step_timeout": 60, "probe_addresses": self.addresses()}
        return self.run(module, **{**given, **own, **more})

    def fault(self, kind: str) -> None:
        self.running.sim.faults.add({"do": kind, "object": "v-*"})


@pytest.fixture
def cloud() -> Iterator[Consoles]:
    found = Consoles()
    yield found
    found.close()


@pytest.fixture
def nowhere() -> Iterator[str]:
    """A port where nobody listens, taken so that nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize("way", [REFRESH, PATCH, SWAP], ids=["refresh", "patch", "swap"])
def test_consoles_open_again(cloud, way):
    done = cloud.renew(way, open_consoles="required")
    assert (done["counts"], done.get("warnings")) == ({"done": 1}, None)


@pytest.mark.parametrize(
    ("way", "kind", "says"),
    [
        (REFRESH, "console-page-fails", ":80: it answered 500"),
        (SWAP, "websocket-fails", ":8080: it answered 503"),
    ],
    ids=["page", "websocket"],
)
def test_a_new_proxy_that_opens_no_console_is_a_failure(cloud, way, kind, says):
    cloud.fault(kind)
    failed = cloud.renew(way)
    assert (failed["failed"], failed["counts"]) == (True, {"unsafe": 1})
    assert "a console to open" in failed["msg"]
    assert says in failed["msg"]
    assert "token" not in json.dumps(failed)


def test_what_did_not_open_before_is_asked_for_only_where_that_is_wanted(cloud, nowhere):
    cloud.fault("console-page-fails")
    addresses = dict.fromkeys(cloud.addresses(), nowhere)
    assert cloud.renew(probe_addresses=addresses)["counts"] == {"done": 1}
    failed = cloud.renew(probe_addresses=addresses, open_consoles="required")
    assert "a console to open" in failed["msg"]
    assert cloud.renew(open_consoles="never")["counts"] == {"done": 1}


def test_a_zone_without_running_instances_has_no_console_to_open(cloud):
    for row in cloud.client.list("listVirtualMachines", {"listall": True}):
        cloud.client.run("stopVirtualMachine", {"id": row["id"], "forced": True})
    cloud.fault("console-page-fails")
    done = cloud.renew(open_consoles="required")
    assert done["counts"] == {"done": 1}
    assert any("has no running instance" in text for text in done["warnings"])


def test_an_address_without_a_port_is_refused_before_anything_is_touched(cloud):
    with pytest.raises(InvalidInput) as caught:
        cloud.renew(probe_addresses={"192.0.2.1": "127.0.0.1"})
    assert (caught.value.option, cloud.changes) == ("probe_addresses", 0)
