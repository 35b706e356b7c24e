# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an OVA holds, told from its OVF alone: nothing is unpacked, and of a remote one only the beginning is fetched.

The format: DMTF DSP0243. An OVA is a tar archive whose first file is the OVF, an XML document.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from xml.parsers import expat

from .client import InvalidInput

MAX_OVF = 8 * 1024 * 1024
"""Bytes; descriptors have some kilobytes. What is larger is no descriptor."""
MAX_MEMBERS = 64
"""Files looked at before the OVF must have come; it is the first by the format's rule."""
CD_DRIVES = ("15", "16")
"""ResourceType of CD and DVD drives [DMTF CIM_ResourceAllocationSettingData]."""
BROKEN = "export the virtual machine again, or check that the file is an OVA"


@dataclass
class Ova:
    """``files``: name and size in bytes of each file; ``isos``: those that are images of CDs; ``disks``: the others."""

    descriptor: str
    files: list[dict[str, Any]] = field(default_factory=list)
    isos: list[str] = field(default_factory=list)
    disks: list[dict[str, Any]] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)
    operating_system: str = ""


@dataclass
class _Item:
    """A piece of virtual hardware."""

    kind: str = ""
    holds: str = ""


class _Reader:
    """Takes in an OVF element by element. Documents that declare types or entities are refused: no OVF needs them."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, str]] = {}
        self.disks: dict[str, dict[str, str]] = {}
        self.items: list[_Item] = []
        self.systems: list[str] = []
        self.operating_system = ""
        self._seen_envelope = False
        self._path: list[str] = []
        self._text = ""
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, document: bytes) -> None:
        try:
            self._parser.Parse(document, True)
        except expat.ExpatError as error:
            raise InvalidInput(f"the OVF is no XML: {error}", option="source", remedy=BROKEN) from None
        if not self._seen_envelope:
            raise InvalidInput("the OVF has no Envelope", option="source", remedy=BROKEN)

    def _refuse(self, *_what: Any) -> None:
        raise InvalidInput(
            "the OVF declares a document type, which no OVF needs",
            option="source",
            remedy="do not use this file unless you know who made it",
        )

    def _begin(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        attributes = {key.rpartition(" ")[2]: value for key, value in given.items()}
        self._path.append(tag)
        self._text = ""
        if tag == "Envelope":
            self._seen_envelope = True
        elif tag == "File":
            self.files[attributes.get("id", "")] = attributes
        elif tag == "Disk":
            self.disks[attributes.get("diskId", "")] = attributes
        elif tag == "VirtualSystem":
            self.systems.append(attributes.get("id", ""))
        elif tag in ("Item", "StorageItem"):
            self.items.append(_Item())

    def _add(self, text: str) -> None:
        self._text += text

    def _end(self, _name: str) -> None:
        tag, text = self._path.pop(), self._text.strip()
        parent = self._path[-1] if self._path else ""
        if parent in ("Item", "StorageItem") and tag == "ResourceType":
            self.items[-1].kind = text
        elif parent in ("Item", "StorageItem") and tag == "HostResource":
            self.items[-1].holds = text
        elif parent == "OperatingSystemSection" and tag == "Description":
            self.operating_system = text
        self._text = ""


def inspect(stream: IO[bytes]) -> Ova:
    """What an OVA holds. ``stream`` is read from its beginning to the end of the OVF. Raises InvalidInput."""
    name, document = _descriptor(stream)
    reader = _Reader()
    reader.read(document)
    isos = {ident for ident, facts in reader.files.items() if _is_iso(facts)}
    isos |= {ident for ident in _in_drives(reader) if ident in reader.files}
    return Ova(
        descriptor=name,
        files=[_file(facts) for facts in reader.files.values()],
        isos=sorted(reader.files[ident].get("href", ident) for ident in isos),
        disks=[_disk(facts, reader) for facts in reader.disks.values() if facts.get("fileRef") not in isos],
        systems=reader.systems,
        operating_system=reader.operating_system,
    )


def _descriptor(stream: IO[bytes]) -> tuple[str, bytes]:
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, member in enumerate(archive):
                if member.isfile() and member.name.lower().endswith(".ovf"):
                    if member.size > MAX_OVF:
                        raise InvalidInput(
                            f"{member.name} has {member.size} bytes, too many for an OVF", option="source",
                            remedy=BROKEN,
                        )  # fmt: skip
                    content = archive.extractfile(member)
                    return member.name, content.read(MAX_OVF) if content else b""
                if number >= MAX_MEMBERS:
                    break
    except tarfile.TarError as error:
        raise InvalidInput(f"this is no OVA: {error}", option="source", remedy=BROKEN) from None
    raise InvalidInput("this archive has no OVF, so it is no OVA", option="source", remedy=BROKEN)


def _is_iso(facts: dict[str, str]) -> bool:
    return facts.get("href", "").lower().endswith(".iso")


def _in_drives(reader: _Reader) -> Iterator[str]:
    """Ids of files that lie in CD drives: ``ovf:/file/file2`` or ``/disk/disk2``."""
    for item in reader.items:
        place, _slash, ident = item.holds.rpartition("/")
        if item.kind in CD_DRIVES and ident:
            yield reader.disks.get(ident, {}).get("fileRef", ident) if place.endswith("disk") else ident


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _file(facts: dict[str, str]) -> dict[str, Any]:
    return {"name": facts.get("href", ""), "size": _number(facts.get("size"))}


def _disk(facts: dict[str, str], reader: _Reader) -> dict[str, Any]:
    held = reader.files.get(facts.get("fileRef", ""), {})
    return {
        "id": facts.get("diskId", ""),
        "file": held.get("href", ""),
        "capacity": _number(facts.get("capacity")),
        "units": facts.get("capacityAllocationUnits", "byte"),
    }
