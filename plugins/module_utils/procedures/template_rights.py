# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller must be allowed to send for the replacement of a template, by what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import Target, when
from . import remarks, template_users
from .template_facts import image, zone_ids


def _registers(run: Any, due: Sequence[Target]) -> bool:
    return bool(due) and image(run, run.option("replacement")) is None


def _copies(run: Any, due: Sequence[Target]) -> bool:
    """Whether the new template is there and not in every zone of the old one; a registered one comes to all."""
    new = image(run, run.option("replacement"))
    return new is not None and any(not set(zone_ids(target.facts)) <= set(zone_ids(new)) for target in due)


def _repoints(run: Any, _due: Sequence[Target]) -> bool:
    return bool(run.option("repoint_autoscale") and run.memory["profiles"])


def _removes(run: Any, due: Sequence[Target]) -> bool:
    if not run.option("remove") or (run.memory["profiles"] and not run.option("repoint_autoscale")):
        return False
    return any(not template_users.instances(run, target.id) for target in due)


SENT_BY_REPLACEMENT = (
    "updateTemplatePermissions",
    *when(_registers, "registerTemplate"),
    *when(_copies, "copyTemplate"),
    *when(_repoints, *template_users.COMMANDS, *remarks.COMMANDS),
    *when(_removes, "deleteTemplate"),
)
