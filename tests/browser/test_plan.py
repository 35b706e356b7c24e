"""The page of a plan as people meet it: by pointer, by keyboard, by screen reader, by day and night."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Browser

from ansible_collections.cloudstack.ops.tests.support.documents import example
from ansible_collections.cloudstack.ops.tests.support.virtual import VirtualCloud

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plans of the example: new, after something of each sort happened to it, and as it is."""
    folder = tmp_path_factory.mktemp("plans")
    cloud = VirtualCloud()
    cloud.run("apply", check=True, cloud=example(), plan_file=str(folder / "new.html"))
    cloud.run("apply", cloud=example(), parallel=4)
    cloud.run("drift", cloud=example(), plan_file=str(folder / "same.html"))
    document = example()
    document["compute_offerings"][0] |= {"memory": 2048, "immutable_drift": "replace"}
    document["compute_offerings"].append({"name": "x" * 300, "cpu_number": 1, "cpu_speed": 1000, "memory": 64})
    document["zones"][0]["dns1"] = "192.0.2.7"
    cluster = document["zones"][0]["pods"][0]["clusters"][0]
    cluster["hosts"].pop()
    cluster["storage_pools"][0]["storage_tags"] = ["<b>fast</b>"]
    cloud.run("apply", cloud=document, prune=["host"], plan_file=str(folder / "changed.html"))
    return folder


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, plans: Path, tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile", (plans / "changed.html").as_uri()) as browser:
        browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": request.param}])
        browser.until("document.readyState === 'complete' && document.querySelectorAll('#changes tr').length > 0")
        yield browser
        assert browser.complaints == []


def shown(page: Browser) -> int:
    return page.js("[...document.querySelectorAll('#changes tr')].filter(row => row.offsetParent).length")


def test_texts_stand_out_and_everything_has_a_role_and_a_name(page: Browser) -> None:
    assert page.js(CONTRAST) == []
    tree = page.tree()
    roles = {role for role, _name in tree}
    assert {"main", "heading", "button", "link", "searchbox", "table", "region", "status"} <= roles
    assert [(role, name) for role, name in tree if role in ("button", "link", "searchbox", "region") and not name] == []
    assert page.js("document.querySelector('b:not(td b, .sums b)') === null"), "values are text, not markup"


def test_a_box_leads_to_its_values_by_keyboard(page: Browser) -> None:
    page.send("Emulation.setFocusEmulationEnabled", enabled=True)
    page.js("document.querySelector('svg.graph a').focus()")
    assert page.js("document.querySelector('svg.graph').classList.contains('looking')")
    lit = page.js("[...document.querySelectorAll('svg.graph .lit')].length")
    assert lit >= 3, "two boxes and the line between them"
    name = page.js("document.activeElement.getAttribute('aria-label').split(': ')[0]")
    page.press("Enter")
    page.until("document.querySelector('tr:target') !== null")
    assert page.js("document.querySelector('tr:target b').textContent") == name


def test_the_table_shows_what_is_asked_for(page: Browser) -> None:
    every = shown(page)
    page.js("document.querySelector('.sums button.delete').focus()")
    page.press(" ")
    assert 0 < shown(page) < every
    assert page.js("document.querySelector('#shown').textContent") == f"{shown(page)} of {every} shown"
    page.press(" ")
    page.js("document.querySelector('#search').focus()")
    page.type("192.0.2.7")
    assert shown(page) == 1
    hidden = page.js("document.querySelector('#changes tr[hidden]').id")
    page.js(f"location.hash = '{hidden}'")
    page.until(f"document.getElementById('{hidden}').offsetParent !== null")


@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize("name", ["new", "changed", "same"])
def test_it_fits_its_window(plans: Path, tmp_path: Path, width: int, name: str) -> None:
    with Browser(tmp_path / "profile", (plans / f"{name}.html").as_uri(), width=width) as page:
        page.until("document.readyState === 'complete' && document.title !== ''")
        assert page.js("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []
        outside = page.js(
            "[...document.querySelectorAll('svg rect')].filter(box => { const of = box.ownerSVGElement.getBBox();"
            "const one = box.getBBox(); return one.x + one.width > of.x + of.width + 1; }).length"
        )
        assert outside == 0
        if name != "same":
            wide = page.js(
                "[...document.querySelectorAll('svg.graph [data-name], svg.zone a')].filter(one => {"
                "const [box, text] = [one.querySelector('rect'), one.querySelector('text')];"
                "return text && text.getBBox().width > box.getBBox().width - 10; }).map(one => one.textContent)"
            )
            assert wide == [], "a text is wider than its box"
