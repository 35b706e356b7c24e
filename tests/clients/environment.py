"""Other people's clients, in an environment of their own below .cache (made once, some ten seconds)."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
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
    found, stamp = PLACE / "bin/python", PLACE / ".made-from"
    made_from = "\n".join((*PACKAGES, COLLECTIONS))
    if stamp.exists() and stamp.read_text() == made_from:
        return found
    try:
        base = subprocess.run(
            ["sh", str(ROOT / "scripts/find_python"), "3.12"], check=True, capture_output=True, text=True
        ).stdout.strip()
    except subprocess.CalledProcessError as error:
        raise NoClientsError(f"ansible-core 2.21 needs Python 3.12: {error.stderr.strip()}") from error
    shutil.rmtree(PLACE, ignore_errors=True)
    try:
        _run(base, "-m", "venv", str(PLACE))
        _run(str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES)
        _unpack_collection(found)
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
