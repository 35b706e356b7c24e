"""docs/seed_map.md read as data: which part of the collection does what the handbooks of old told to do by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .documents import ROOT

MAP = ROOT / "docs" / "seed_map.md"
PROCEDURES = ROOT.parent / "shared" / "procedures.md"
OPEN, HOST_ROLES = "open", "host roles"
CODE = re.compile(r"`([^`]+)`")
PART = re.compile(r"(?:(role|playbook|guide|settings) )?`([^`]+)`")


@dataclass(frozen=True)
class Row:
    """One section of one handbook. ``today`` names parts or is a sentence; ``test`` is the id of a test or empty."""

    seed: str
    section: str
    procedure: str
    today: str
    test: str

    def __str__(self) -> str:
        return f"{self.seed} {self.section}"

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(kind, name) of all that the row names; the kind of a module is empty."""
        return PART.findall(self.today)

    @property
    def runnable(self) -> list[str]:
        """The parts that ``--without`` can take away."""
        return [f"{kind} {name}".strip() for kind, name in self.parts if kind in ("", "role", "playbook")]


def rows() -> list[Row]:
    found = []
    for line in MAP.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| 0"):
            seed, section, procedure, today, test = cells
            named = CODE.fullmatch(test)
            found.append(Row(seed, section, procedure, today, named.group(1) if named else ""))
    return found


def headings(text: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(seed, section, procedures that may serve it) of each section that the table of chapter 2.0 names.

    Of several sections in one cell each comes by itself; which procedure of the cell serves it is not told.
    """
    table = text.partition("## 2.0")[2].partition("\n## ")[0]
    for line in table.splitlines():
        if re.match(r"\| \d{3}", line):
            seeds, sections, procedures = (cell.strip() for cell in line.strip("|").split("|"))
            for seed in seeds.split(", "):
                for group in re.split(r"; | · ", sections):
                    yield from ((seed, section, _expanded(procedures)) for section in _apart(group))


def _expanded(cell: str) -> frozenset[str]:
    """``J1, N1–N3`` is J1, N1, N2 and N3. A dash by itself is the API as such."""
    found = set(re.findall(r"[A-Z]\d+", cell)) | ({"API"} if re.search(r"(^|, )–", cell) else set())
    for letter, first, last in re.findall(r"([A-Z])(\d+)–[A-Z]?(\d+)", cell):
        found |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return frozenset(found)


def _apart(group: str) -> list[str]:
    """``Volumes: Moving, Resizing`` and ``Adding Hosts (vSphere, KVM)`` name several sections."""
    before, colon, listed = group.partition(": ")
    around = re.fullmatch(r"(.+) \((.+, .+)\)", group)
    if around:
        before, listed = around.groups()
    elif not colon:
        return group.split(", ")
    return [f"{before}: {one}" for one in listed.split(", ")]
