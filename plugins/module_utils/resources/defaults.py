# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server takes for options that follow from others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def same_as_name(entry: Mapping[str, Any]) -> Any:
    """A text for people that is the name, where none is given."""
    return entry.get("name")
