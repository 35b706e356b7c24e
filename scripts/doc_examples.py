"""The examples that the documentation shows: doc_examples.py lists them.

They stand in EXAMPLES of modules and plugins, in code blocks of the guides (reStructuredText), and in fenced blocks of
the README files (Markdown).
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
YAML_NAMES = {"yaml", "yaml+jinja", "YAML+Jinja", "yml"}
DIRECTIVE = re.compile(r"^(?P<indent> *)\.\. code-block:: *(?P<language>\S*)$")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)\s*$")


@dataclass(frozen=True)
class Example:
    """A piece of text that a reader may copy. file is relative to the project's root, line is its first line."""

    file: str
    line: int
    language: str
    text: str

    @property
    def is_yaml(self) -> bool:
        return self.language in YAML_NAMES

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks in it, those inside plays and blocks too. Raises yaml.YAMLError."""
        documents = yaml.load_all(self.text, Loader=_Loader)
        return [task for document in documents for task in _tasks(document)]


class _Loader(yaml.SafeLoader):
    """Knows that Ansible has tags of its own, such as !vault."""


_Loader.add_multi_constructor("!", lambda _loader, suffix, _node: f"!{suffix}")


def _tasks(document: Any) -> Iterator[dict[str, Any]]:
    for entry in document if isinstance(document, list) else ():
        if not isinstance(entry, dict):
            continue
        inner = [
            entry[key] for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue") if key in entry
        ]
        if not inner and "hosts" not in entry and "import_playbook" not in entry:
            yield entry
        for part in inner:
            yield from _tasks(part)


def examples() -> Iterator[Example]:
    """Yield all examples of the project."""
    for path in sorted((ROOT / "plugins").glob("*/*.py")):
        yield from _of_plugin(path)
    for path in sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst")):
        yield from _of_blocks(path, DIRECTIVE)
    for pattern in ("*.md", "docs/*.md", "roles/*/README.md", "simulator/*.md"):
        for path in sorted(ROOT.glob(pattern)):
            yield from _of_blocks(path, FENCE)


def _of_plugin(path: Path) -> Iterator[Example]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "EXAMPLES":
            yield Example(_name(path), node.lineno, "yaml", ast.literal_eval(node.value))


def _of_blocks(path: Path, opening: re.Pattern[str]) -> Iterator[Example]:
    """Yield the blocks after a line that matches opening: up to a closing fence, or as far as they are indented."""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = opening.match(lines[number])
        number += 1
        if not opened:
            continue
        first, indent = number, opened["indent"]
        while number < len(lines) and _inside(lines[number], indent, opening):
            number += 1
        text = textwrap.dedent("\n".join(lines[first:number])).strip("\n") + "\n"
        number += opening is FENCE
        yield Example(_name(path), first + 1, opened["language"], text)


def _inside(line: str, indent: str, opening: re.Pattern[str]) -> bool:
    if opening is FENCE:
        return line.strip() != "```"
    return not line.strip() or line.startswith(indent + " ")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    for example in examples():
        print(f"{example}  {example.language or 'text'}, {example.text.count(chr(10))} lines")
