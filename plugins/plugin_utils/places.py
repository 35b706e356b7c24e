# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where in which file the values of a task were written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

try:
    from ansible._internal._datatag._tags import Origin
except ImportError:  # a core that keeps its tags elsewhere: errors name the path alone
    Origin = None

_TOKEN = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Places:
    """From the path of a value to ``file:line:column``. ``args`` still carry the tags that Ansible gave them."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        self._args = args

    def __call__(self, path: str) -> str:
        """The place of the value, or of the innermost thing around it whose place is known; else an empty text."""
        value: Any = self._args
        place = ""
        for number, name in _TOKEN.findall(path):
            if name and isinstance(value, Mapping):
                key = next((key for key in value if key == name), None)
                if key is None:
                    break
                place = origin(key) or origin(value[key]) or place
                value = value[key]
            elif number and isinstance(value, list) and int(number) < len(value):
                value = value[int(number)]
                place = origin(value) or place
            else:
                break
        return place


def origin(value: Any) -> str:
    """file:line:column of a tagged value, the file as seen from here."""
    tag = Origin.get_tag(value) if Origin is not None else None
    if tag is None or not tag.path or tag.line_num is None:
        return ""
    path = Path(tag.path)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{tag.line_num}:{tag.col_num}" if tag.col_num is not None else f"{shown}:{tag.line_num}"
