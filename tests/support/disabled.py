"""The collection without some of its parts, to see which tests really stand on them (``pytest --without NAME``)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ansible_collections.cloudstack.ops.plugins.module_utils.resources import OPERATIONS, RESOURCES

from .documents import ROOT

_parts: set[str] = set()
_place: list[tempfile.TemporaryDirectory[str]] = []


def files_of(part: str) -> list[Path]:
    """What makes a part: ``zone`` is a module, ``role cloud`` and ``playbook site`` are what they say.

    Raises LookupError for a part that is not there.
    """
    kind, _, name = part.rpartition(" ")
    if kind == "role":
        found = [ROOT / "roles" / name]
    elif kind == "playbook":
        found = [ROOT / "playbooks" / f"{name}.yml"]
    else:
        found = [ROOT / "plugins" / folder / f"{name}.py" for folder in ("modules", "action")]
    if kind not in ("", "role", "playbook") or not all(path.exists() for path in found):
        raise LookupError(f"there is no {part if kind else f'module {name}'}")
    return found


def disable(part: str) -> None:
    """Takes a part out of what can be run: of the records in this process, and of playbooks."""
    files_of(part)
    RESOURCES.pop(part, None)
    OPERATIONS.pop(part, None)
    _parts.add(part)


def shadow() -> Path | None:
    """A folder of collections that has this one without the disabled parts; None where nothing is disabled."""
    if not _parts:
        return None
    if not _place:
        _place.append(tempfile.TemporaryDirectory(prefix="without-"))
        gone = {path for part in _parts for path in files_of(part)}
        ours = Path(_place[0].name) / "ansible_collections" / "cloudstack" / "ops"
        ours.mkdir(parents=True)
        _mirror(ROOT, ours, gone)
    return Path(_place[0].name)


def in_shadow(path: Path) -> Path:
    """The same file of the collection where nothing disabled is left."""
    place = shadow()
    return place / "ansible_collections/cloudstack/ops" / path.relative_to(ROOT) if place else path


def _mirror(source: Path, target: Path, gone: set[Path]) -> None:
    """Links all but what is gone; only folders around that are made anew."""
    around = {parent for path in gone for parent in path.parents}
    for entry in source.iterdir():
        if entry in gone or entry.name.startswith("."):
            continue
        if entry in around:
            (target / entry.name).mkdir()
            _mirror(entry, target / entry.name, gone)
        else:
            (target / entry.name).symlink_to(entry)
