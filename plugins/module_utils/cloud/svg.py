# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few shapes that pictures of plans are made of. Colours come from classes, so that a page may set them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

LETTER = 7.0
"""Width of a letter at the size of the pictures' texts, in pixels; a little generous."""


def width_of(text: str) -> float:
    return LETTER * len(text)


def shortened(text: str, width: float) -> str:
    """A text that fits into a width, with an ellipsis where it is cut."""
    letters = max(1, int(width / LETTER))
    return text if len(text) <= letters else text[: max(1, letters - 1)] + "…"


def text(x: float, y: float, words: str, kind: str = "") -> str:
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{marked}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, title: str = "", corner: float = 5) -> str:
    """A rectangle; ``title`` is what it tells when pointed at, and to screen readers."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner:g}"'
    return f'<rect class="{escape(kind)}" {shape}>{inner}</rect>'


def curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line from left to right that leaves and arrives level."""
    middle = (x1 + x2) / 2
    return f'<path class="edge" d="M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"/>'


def picture(width: float, height: float, label: str, shapes: Iterable[str]) -> str:
    """The whole picture, as wide as it needs to be."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" {size}>'
        + "".join(shapes)
        + "</svg>"
    )
