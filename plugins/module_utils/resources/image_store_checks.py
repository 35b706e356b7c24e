# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Image stores that would be of no use, or whose removal would leave a zone without system VMs (G1, G4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..client import InvalidInput
from ..model import Row
from ..procedures.secondary_storage_checks import check_system_templates, is_on


def check_url(given: Mapping[str, Any]) -> None:
    """The server takes any scheme for a store of NFS, and mounts nothing then. Shares of SMB have the same provider."""
    url = given.get("url")
    if url is None or str(given.get("provider") or "").upper() != "NFS":
        return
    parts = urlsplit(str(url))
    if parts.scheme.lower() not in ("nfs", "cifs") or not parts.hostname or not parts.path.strip("/"):
        raise InvalidInput(
            f"{url!r} is no address of an NFS store",
            option="url",
            value=url,
            remedy="give server and path, nfs://10.0.0.5/secondary for example",
        )


def check_removal(ctx: Any, row: Row | None) -> None:
    """Refuses to remove the only store with the system VM templates of a zone that is in use: the server does not."""
    if ctx.state != "absent" or row is None or ctx.given.get("force") or not _is_in_use(ctx, row):
        return
    try:
        check_system_templates(ctx, row)
    except InvalidInput as error:
        raise InvalidInput(
            f"{ctx.name}: {error.message}; without it no system VM and no virtual router starts",
            option="state",
            obj=ctx.name,
            remedy="bring it to another store first (secondary_storage_migration), or set force to true if the zone is "
            "being given up",
        ) from None


def _is_in_use(ctx: Any, row: Row) -> bool:
    """Whether a store has system VM templates of an enabled zone with hosts, which the document does not take away."""
    zone = str(row.get("zoneid") or "")
    if not zone or (ctx.view.leaving and ctx.view.leaving(ctx.view.kinds["zone"], str(row.get("zonename")), {})):
        return False
    rows = ctx.client.list("listZones", {"id": zone})
    if not any(one.get("allocationstate") == "Enabled" for one in rows):
        return False
    if not any(host.get("state") == "Up" for host in ctx.client.list("listHosts", {"type": "Routing", "zoneid": zone})):
        return False
    templates = ctx.client.list("listTemplates", {"templatefilter": "all", "listall": True, "zoneid": zone})
    return any(template.get("templatetype") == "SYSTEM" and is_on(template, row) for template in templates)
