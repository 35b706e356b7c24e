# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds that others refer to and that have no module of their own yet: only looked up."""

from __future__ import annotations

from ..model import Commands, Option, Resource

OS_TYPE = Resource(
    name="os_type",
    noun="OS type",
    summary="Guest operating systems",
    # The filter is a substring match; what is meant is decided by the exact text.
    commands=Commands(list="listOsTypes", filters={"name": "description"}),
    options=(Option("name", help="The operating system as the server calls it.", api="description"),),
    lookup_only=True,
)

RESOURCES = (OS_TYPE,)
