# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a whole cloud: rules that read and find, and a report for machines and people."""

from __future__ import annotations

from .page import page
from .rule import SEVERITIES, Finding, Rule
from .run import RULES, as_json, audit, failing

__all__ = ("RULES", "SEVERITIES", "Finding", "Rule", "as_json", "audit", "failing", "page")
