# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secret values in a document, so that no result shows them. Reads documents that are wrong, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..client import is_secret_name
from ..model import Option, Resource


def document_secrets(document: Any, kinds: Mapping[str, Resource]) -> set[str]:
    """Texts that stand under options which are secret by their record or by their name."""
    by_key = {kind.document_key: kind for kind in kinds.values() if not kind.lookup_only}
    return {text for text in _below(document, by_key) if text}


def _below(entries: Any, by_key: Mapping[str, Resource]) -> Iterator[str]:
    for key, value in entries.items() if isinstance(entries, Mapping) else ():
        resource = by_key.get(key)
        for entry in value if isinstance(value, list) else ():
            if resource is not None and isinstance(entry, Mapping):
                yield from _in_options(entry, resource.options)
                yield from _below(entry, by_key)


def _in_options(entry: Mapping[Any, Any], options: Sequence[Option]) -> Iterator[str]:
    known = {name: option for option in options for name in (option.name, *option.aliases)}
    for key, value in entry.items():
        option = known.get(key)
        if option.secret if option else is_secret_name(str(key)):
            yield from _texts(value)
        elif option and option.suboptions:
            for item in value if isinstance(value, list) else ():
                if isinstance(item, Mapping):
                    yield from _in_options(item, option.suboptions)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (Mapping, list)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
