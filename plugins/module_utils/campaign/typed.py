# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be typed because data can be lost."""

from __future__ import annotations

from collections.abc import Iterable


class Names(str):
    """Names to be typed, ``stop web-1, web-2`` for example; empty where there is none.

    A run that was cut off is resumed with the text of its first try, so what was typed may name more than is left.
    """

    names: frozenset[str]
    before: str
    after: str

    __slots__ = ("after", "before", "names")

    def __new__(cls, names: Iterable[str], before: str = "", after: str = "") -> Names:
        kept = list(names)
        made = super().__new__(cls, f"{before}{', '.join(kept)}{after}" if kept else "")
        made.names, made.before, made.after = frozenset(kept), before, after
        return made


def is_confirmed(wanted: str, typed: str) -> bool:
    """Whether a text says all that has to be typed."""
    if typed == wanted:
        return True
    if not (isinstance(wanted, Names) and typed.startswith(wanted.before) and typed.endswith(wanted.after)):
        return False
    named = typed[len(wanted.before) : len(typed) - len(wanted.after)]
    return wanted.names <= {name.strip() for name in named.split(",")}
