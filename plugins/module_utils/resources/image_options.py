# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of every image, template or ISO, and how they are compared."""

from __future__ import annotations

import re
from typing import Any

from ..model import Option, Row
from .defaults import same_as_name

_ALGORITHM = re.compile(r"^\{[^}]*\}")


def same_checksum(want: str, have: Any) -> bool:
    """The server shows a checksum without the name of its algorithm, and none if it was told none."""
    return not have or _ALGORITHM.sub("", want).lower() == _ALGORITHM.sub("", str(have)).lower()


def same_if_told(want: Any, have: Any) -> bool:
    """For fields that the server shows to some callers only."""
    return have in (None, "") or str(want) == str(have)


def address(row: Row) -> str | None:
    """Where an image was fetched from, as far as the caller may know."""
    return row.get("url") or None


def origin(row: Row) -> str | None:
    """The same, or that it was made in the cloud: such an image has a source template and no address."""
    source = row.get("sourcetemplateid")
    return address(row) or (f"made from an instance of template {source}" if source else None)


def common_options(noun: str) -> tuple[Option, ...]:
    """Options of every image, in the order of the documentation."""
    return (
        Option(
            "name",
            help=f"Name of the {noun}. Case counts. With O(id) it is the new name.",
            required=True,
            updatable=True,
        ),
        Option(
            "display_text",
            help="What users see. The server takes the name if it is left out.",
            api="displaytext",
            updatable=True,
            server_default=same_as_name,
        ),
        Option(
            "url",
            help=(
                "Address that the secondary storage VMs fetch the image from, http or https.",
                f"Needed to register the {noun}; it can't be changed later.",
            ),
            decode=origin,
            told=address,
            equal=same_if_told,
        ),
        Option(
            "checksum",
            help="Checksum of the image, V({SHA-256}...) for example. The download fails if it differs.",
            equal=same_checksum,
        ),
        Option(
            "zones",
            "refs",
            help=(
                (
                    f"Zones that have the {noun}. A copy is made where one is missing; copies in other "
                    "zones are left alone."
                ),
                "With O(state=absent) only the copies in these zones are removed.",
            ),
            api="",
            refers_to="zone",
            decode=lambda row: row["_zones"],
            equal=lambda want, have: set(want) <= {t for place in have or () for t in (str(place), place.id)},
            updatable=True,
            aliases=("zone",),
            told=lambda row: None if row.get("crossZones") else row["_zones"],
        ),
        Option(
            "cross_zones",
            "bool",
            help=f"The {noun} is in all zones, also in those added later. Only root admins may register one.",
            api="",
            field="crossZones",
        ),
        Option(
            "os_type",
            "ref",
            help="Guest operating system, as the server calls it, V(Debian GNU/Linux 12 (64-bit\\)) for example.",
            api="ostypeid",
            refers_to="os_type",
            name_field="ostypename",
            by_name=True,
            updatable=True,
        ),
        Option("is_public", "bool", help="Everybody may use it.", updatable=True),
        Option("is_featured", "bool", help="It is shown first. Only admins may set it.", updatable=True),
        Option("is_extractable", "bool", help="Users may download it.", updatable=True),
        Option(
            "accounts",
            "set",
            help="All accounts of the owner's domain that may use it besides the owner; others lose the permission.",
            api="",
            field="",
            on_create=False,
            decode=lambda row: row.get("_accounts", []),
            updatable=True,
        ),
        Option(
            "projects",
            "refs",
            help="All projects that may use it; others lose the permission.",
            api="",
            field="",
            on_create=False,
            refers_to="project",
            decode=lambda row: row.get("_projects", []),
            updatable=True,
        ),
        Option(
            "is_dynamically_scalable",
            "bool",
            help="The guest has the tools for CPU and memory that grow while running.",
            updatable=True,
        ),
        Option(
            "arch",
            help="Architecture of the image. The server's default is V(x86_64).",
            choices=("x86_64", "aarch64"),
            updatable=True,
            since="4.20",
            server_default="x86_64",
        ),
        Option(
            "direct_download",
            "bool",
            help="Hosts fetch the image themselves when they need it (KVM). It is never on secondary storage then.",
        ),
        Option(
            "wait",
            "bool",
            help="Wait until the image is ready in every zone. A failed download is an error only then.",
            behaviour=True,
            default=True,
            aliases=("is_ready",),
        ),
    )
