# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look into an OVA before it is registered: one with an image of a CD inside never becomes a ready template."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import urlsplit

from ansible.module_utils import urls

from ..client import InvalidInput
from ..model import Operation, Option
from ..ova import inspect


def _inspected(task: Any) -> dict[str, Any]:
    source = str(task.option("source"))
    with closing(_opened(task, source)) as stream:
        found = inspect(stream)
    if found.isos and not task.option("allow_iso"):
        raise InvalidInput(
            f"the OVA holds {', '.join(found.isos)}: a template with a CD inside is never ready",
            option="source",
            remedy="disconnect the CD drive of the virtual machine, export it again, and register that",
        )
    return {"changed": False, "suitable": not found.isos, "ova": asdict(found)}


def _opened(task: Any, source: str) -> IO[bytes]:
    try:
        if urlsplit(source).scheme in ("http", "https"):
            checked = bool(task.option("validate_source_certs"))
            return urls.open_url(source, timeout=task.option("timeout"), validate_certs=checked)
        return Path(source).expanduser().open("rb")
    except (OSError, URLError, urls.ConnectionError, urls.SSLValidationError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise InvalidInput(
            f"the OVA cannot be read: {why}",
            option="source",
            remedy="check the address or the path, and that the machine that runs the task reaches it",
        ) from None


OVA_INSPECTION = Operation(
    name="ova_inspection",
    summary="Look into an OVA before it is registered",
    description=(
        "Reads the descriptor of an OVA and tells its disks, files and operating system.",
        "An OVA with an image of a CD inside is an error, because the server takes it and never has it ready.",
    ),
    notes=(
        "Nothing is unpacked. Of an address only the beginning is fetched, as far as the descriptor goes.",
        "The server is not asked anything.",
    ),
    options=(
        Option(
            "source", required=True, behaviour=True,
            help="Address (http or https) or path of the OVA, as seen from the machine that runs the task.",
        ),
        Option("allow_iso", "bool", default=False, behaviour=True, help="Only tell of images of CDs."),
        Option("timeout", "int", default=30, behaviour=True, unit="seconds", help="Longest wait for the address."),
        Option(
            "validate_source_certs", "bool", default=True, behaviour=True,
            help="Whether the certificate of an https address must be valid.",
        ),
    ),
    run=_inspected,
    reads_only=True,
    returns={
        "suitable": ("bool", "Whether it has no image of a CD inside."),
        "ova": ("dict", "Its descriptor, files, isos, disks, systems and operating_system."),
    },
)  # fmt: skip

OPERATIONS = (OVA_INSPECTION,)
