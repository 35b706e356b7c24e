"""Sphinx settings; `make docs` builds without the network and counts every warning as an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "cloudstack.ops"
author = "Contributors to the cloudstack.ops project"
project_copyright = author

extensions = ["sphinx_antsibull_ext"]
nitpicky = True

highlight_language = "YAML+Jinja"
html_theme = "furo"
html_title = "cloudstack.ops"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]

# Labels of Ansible's own documentation that the generated pages refer to. Its inventory would have to be downloaded.
ANSIBLE_DOCS = "https://docs.ansible.com/projects/ansible/latest/"
ANSIBLE_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "filter_plugins": "plugins/filter.html",
    "inventory_plugins": "plugins/inventory.html",
    "lookup_plugins": "plugins/lookup.html",
    "playbooks_keywords": "reference_appendices/playbooks_keywords.html",
}
OTHER_PLUGIN = re.compile(r"ansible_collections\.(?!cloudstack\.ops\.)(\w+)\.(\w+)\.(\w+_(?:module|filter|lookup))$")


CONTENTS = re.compile(r"^\.\. contents::\n(?:   :.*\n)+", re.MULTILINE)
SECTION = re.compile(r"^(?P<title>\S.*)\n[-~]{3,}\n", re.MULTILINE)
TOCTREE = re.compile(r"^\.\. toctree::\n", re.MULTILINE)
PAGE = re.compile(r"^    (?P<name>\w+)_(?:module|role|\w+)$", re.MULTILINE)


def sections_in_the_side_bar(text: str) -> str:
    """Give each list of pages the title of its section, and pages of modules and roles their short names."""

    def titled(match: re.Match[str]) -> str:
        titles = [section["title"] for section in SECTION.finditer(text, 0, match.start())]
        return f"{match[0]}    :caption: {titles[-1]}\n" if titles else match[0]

    return PAGE.sub(lambda page: f"    {page['name']} <{page[0].strip()}>", TOCTREE.sub(titled, text))


def arrange(_app: Sphinx, page: str, source: list[str]) -> None:
    """Make generated pages fit the theme, which shows the contents of a page beside it."""
    text = CONTENTS.sub("", source[0])
    source[0] = sections_in_the_side_bar(text) if page == "index" else text


def ansible_address(label: str) -> str | None:
    """Return the page of Ansible's documentation that a label stands for, None for any other label."""
    page = ANSIBLE_LABELS.get(label)
    plugin = OTHER_PLUGIN.match(label)
    if plugin:
        page = "collections/{}/{}/{}.html".format(*plugin.groups())
    return ANSIBLE_DOCS + page if page else None


def resolve(_app: Sphinx, _env: object, node: nodes.Element, content: nodes.Node) -> nodes.reference | None:
    address = ansible_address(node.get("reftarget", ""))
    return nodes.reference("", "", content, internal=False, refuri=address) if address else None


def setup(app: Sphinx) -> None:
    app.connect("source-read", arrange)
    app.connect("missing-reference", resolve)
