"""The page as people meet it: live, by keyboard, by screen reader, and without secrets."""

from __future__ import annotations

import itertools
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Browser

from cloudstack_simulator.running import RunningSimulator

NAMELESS = {"button", "textbox", "combobox", "spinbutton", "switch", "tab", "tabpanel", "link", "meter", "table"}
SMALL = """
[...document.querySelectorAll("a, button, input, select, summary")].filter((node) => node.offsetParent)
  .filter((node) => Math.min(node.getBoundingClientRect().height, node.getBoundingClientRect().width) < 24)
  .map((node) => node.outerHTML)
"""
"""What a finger or an unsteady hand would miss."""


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory(zone="sandbox", seed=1)


@pytest.fixture
def page(running: RunningSimulator, tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile", running.url + "/") as browser:
        browser.until("document.querySelectorAll('.zone').length === 1")
        yield browser
        assert browser.complaints == []


def texts(page: Browser, selector: str) -> list[str]:
    return page.js(f"[...document.querySelectorAll({selector!r})].map(n => n.textContent)")


def test_the_cloud_is_there_with_states_and_changes_by_itself(running: RunningSimulator, page: Browser) -> None:
    assert texts(page, ".zone h3") == ["Sandbox-simulator"]
    assert texts(page, ".cluster strong") == ["C0", "C1"]
    assert texts(page, ".host .badge") == ["Up"] * 4
    assert sorted(texts(page, ".system .kind")) == ["console proxy", "secondary storage"]
    host = running.sim.db.hosts.first(kind="Routing")
    host.state = "Alert"
    page.until("document.querySelector('.host .badge').textContent === 'Alert'")
    assert page.js("document.querySelector('.host .badge').dataset.tone") == "bad"
    page.until(f"document.querySelector('#news').textContent === '{host.name} is Alert'")


def test_calls_jobs_and_events_arrive_without_their_secrets(running: RunningSimulator, page: Browser) -> None:
    running.sim.call("createProject", name="<b>rocket</b>")
    running.sim.call("updateConfiguration", name="alert.smtp.password", value="hush-hush")
    page.until("document.querySelectorAll('#calls tr').length === 2")
    assert "value=<hidden>" in texts(page, "#calls .text")[0]
    assert "name=<b>rocket</b>" in texts(page, "#calls .text")[1]
    page.until("document.querySelectorAll('#jobs tr').length && document.querySelectorAll('#events tr').length")
    assert texts(page, "#jobs th")[0] == "createProject"
    proxy = running.sim.db.vms.first(vm_type="ConsoleProxy")
    running.sim.call("rebootSystemVm", id=proxy.uuid)
    page.until(f"document.querySelector('#jobs .given').textContent === 'SystemVm={proxy.name}'")
    assert "hush-hush" not in page.js("document.documentElement.innerHTML")
    assert running.secret not in page.js("document.documentElement.innerHTML")


def test_tabs_follow_the_arrow_keys(page: Browser) -> None:
    page.js("document.querySelector('#tab-calls').focus()")
    page.press("ArrowRight")
    assert page.js("document.activeElement.id") == "tab-jobs"
    assert page.js("document.querySelector('#panel-jobs').hidden") is False
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    assert page.js("document.activeElement.id") == "tab-events"
    assert page.js("document.querySelector('#panel-jobs').hidden") is True


def test_a_fault_is_added_switched_and_removed_by_keyboard_alone(running: RunningSimulator, page: Browser) -> None:
    page.js("document.querySelector('#rule-do').value = 'agents-down'")
    page.js("document.querySelector('#rule-do').dispatchEvent(new Event('change'))")
    page.js("document.querySelector('#rule-where').focus()")
    page.type("Simulated*")
    page.press("Enter")
    page.until("document.querySelectorAll('#rules li').length === 1")
    page.until("[...document.querySelectorAll('.host .badge')].every(n => n.textContent === 'Down')")
    page.js("document.querySelector('#rules .switch').focus()")
    page.press(" ")
    page.until("document.querySelector('#rules .switch').getAttribute('aria-checked') === 'false'")
    page.until("[...document.querySelectorAll('.host .badge')].every(n => n.textContent === 'Up')")
    assert page.js("document.activeElement.className") == "switch"
    page.press("Tab")
    page.press("Enter")
    page.until("document.querySelectorAll('#rules li').length === 0")
    page.until("document.activeElement.id === 'rule-do'")
    assert running.sim.faults.rules == []


def test_focus_stays_beside_a_rule_that_was_removed(running: RunningSimulator, page: Browser) -> None:
    for name in ("one", "two"):
        running.sim.faults.add({"do": "slow", "name": name})
    page.until("document.querySelectorAll('#rules li').length === 2")
    page.js("document.querySelector('#rules li .plain').focus()")
    page.press("Enter")
    page.until("document.activeElement.getAttribute('aria-label') === 'Rule two'")


def test_the_form_asks_only_for_what_the_kind_heeds(running: RunningSimulator, page: Browser) -> None:
    def asked(kind: str) -> list[str]:
        page.js(f"document.querySelector('#rule-do').value = '{kind}'")
        page.js("document.querySelector('#rule-do').dispatchEvent(new Event('change'))")
        return page.js("[...document.querySelectorAll('#new-rule input')].filter(n => n.offsetParent).map(n => n.name)")

    assert asked("lose-answer") == ["command", "object", "nth", "times", "probability"]
    assert asked("router-lost") == ["object", "nth", "times", "probability"]
    assert "where" in asked("storage-full")
    assert {"code", "text"} <= set(asked("error"))
    page.js("document.querySelector('#rule-message').focus()")
    page.type("out of luck")
    page.press("Enter")
    page.until("document.querySelectorAll('#rules li').length === 1")
    assert running.sim.faults.rules[0].text == "out of luck"


def test_an_unreachable_simulator_is_told(running: RunningSimulator, page: Browser) -> None:
    running.sim.faults.add({"do": "slow"})
    page.until("document.querySelectorAll('#rules li').length === 1")
    running.stop()
    page.until("document.querySelector('#connection').dataset.tone === 'bad'")
    page.js("document.querySelector('#rules .switch').click()")
    page.until("document.querySelector('#rule-error').textContent === 'The simulator does not answer.'")
    page.complaints.clear()


def test_a_wrong_rule_is_explained_where_it_was_typed(page: Browser) -> None:
    page.js("document.querySelector('#rule-command').focus()")
    page.type("listZone")
    page.press("Enter")
    page.until("document.querySelector('#rule-error').textContent.includes('there is no command listZone')")
    page.complaints.clear()


def test_everything_has_a_role_and_a_name(running: RunningSimulator, page: Browser) -> None:
    running.sim.faults.add({"do": "slow"})
    running.sim.call("listZones")
    page.until("document.querySelectorAll('#rules li').length && document.querySelectorAll('#calls tr').length")
    tree = page.tree()
    assert {"banner", "main", "heading", "tablist", "status"} <= {role for role, _name in tree}
    assert [(role, name) for role, name in tree if role in NAMELESS and not name] == []
    assert ("switch", "Rule slow 1") in tree
    assert {"Hosts of C0", "Pools of C0", "System VMs of Sandbox-simulator"} <= {
        n for role, n in tree if role == "list"
    }
    assert page.js(SMALL) == []
    assert {"columnheader", "rowheader", "cell"} <= {role for role, _name in tree}
    page.size(360, 900)
    assert {"table", "columnheader", "rowheader", "cell"} <= {role for role, _name in page.tree()}
    levels = page.js("[...document.querySelectorAll('h1,h2,h3,h4')].map(n => +n.tagName[1])")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(running: RunningSimulator, page: Browser, theme: str) -> None:
    """Contrast of at least 4.5 to 1 for every text, as WCAG 2.1 AA asks."""
    running.sim.faults.add({"do": "agents-down"})
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    page.until("document.querySelector('.host .badge').textContent === 'Down'")
    assert page.js((Path(__file__).parent / "contrast.js").read_text()) == []


@pytest.mark.parametrize("width", [1600, 1400, 900, 360])
def test_it_fits_its_window_and_is_not_blank(page: Browser, tmp_path: Path, width: int) -> None:
    page.size(width, 1300)
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
    picture = page.screenshot(tmp_path / "page.png")
    assert len(set(_pixels(picture))) > 12


def _pixels(png: bytes) -> Iterator[Any]:
    """Raw scan line octets of a PNG, sampled: enough to tell a picture from a blank page."""
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    yield from zlib.decompress(data)[::97]
