# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller must be allowed to send for routers, by what is due: tenants have no VPC to restart where none is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..campaign import Target, when
from . import remarks
from .router_stops import BALANCER_COMMANDS
from .routers import BALANCERS


def _any(of: Callable[[Target], bool], _run: Any, due: Sequence[Target]) -> bool:
    return any(of(target) for target in due)


def _is_balancer(target: Target) -> bool:
    return bool(target.facts.get("sources")) and target.facts["sources"][0] in BALANCERS


def _is_router_of(kind: str, target: Target) -> bool:
    return bool(target.facts.get("serves")) and target.facts["serves"][0] == kind and not _is_balancer(target)


def is_router(target: Target) -> bool:
    """Whether a target is one or more virtual routers, and no load balancer or other system VM."""
    return "serves" in target.facts and not _is_balancer(target)


any_router = partial(_any, is_router)
RESTARTS = (
    *when(partial(_any, partial(_is_router_of, "network")), "restartNetwork"),
    *when(partial(_any, partial(_is_router_of, "vpc")), "restartVPC"),
)
"""For ``routers.restart``."""
BALANCERS_RENEWED = when(partial(_any, _is_balancer), *BALANCER_COMMANDS, *remarks.COMMANDS)
"""For internal load balancers that are stopped and started, and have a remark meanwhile."""
