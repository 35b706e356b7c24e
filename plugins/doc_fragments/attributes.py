# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the modules have in common: attributes, and attributes.read_only on top where nothing is changed."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Makes the same plan, sends no changing call and reports what would change.
    support: full
  diff_mode:
    description: Returns in RV(ignore:diff) exactly what changes, before and after.
    support: full
  in_process:
    description:
      - Runs inside the task's own process when the connection is local and neither C(async) nor C(become) is set.
        Otherwise it runs as an ordinary module on the machine that the connection leads to.
    support: full
  action_group:
    description: Use C(group/cloudstack.ops.cloudstack) in C(module_defaults) to set connection options once for all.
    support: full
    membership:
      - cloudstack.ops.cloudstack
"""

    READ_ONLY = r"""
attributes:
  check_mode:
    description: Changes nothing at the server, so that check mode makes no difference.
    support: full
  diff_mode:
    description: Returns in RV(ignore:diff) exactly what changes, before and after.
    support: N/A
    details: There is never a change.
"""
