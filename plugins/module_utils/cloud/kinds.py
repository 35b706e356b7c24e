# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds that a task names, in the singular or as keys of a document."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from ..client import InvalidInput
from ..model import Resource


def named_kinds(
    names: Sequence[str], kinds: Mapping[str, Resource], fits: Callable[[Resource], bool], option: str, ability: str
) -> list[Resource]:
    """The kinds of these names, each once. Raises InvalidInput with the nearest name.

    fits: whether a kind may be named here. ability: what the others lack, such as ``can be removed``.
    """
    known = {name: kind for kind in kinds.values() for name in (kind.name, kind.document_key) if fits(kind)}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise InvalidInput(
                f"{option}: {name!r} is no kind that {ability}",
                option=option,
                remedy=f"did you mean {close[0]}?"
                if close
                else f"use some of {', '.join(sorted(set(kinds) & set(known)))}",
            )
    return list({known[name].name: known[name] for name in names}.values())
