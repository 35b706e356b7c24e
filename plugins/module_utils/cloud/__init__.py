# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud as a document: many objects, one plan, one run."""

from __future__ import annotations

from .document import CloudDocument, Work
from .nodes import DocumentInvalid, Node, Problem, parse
from .run import carry_out

__all__ = ("CloudDocument", "DocumentInvalid", "Node", "Problem", "Work", "carry_out", "parse")
