"""The pictures of procedures in a browser: no text leaves its stage or the card, in light and in dark."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from chromium import Browser

PICTURES = sorted((Path(__file__).resolve().parents[2] / "docs/docsite/rst/pictures").glob("*.svg"))
OUTSIDE = """
(() => {
  const within = (box, around) => box.x >= around.x && box.y >= around.y
    && box.x + box.width <= around.x + around.width && box.y + box.height <= around.y + around.height;
  const card = document.querySelector('.card').getBBox();
  const wrong = [...document.querySelectorAll('text')].filter(t => !within(t.getBBox(), card));
  for (const stage of document.querySelectorAll('.stage')) {
    const [shape, kind, ...lines] = stage.children;
    const around = shape.getBBox();
    wrong.push(...[kind, ...lines].filter(t => !within(t.getBBox(), around)));
    wrong.push(...lines.filter(t => t.getBBox().x < kind.getBBox().x + kind.getBBox().width));
  }
  return wrong.map(t => t.textContent);
})()
"""
OVERLAPPING = """
(() => {
  const texts = [...document.querySelectorAll('text')];
  const apart = (one, other) => one.x + one.width <= other.x || other.x + other.width <= one.x
    || one.y + one.height <= other.y || other.y + other.height <= one.y;
  return texts.flatMap((one, place) => texts.slice(place + 1)
    .filter(other => !apart(one.getBBox(), other.getBBox()))
    .map(other => `${one.textContent} / ${other.textContent}`));
})()
"""
CONTRAST = """
(() => {
  const light = colour => {
    const linear = part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
    const [r, g, b] = colour.match(/\\d+/g).map(n => linear(n / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const fill = node => getComputedStyle(node).fill;
  const card = document.querySelector('.frame') || document.querySelector('.card');
  return Math.min(...[...document.querySelectorAll('text')].map(text => {
    const around = text.closest('.stage')?.firstElementChild ?? card;
    const [one, other] = [light(fill(text)), light(fill(around))].sort((a, b) => b - a);
    return (one + .05) / (other + .05);
  }));
})()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory):
    with Browser(tmp_path_factory.mktemp("profile"), "about:blank", width=800) as browser:
        yield browser


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_can_be_read_in_light_and_dark(page: Browser, path: Path) -> None:
    page.send("Page.navigate", url=path.as_uri())
    page.until(f"document.readyState === 'complete' && location.href === {path.as_uri()!r}")
    assert page.js(OUTSIDE) == []
    assert page.js(OVERLAPPING) == []
    for scheme in ("light", "dark"):
        page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        assert page.js(CONTRAST) >= 4.5
