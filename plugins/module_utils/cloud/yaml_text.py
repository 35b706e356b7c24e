# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as YAML that people like to read: short entries on a line of their own, long ones in a block."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..client import CloudStackError

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

WIDTH = 118
TEXT = "tag:yaml.org,2002:str"
_PLAIN = re.compile(r"\w([\w ./()@+-]*[\w./)@+-])?")
"""Texts that nobody can take for anything else; the rest is quoted."""


def document_text(document: Mapping[str, Any], *, comments: Sequence[str] = ()) -> str:
    """A document with its comments on top. Raises CloudStackError where PyYAML is missing."""
    if not HAS_YAML:
        raise CloudStackError(
            "writing YAML needs the Python library PyYAML", remedy="install PyYAML where the task runs"
        )
    head = "".join(f"# {line}\n" if line else "#\n" for line in comments)
    if not document:
        return f"---\n{head}{{}}\n"
    sections = []
    for key, value in document.items():
        text = yaml.dump({key: _Laid.out(value, 2)}, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=10000)
        sections.append(text)
    return f"---\n{head}" + "\n".join(sections)


class _Laid:
    """A value and whether it stands on one line."""

    def __init__(self, value: Any, flow: bool) -> None:
        self.value = value
        self.flow = flow

    @classmethod
    def out(cls, value: Any, indent: int) -> _Laid:
        if isinstance(value, Mapping):
            flow = _is_flat(value) and indent + _width(value) <= WIDTH
            return cls({key: item if flow else cls.out(item, indent + 2) for key, item in value.items()}, flow)
        if isinstance(value, (list, tuple)):
            flow = not any(isinstance(item, (Mapping, list)) for item in value) and indent + _width(value) <= WIDTH - 20
            return cls([item if flow else cls.out(item, indent + 2) for item in value], flow)
        return cls(value, False)


def _is_flat(value: Mapping[str, Any]) -> bool:
    """Whether a mapping holds nothing that a reader wants to see as a block."""
    return bool(value) and all(
        not isinstance(item, Mapping)
        and not (isinstance(item, list) and any(isinstance(inner, (Mapping, list)) for inner in item))
        and "\n" not in str(item)
        for item in value.values()
    )


def _width(value: Any) -> int:
    """How long a value without blocks in it is on one line, quotes counted for every text that may need them."""
    if isinstance(value, Mapping):
        return 4 + sum(len(str(key)) + 4 + _width(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return 2 + sum(2 + _width(item) for item in value)
    return len(str(value)) + (0 if not isinstance(value, str) or _PLAIN.fullmatch(value) else 2)


@lru_cache(maxsize=1)
def _dumper() -> Any:
    """PyYAML's dumper with indented lists, short entries on one line, and texts quoted where a reader may err."""

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            return super().increase_indent(flow, False)

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    def laid_out(dumper: Any, laid: _Laid) -> Any:
        if isinstance(laid.value, dict):
            return dumper.represent_mapping("tag:yaml.org,2002:map", laid.value.items(), flow_style=laid.flow)
        if isinstance(laid.value, list):
            return dumper.represent_sequence("tag:yaml.org,2002:seq", laid.value, flow_style=laid.flow)
        return dumper.represent_data(laid.value)

    def quoted(dumper: Any, text: str) -> Any:
        means_text = dumper.resolve(yaml.ScalarNode, text, (True, False)) == TEXT
        style = "|" if "\n" in text else None if means_text and _PLAIN.fullmatch(text) else '"'
        return dumper.represent_scalar(TEXT, text, style=style)

    Dumper.add_representer(_Laid, laid_out)
    Dumper.add_representer(str, quoted)
    return Dumper
