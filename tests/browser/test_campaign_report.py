"""The report of a campaign in a browser: texts stand out, nothing is cut off, the picture has all steps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Browser

from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from cloudstack_simulator.commands.appliances.ageing import age

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
OUTSIDE = """(() => {
  const frame = document.querySelector("svg").getBoundingClientRect();
  return [...document.querySelectorAll("svg text, svg rect")].filter((part) => {
    const box = part.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
  }).map((part) => part.textContent || part.outerHTML);
})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an upgrade in batches with failures."""
    place = tmp_path_factory.mktemp("report") / "upgrade"
    cloud = PopulatedCloud("hosts=6,vms=20,routers=20,hypervisor=KVM")
    age(cloud.sim)
    cloud.fault(do="fail-job", command="restartNetwork", nth=[2, 3, 15, 16])
    options = {"parallel": 4, "batch": "40%", "pause": 30, "failure_budget": 5, "retries": 1}
    ended = cloud.run("virtual_router_upgrade", **options, report=str(place))
    assert ended["counts"]["done"] >= 16
    return place.with_suffix(".html")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 360])
def test_the_page_can_be_read_at_any_width_by_day_and_by_night(
    report: Path, tmp_path: Path, width: int, theme: str
) -> None:
    with Browser(tmp_path / "profile", report.as_uri(), width=width) as page:
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        page.until("document.readyState === 'complete'")
        assert page.js(CONTRAST) == []
        assert page.js(OUTSIDE) == []
        assert page.js("document.documentElement.scrollWidth <= innerWidth"), "the table scrolls, not the page"
        roles = {role for role, _name in page.tree()}
        assert {"main", "heading", "image", "table", "list"} <= roles
        assert page.complaints == []


def test_the_picture_has_a_bar_for_every_step_and_a_line_for_every_barrier(report: Path, tmp_path: Path) -> None:
    with Browser(tmp_path / "profile", report.as_uri()) as page:
        page.until("document.readyState === 'complete'")
        assert page.js("document.querySelectorAll('svg rect').length") == 20
        assert page.js("document.querySelectorAll('svg line[stroke-dasharray]').length") == 2
