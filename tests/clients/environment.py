"""Other people's clients, in an environment of their own below .cache (made once, some ten seconds)."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".cache/clients"
PACKAGES = (
    "ansible-core>=2.21,<2.22",
    "cs>=3.4",
    "aiohttp",
    "apache-libcloud>=3.8",
    "py-acs-sdk>=1.0",
    "sshpubkeys>=3",
)
COLLECTIONS = "ansible>=14,<15"
"""The package that holds ngine_io.cloudstack; only that collection is unpacked from it."""
WANTED = "ansible_collections/ngine_io/cloudstack/"
INSTALL_SECONDS = 300


class NoClientsError(Exception):
    """They cannot be installed here; says why."""


def python() -> Path:
    """The interpreter of the environment; makes the environment when it is not there."""
    return made(PLACE, PACKAGES, "3.12", (COLLECTIONS,), _unpack_collection)


def made(
    place: Path,
    packages: Sequence[str],
    version: str,
    further: Sequence[str] = (),
    furnish: Callable[[Path], None] | None = None,
) -> Path:
    """The interpreter of an environment with these packages, made once. Raises NoClientsError.

    version: the lowest Python. further: what ``furnish``, which gets the interpreter, adds by itself.
    """
    found, stamp = place / "bin/python", place / ".made-from"
    made_from = "\n".join((*packages, *further))
    if stamp.exists() and stamp.read_text() == made_from:
        return found
    try:
        base = subprocess.run(
            ["sh", str(ROOT / "scripts/find_python"), version], check=True, capture_output=True, text=True
        ).stdout.strip()
    except subprocess.CalledProcessError as error:
        raise NoClientsError(f"{packages[0]} needs Python {version}: {error.stderr.strip()}") from error
    shutil.rmtree(place, ignore_errors=True)
    try:
        _run(base, "-m", "venv", str(place))
        _run(str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
        if furnish:
            furnish(found)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoClientsError(f"the clients cannot be installed: {error}") from error
    stamp.write_text(made_from)
    return found


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)


def _unpack_collection(found: Path) -> None:
    folder = PLACE / "download"
    _run(str(found), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), COLLECTIONS)
    (site,) = PLACE.glob("lib/python3*/site-packages")
    with zipfile.ZipFile(next(folder.glob("ansible-*.whl"))) as wheel:
        for name in wheel.namelist():
            if name.startswith(WANTED):
                wheel.extract(name, site)
    shutil.rmtree(folder)
