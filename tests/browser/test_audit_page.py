"""The page of an audit in a browser: filters, keyboard, roles and names, contrast, narrow windows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.audit import page as page_of
from ansible_collections.cloudstack.ops.tests.browser.chromium import Browser
from ansible_collections.cloudstack.ops.tests.unit.audit.cases import CASES, TWO_PODS, ZONE, volume
from ansible_collections.cloudstack.ops.tests.unit.audit.test_rules import looked

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    """What an audit says of a cloud in which nearly every rule finds something."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for _rule, bad, _good, _says in CASES:
        for name, rows in bad.items():
            lists.setdefault(name, []).extend(rows)
    lists.update(pods=TWO_PODS[:1], zones=[ZONE], volumes=[volume(id=f"v{n}", name=f"old-{n}") for n in range(30)])
    return looked(lists)


@pytest.fixture
def page(result: dict[str, Any], tmp_path: Path) -> Iterator[Browser]:
    file = tmp_path / "audit.html"
    file.write_text(page_of(result), encoding="utf-8")
    with Browser(tmp_path / "profile", file.as_uri()) as found:
        found.until("document.querySelector('#shown')?.textContent.includes('shown')")
        yield found
    assert found.complaints == []


def shown(page: Browser) -> int:
    return page.js("[...document.querySelectorAll('.rule tbody tr')].filter(r => r.offsetParent).length")


def test_findings_are_filtered_by_severity_words_and_rule(page: Browser, result: dict[str, Any]) -> None:
    total = len(result["findings"])
    assert shown(page) == total
    page.js("document.querySelector('button.critical').focus()")
    page.press("Enter")
    assert shown(page) == result["counts"]["critical"]
    assert page.js("document.querySelector('#shown').textContent") == f"{shown(page)} of {total} shown"
    page.press("Enter")
    page.js("document.querySelector('#search').focus()")
    page.type("old-7")
    assert shown(page) == 1
    assert page.js("[...document.querySelectorAll('.rule')].filter(s => s.offsetParent).length") == 1
    page.js("const s = document.querySelector('#search'); s.value = ''; s.dispatchEvent(new Event('input'))")
    page.js(
        "const r = document.getElementById('rule'); r.value = 'orphaned-volume'; r.dispatchEvent(new Event('change'))"
    )
    assert shown(page) == 30
    # A way to a rule that the filter hides shows it again.
    page.js("location.hash = '#integration-port'")
    page.until("document.querySelector('#integration-port').offsetParent !== null")


def test_everything_has_a_role_and_a_name(page: Browser) -> None:
    tree = page.tree()
    assert {"banner", "main", "heading", "search", "status", "table", "rowheader"} <= {role for role, _name in tree}
    controls = {"button", "searchbox", "combobox", "link", "region"}
    assert [(role, name) for role, name in tree if role in controls and not name] == []
    levels = page.js("[...document.querySelectorAll('h1,h2,h3')].map(n => +n.tagName[1])")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(page: Browser, theme: str) -> None:
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    assert page.js(CONTRAST) == []


@pytest.mark.parametrize("width", [1400, 420])
def test_it_fits_its_window(page: Browser, width: int) -> None:
    page.size(width, 1300)
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
