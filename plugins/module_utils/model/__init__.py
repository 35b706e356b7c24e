# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vocabulary in which the cloud is described. Knows neither Ansible nor any particular resource."""

from __future__ import annotations

from .option import Option, Row, State
from .resource import Commands, Operation, Resource, Update

__all__ = ("Commands", "Operation", "Option", "Resource", "Row", "State", "Update")
