"""Templates from birth to retirement: made from disks, handed out as links, looked into before they come."""

from __future__ import annotations

import http.server
import io
import tarfile
import threading
from pathlib import Path

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import ApiError, InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud

OVF = """<Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References>
<File ovf:href="disk.vmdk" ovf:id="f1"/>{}</References></Envelope>"""


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    found = StorageCloud()
    found.do("stopVirtualMachine", id=found.deploy("web")["id"])
    return found


@pytest.mark.parametrize("source", ["vm", "snapshot", "volume"])
def test_a_template_is_made_from_what_is_in_the_cloud(cloud, source):
    disk = cloud.disks(cloud.vm("web"))[0]
    if source == "snapshot":
        snapshot = cloud.do("createSnapshot", volumeid=disk["id"], name="of-web")["snapshot"]
    told = {"vm": "web", "volume": disk["id"], "snapshot": snapshot["id"] if source == "snapshot" else ""}
    wanted = {"name": f"from-{source}", "os_type": "Debian GNU/Linux 12 (64-bit)", source: told[source]}
    made = cloud.run("template", **wanted)
    assert (made["changed"], made["resource"]["is_ready"]) == (True, True)
    again = cloud.run("template", **wanted)
    assert (again["changed"], cloud.changes) == (False, 0)


def test_a_link_to_a_template_is_made(cloud):
    assert cloud.run("template_extract", check=True, name="golden")["url"] == ""
    assert cloud.changes == 0
    assert cloud.run("template_extract", name="golden")["url"].startswith("http")


def test_a_template_is_retired_and_then_removed_only_when_nothing_uses_it(cloud):
    cloud.run("template", name="golden", is_public=True)
    cloud.run("template", name="golden", is_public=False, is_featured=False)
    for check in (True, False):
        with pytest.raises(InvalidInput, match="is used by web"):
            cloud.run("template", name="golden", state="absent", check=check)
    assert cloud.changes == 0
    assert cloud.one("listTemplates", templatefilter="all", name="golden")["isready"] is True


def test_what_cannot_be_is_refused_before_anything_is_sent(cloud):
    system = next(row["name"] for row in cloud.rows("listTemplates", templatefilter="all") if row["id"] and
                  row["templatetype"] == "SYSTEM")  # fmt: skip
    with pytest.raises(InvalidInput, match="what system VMs are made of"):
        cloud.run("template", name=system, state="absent")
    cloud.deploy("busy")
    with pytest.raises(InvalidInput, match="busy is Running"):
        cloud.run("template", name="from-busy", vm="busy", os_type="Debian GNU/Linux 12 (64-bit)")
    assert cloud.changes == 0


def test_a_success_that_made_no_template_is_a_failure(cloud):
    cloud.fails("claim-success", command="createTemplate", times=1)
    with pytest.raises(ApiError, match="reported success, but made no template from-nothing"):
        cloud.run("template", name="from-nothing", vm="web", os_type="Debian GNU/Linux 12 (64-bit)")


@pytest.fixture
def appliance(tmp_path: Path) -> Path:
    """An OVA with an image of a CD inside."""
    content = OVF.format('<File ovf:href="tools.iso" ovf:id="f2"/>').encode()
    with tarfile.open(tmp_path / "appliance.ova", "w") as made:
        info = tarfile.TarInfo("appliance.ovf")
        info.size = len(content)
        made.addfile(info, io.BytesIO(content))
    return tmp_path / "appliance.ova"


def test_an_ova_with_a_cd_inside_is_refused_before_it_is_registered(cloud, appliance):
    with pytest.raises(InvalidInput, match=r"tools\.iso") as caught:
        cloud.run("ova_inspection", source=str(appliance))
    assert (caught.value.option, cloud.calls) == ("source", 0)
    told = cloud.run("ova_inspection", source=str(appliance), allow_iso=True)
    assert (told["suitable"], told["ova"]["isos"], told["changed"]) == (False, ["tools.iso"], False)


class Slow(http.server.BaseHTTPRequestHandler):
    """Sends the beginning of an OVA, and the rest never."""

    content = b""
    done = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10000000000")
        self.end_headers()
        self.wfile.write(self.content)
        self.wfile.flush()
        self.done.wait(10)

    def log_message(self, *_what: object) -> None:
        """Nobody wants to read it."""


def test_of_an_address_only_the_beginning_is_fetched(cloud, appliance):
    Slow.content = appliance.read_bytes()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"http://127.0.0.1:{server.server_address[1]}/appliance.ova"
        told = cloud.run("ova_inspection", source=source, allow_iso=True)
        Slow.done.set()
        server.shutdown()
    assert told["ova"]["isos"] == ["tools.iso"]


def test_an_ova_that_is_not_there_is_an_error_that_says_why(cloud, tmp_path):
    for source, why in ((str(tmp_path / "gone.ova"), "No such file"), ("http://127.0.0.1:1/a.ova", "refused")):
        with pytest.raises(InvalidInput, match=why) as caught:
            cloud.run("ova_inspection", source=source)
        assert caught.value.option == "source"
