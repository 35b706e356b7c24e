# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Affinity groups: which instances shall, or shall not, share a host."""

from __future__ import annotations

from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row
from .owned import OWNER, PROJECT_PARENT, check_owner


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None:
        if ctx.state != "absent" and not ctx.given.get("type"):
            raise InvalidInput(
                f"{ctx.name} does not exist, and creating it needs type",
                option="type",
                obj=ctx.name,
                remedy="give type, host anti-affinity for example, or check the name",
            )
        return
    bound = row.get("virtualmachineIds") or []
    if ctx.state == "absent" and bound and not ctx.given.get("force"):
        raise InvalidInput(
            f"{ctx.name} binds {len(bound)} instances, which could then run anywhere",
            option="force",
            obj=ctx.name,
            remedy="take the instances out first, or set force to true",
        )


AFFINITY_GROUP = Resource(
    name="affinity_group",
    noun="affinity group",
    summary="Manage affinity groups",
    description=("Creates and deletes groups of instances that shall, or shall not, share a host.",),
    notes=(
        "Instances enter and leave a group with the option V(affinity_groups) of M(cloudstack.ops.instance).",
        "A group that binds instances is deleted only with O(force=true).",
    ),
    exported=False,
    commands=Commands(
        list="listAffinityGroups",
        create="createAffinityGroup",
        delete="deleteAffinityGroup",
        fixed={"list": {"listall": True}},
        parents=PROJECT_PARENT,
    ),
    scope=("domain", "account", "project"),
    unique=True,
    options=(
        Option("name", help="Name of the group. Case counts.", required=True),
        *OWNER,
        Option(
            "type",
            help="What the group asks for. The non-strict ones are wishes that a full cluster may break.",
            choices=(
                "host anti-affinity",
                "host affinity",
                "non-strict host anti-affinity",
                "non-strict host affinity",
            ),
            aliases=("affinity_type",),
        ),
        Option("description", help="Description of the group."),
        Option(
            "force",
            "bool",
            help="Delete the group though instances are in it.",
            behaviour=True,
            default=False,
        ),
    ),
    omitted={
        f"deleteAffinityGroup.{name}": "the group is named by its id" for name in ("account", "domainid", "projectid")
    }
    | {"deleteAffinityGroup.name": "the group is named by its id"},
    validate=check_owner,
    check_wish=_check_wish,
)

RESOURCES = (AFFINITY_GROUP,)
