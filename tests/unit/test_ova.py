"""OVAs are looked into without unpacking them, and hostile ones do no harm."""

from __future__ import annotations

import io
import tarfile

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils import ova
from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

OVF = """<?xml version="1.0"?>{doctype}
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
 <References>
  <File ovf:href="disk1.vmdk" ovf:id="file1" ovf:size="1000"/>
  {file}
 </References>
 <DiskSection><Info>disks</Info>
  <Disk ovf:capacity="20" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="vmdisk1" ovf:fileRef="file1"/>
 </DiskSection>
 <VirtualSystem ovf:id="appliance">
  <OperatingSystemSection ovf:id="96"><Info>os</Info><Description>Debian 12</Description></OperatingSystemSection>
  <VirtualHardwareSection>
   <Item><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:ResourceType>17</rasd:ResourceType></Item>
   {item}
  </VirtualHardwareSection>
 </VirtualSystem>
</Envelope>
"""
CD = "<Item><rasd:HostResource>ovf:/file/{}</rasd:HostResource><rasd:ResourceType>15</rasd:ResourceType></Item>"


def archive(document: str | bytes, name: str = "appliance.ovf", before: int = 0) -> io.BytesIO:
    content = document if isinstance(document, bytes) else document.encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for number in range(before):
            made.addfile(tarfile.TarInfo(f"junk{number}"))
        info = tarfile.TarInfo(name)
        info.size = len(content)
        made.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo("disk1.vmdk")
        info.size = 1000
        made.addfile(info, io.BytesIO(bytes(1000)))
    stream.seek(0)
    return stream


def ovf(file: str = "", item: str = "", doctype: str = "") -> str:
    return OVF.format(file=file, item=item, doctype=doctype)


def test_what_an_ova_holds_is_told() -> None:
    found = ova.inspect(archive(ovf()))
    assert found == ova.Ova(
        descriptor="appliance.ovf",
        files=[{"name": "disk1.vmdk", "size": 1000}],
        isos=[],
        disks=[{"id": "vmdisk1", "file": "disk1.vmdk", "capacity": 20, "units": "byte * 2^30"}],
        systems=["appliance"],
        operating_system="Debian 12",
    )


@pytest.mark.parametrize(
    ("file", "item", "isos"),
    [
        ('<File ovf:href="tools.ISO" ovf:id="file2"/>', "", ["tools.ISO"]),
        ('<File ovf:href="cdrom.img" ovf:id="file2"/>', CD.format("file2"), ["cdrom.img"]),
        ("", "<Item><rasd:ResourceType>15</rasd:ResourceType></Item>", []),
    ],
    ids=["by its name", "by the drive it lies in", "a drive that is empty"],
)
def test_an_image_of_a_cd_is_found(file: str, item: str, isos: list[str]) -> None:
    found = ova.inspect(archive(ovf(file, item)))
    assert found.isos == isos
    assert [disk["file"] for disk in found.disks] == ["disk1.vmdk"]


def test_of_a_large_archive_only_the_descriptor_is_read() -> None:
    stream = archive(ovf())
    stream.seek(0, io.SEEK_END)
    stream.write(bytes(10_000_000))
    stream.seek(0)
    ova.inspect(stream)
    assert stream.tell() < 100_000


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (archive(ovf(doctype=BOMB)), "declares a document type"),
        (archive(ovf(doctype=BOMB).replace('<?xml version="1.0"?>', "").encode("utf-16")), "declares a document type"),
        (archive("<Envelope>"), "no XML"),
        (archive("<html/>"), "no Envelope"),
        (archive(bytes(ova.MAX_OVF + 1)), "too many for an OVF"),
        (archive(ovf(), name="readme.txt"), "no OVF"),
        (archive(ovf(), before=ova.MAX_MEMBERS + 1), "no OVF"),
        (io.BytesIO(b"not an archive" * 100), "no OVA"),
        (io.BytesIO(), "no OVA"),
    ],
    ids=["bomb", "hidden bomb", "cut off", "another document", "huge", "no ovf", "ovf too late", "no tar", "empty"],
)
def test_what_is_no_ova_is_an_error_with_a_remedy(stream: io.BytesIO, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        ova.inspect(stream)
    assert (caught.value.option, bool(caught.value.remedy)) == ("source", True)
