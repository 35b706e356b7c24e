"""What lists of instances, disks, images, offerings and places show to whom."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.commands.zones import dedication


class World:
    """The sandbox with a user (ann), her domain's admin (owner) and what they and the root admin have."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.callers: dict[str, Any] = {"admin": None}
        self.ids = {"zone": sim.db.zones.first().uuid, "host": sim.db.hosts.first(kind="Routing").uuid}
        self.ids["domain"] = self("createDomain", name="a")["domain"]["id"]
        for name, kind in (("owner", 2), ("ann", 0), ("bob", 0)):
            self(
                "createAccount", username=name, accounttype=kind, domainid=self.ids["domain"], email="e@example.com",
                firstname="F", lastname="L", password="password-of-" + name,
            )  # fmt: skip
            self.callers[name] = sim.auth.caller_of(sim.db.users.first(username=name))

    def __call__(self, command: str, caller: str = "admin", **params: Any) -> dict[str, Any]:
        found = {key: self.ids[value[1:]] if str(value).startswith("@") else value for key, value in params.items()}
        _status, body = self.sim.call(command, self.callers[caller], **found)
        self.sim.settle()
        return dict(next(iter(body.values())))

    def names(self, command: str, caller: str = "admin", **params: Any) -> list[str]:
        content = self(command, caller, **params)
        assert "errortext" not in content, content
        return [row["name"] for row in next((v for v in content.values() if isinstance(v, list)), [])]


KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7vbqajDw4o6gJy8UtmIbkcpnkO3Kwc4qsEnSZp/TR+fQi62F79RHWmwKOtFmwteURgLbj7D/"
    "WGuNLGOfa/2vse3G2eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYivCDdPjJ1QWPdspTBKcxeFbccDw== x"
)


@pytest.fixture(scope="module")
def world(sandbox: Simulator) -> World:
    world = World(sandbox)
    world.ids["os"] = sandbox.db.guest_os.first().uuid
    world.ids["small"] = sandbox.db.service_offerings.first(name="Small Instance").uuid
    world.ids["custom"] = sandbox.db.disk_offerings.first(name="Custom").uuid
    world.ids["built in"] = world("listTemplates", templatefilter="featured")["template"][0]["id"]
    offering = sandbox.db.network_offerings.first(name="DefaultIsolatedNetworkOfferingWithSourceNatService").uuid
    for caller in ("admin", "ann"):
        net = world("createNetwork", caller, name="n", displaytext="n", zoneid="@zone", networkofferingid=offering)
        world("registerSSHKeyPair", caller, name="key", publickey=KEY)
        for name, more in (("one", {"keypair": "key"}), ("two", {})):
            world(
                "deployVirtualMachine", caller, name=f"{caller}-{name}", zoneid="@zone", templateid="@built in",
                serviceofferingid="@small", networkids=net["network"]["id"], **more,
            )  # fmt: skip
        world("destroyVirtualMachine", caller, id=sandbox.db.vms.first(name=f"{caller}-two").uuid)
        world("createVolume", caller, name=f"{caller}-data", diskofferingid="@custom", size=1, zoneid="@zone")
        for name, public in (("open", "true"), ("own", "false")):
            world(
                "registerTemplate", caller, name=f"{caller}-{name}", displaytext="t", url="http://10.0.0.9/x.vhd",
                format="VHD", hypervisor="Simulator", zoneid="@zone", ostypeid="@os", ispublic=public,
            )  # fmt: skip
    world("updateTemplatePermissions", id=sandbox.db.templates.first(name="admin-own").uuid, op="add", accounts="owner")
    world(
        "updateTemplatePermissions", "ann", id=sandbox.db.templates.first(name="ann-own").uuid, op="add", accounts="bob"
    )
    world("createDiskOffering", name="bound", displaytext="d", disksize=1, domainid="@domain")
    world("createServiceOffering", name="bound", displaytext="d", cpunumber=1, cpuspeed=100, memory=128,
          domainid="@domain")  # fmt: skip
    world("createZone", name="hidden", networktype="Advanced", dns1="192.0.2.1", internaldns1="192.0.2.2")
    for name in ("admin-one", "ann-one"):
        world.ids[name] = sandbox.db.vms.first(name=name).uuid
    for table, name in (
        ("templates", "admin-own"), ("templates", "ann-own"), ("templates", "admin-open"), ("zones", "hidden"),
        ("volumes", "admin-data"), ("volumes", "ann-data"),
    ):  # fmt: skip
        world.ids[name] = sandbox.db.tables[table].first(name=name).uuid
    world("updateVirtualMachine", id="@ann-one", displayvm="true")
    return world


OWN = {"templatefilter": "self"}
BUILT_IN = "CentOS 5.6 (64-bit) no GUI (Simulator)"


@pytest.mark.parametrize(
    ("caller", "command", "params", "found"),
    [
        ("admin", "listVirtualMachines", {}, ["admin-one", "admin-two"]),
        ("admin", "listVirtualMachines", {"groupid": "-1"}, ["admin-one", "admin-two"]),
        ("admin", "listVirtualMachines", {"keypair": "key"}, ["admin-one", "admin-two"]),
        ("admin", "listVirtualMachines", {"keypair": "other"}, []),
        ("admin", "listVirtualMachines", {"gpuenabled": "true"}, []),
        ("ann", "listVirtualMachines", {}, ["ann-one"]),
        ("ann", "listVirtualMachines", {"state": "Destroyed"}, []),
        ("owner", "listVirtualMachines", {"listall": "true"}, ["ann-one", "ann-two"]),
        ("admin", "listVolumes", {"hostid": "@host", "type": "DATADISK"}, ["admin-data"]),
        ("admin", "listVolumes", {"type": "DATADISK", "listall": "true"}, ["admin-data", "ann-data"]),
        ("admin", "listVolumes", {"type": "DATADISK", "listall": "true", "page": 1, "pagesize": 1}, ["ann-data"]),
        ("admin", "listVolumes", {"type": "DATADISK", "listall": "true", "page": 2, "pagesize": 1}, ["admin-data"]),
        ("admin", "listTemplates", OWN, ["admin-open", "admin-own"]),
        ("admin", "listTemplates", OWN | {"listall": "true"}, ["admin-open", "admin-own"]),
        ("admin", "listTemplates", OWN | {"domainid": "@domain", "account": "ann"}, ["ann-open", "ann-own"]),
        ("admin", "listTemplates", {"templatefilter": "shared"}, []),
        ("ann", "listTemplates", OWN, ["ann-open", "ann-own"]),
        ("ann", "listTemplates", {"templatefilter": "community"}, ["admin-open", "ann-open"]),
        ("ann", "listTemplates", {"templatefilter": "executable"}, [BUILT_IN, "admin-open", "ann-open", "ann-own"]),
        ("bob", "listTemplates", {"templatefilter": "shared"}, ["ann-own"]),
        ("bob", "listTemplates", {"templatefilter": "sharedexecutable"}, ["ann-own"]),
        ("bob", "listTemplates", OWN | {"id": "@ann-own"}, ["ann-own"]),
        ("owner", "listTemplates", {"templatefilter": "all"}, [BUILT_IN, "admin-open", "ann-open", "ann-own"]),
        ("admin", "listDiskOfferings", {"domainid": "@domain", "name": "overlooked"}, ["bound"]),
        ("ann", "listDiskOfferings", {"name": "bound"}, ["bound"]),
        ("ann", "listServiceOfferings", {"name": "bound", "domainid": "@domain"}, ["bound"]),
        ("admin", "listServiceOfferings", {"name": "bound", "domainid": "@domain", "account": "ann"}, ["bound"]),
        ("ann", "listZones", {}, ["Sandbox-simulator"]),
        ("ann", "listZones", {"id": "@hidden"}, ["hidden"]),
        ("admin", "listZones", {"storageaccessgroup": "fast"}, []),
        ("admin", "listHosts", {"outofbandmanagementenabled": "false"}, []),
    ],
)
def test_who_sees_what(world: World, caller: str, command: str, params: dict[str, Any], found: list[str]) -> None:
    assert world.names(command, caller, **params) == found


BOTH = "Specify either id or ids but not both parameters"
LINE = "The account:ann does not fall in the same domain hierarchy as the {} offering"


@pytest.mark.parametrize(
    ("caller", "command", "params", "code", "text"),
    [
        ("admin", "listVirtualMachines", {"hypervisor": "odd"}, 431, "Invalid HypervisorType odd"),
        ("admin", "listVirtualMachines", {"id": "@admin-one", "ids": "@admin-one"}, 431, BOTH),
        ("admin", "listVirtualMachines", {"storageid": "9999"}, 431, "Unable to find specified storage pool"),
        ("admin", "listVirtualMachines", {"arch": "z80"}, 431, "Unsupported arch type: z80"),
        ("admin", "listZones", {"id": "@zone", "ids": "@zone"}, 431, BOTH),
        ("admin", "listClusters", {"arch": "z80"}, 431, "Unsupported arch type: z80"),
        ("ann", "listTemplates", {"templatefilter": "all"}, 431, "Filter all can be specified by admin only"),
        ("ann", "listTemplates", OWN | {"id": "@admin-own"}, 531, "to launch instances from template Template"),
        (
            "owner", "listTemplates", OWN | {"id": "@admin-own"}, 531,
            "does not have permission to operate within domain id=",
        ),
        ("ann", "listServiceOfferings", {"issystem": "true"}, 431, "Only ROOT admins can access system offerings."),
        ("ann", "listServiceOfferings", {"virtualmachineid": "@admin-one"}, 531, "to operate with provided"),
        ("ann", "listServiceOfferings", {"templateid": "@admin-own"}, 531, "to launch instances from template"),
    ],
)  # fmt: skip
def test_a_list_is_refused(
    world: World, caller: str, command: str, params: dict[str, Any], code: int, text: str
) -> None:
    answer = world(command, caller, **params)
    assert answer["errorcode"] == code, answer
    assert text in answer["errortext"]


def test_offerings_of_other_domains_are_refused(world: World) -> None:
    other = world("createDomain", name="elsewhere")["domain"]["id"]
    for command, kind in (("listDiskOfferings", "disk"), ("listServiceOfferings", "service")):
        answer = world(command, "ann", domainid=other)
        assert (answer["errorcode"], answer["errortext"]) == (531, LINE.format(kind))


def test_a_zone_that_another_account_has_for_itself_is_hidden_from_users(world: World) -> None:
    """Dedicated past the command, which refuses a zone with instances of others."""
    db, bob = world.sim.db, world.callers["bob"].account
    dedication.dedicate(world.sim, "zone", db.zones.find(world.ids["zone"]), db.domains[bob.domain_id], bob)
    shown = {name: world.names("listZones", name) for name in ("ann", "bob", "owner")}
    world("releaseDedicatedZone", zoneid="@zone")
    assert shown == {"ann": [], "bob": ["Sandbox-simulator"], "owner": ["Sandbox-simulator"]}


NO_ACCESS = "Caller does not have permission to operate with provided resource."


@pytest.mark.parametrize(
    ("command", "params"),
    [
        ("startVirtualMachine", {"id": "@admin-one"}),
        ("restoreVirtualMachine", {"virtualmachineid": "@admin-one"}),
        ("attachVolume", {"id": "@admin-data", "virtualmachineid": "@ann-one"}),
        ("attachVolume", {"id": "@ann-data", "virtualmachineid": "@admin-one"}),
        ("resizeVolume", {"id": "@admin-data", "size": 2}),
        ("updateVirtualMachine", {"id": "@admin-one"}),
        ("deployVirtualMachine", {
            "zoneid": "@zone", "templateid": "@built in", "serviceofferingid": "@small", "account": "bob",
            "domainid": "@domain",
        }),
    ],
)  # fmt: skip
def test_things_of_others_are_refused_before_a_job_is_made(world: World, command: str, params: dict[str, str]) -> None:
    jobs = len(world.sim.db.jobs)
    answer = world(command, "ann", **params)
    assert (answer["errorcode"], answer["cserrorcode"], answer["errortext"]) == (531, 4365, NO_ACCESS)
    assert len(world.sim.db.jobs) == jobs


@pytest.mark.parametrize("caller", ["ann", "owner"])
def test_public_images_are_changed_by_their_owners_only(world: World, caller: str) -> None:
    answer = world("deleteTemplate", caller, id="@admin-open")
    assert answer["errorcode"] == 531
    assert answer["errortext"] == "Domain Admin and regular users can modify only their own Public templates"


@pytest.mark.parametrize("caller", ["ann", "owner"])
def test_consoles_of_others_stay_shut(world: World, caller: str) -> None:
    answer = world("createConsoleEndpoint", caller, virtualmachineid="@admin-one")
    assert answer["consoleendpoint"] == {"success": False, "details": "Permission denied"}
    assert world("createConsoleEndpoint", caller, virtualmachineid="@ann-one")["consoleendpoint"]["success"] is True
