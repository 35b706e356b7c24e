# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The few shapes that pictures of plans are made of. Colours come from classes, so that a page may set them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

_NARROW, _WIDE = frozenset("fijlrt .,:;'|!()[]-/"), frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZmw@%&_+~×")


def width_of(text: str) -> float:
    """About how many pixels a text takes in the pictures, rather more than less; no font is asked."""
    return sum(5.0 if letter in _NARROW else 9.4 if letter in _WIDE else 7.5 for letter in text)


def shortened(text: str, width: float) -> str:
    """A text that fits into a width, with an ellipsis where it is cut."""
    if width_of(text) <= width:
        return text
    while len(text) > 1 and width_of(text) + 9 > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def text(x: float, y: float, words: str, kind: str = "") -> str:
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{marked}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, title: str = "", corner: float = 5) -> str:
    """A rectangle; ``title`` is what it tells when pointed at."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner:g}"'
    return f'<rect class="{escape(kind)}" {shape}>{inner}</rect>'


def group(drawn: str, name: str, title: str, anchor: str) -> str:
    """Shapes that are one thing, by the name that lines know it by; with an anchor they lead there."""
    if not anchor:
        return f'<g data-name="{name}">{drawn}</g>'
    return f'<a data-name="{name}" href="#{escape(anchor)}" aria-label="{escape(title)}">{drawn}</a>'


def pointed(drawn: str, title: str, anchor: str) -> str:
    """Shapes that lead somewhere when pointed at; of many, so that the keyboard goes elsewhere."""
    return f'<a tabindex="-1" href="#{escape(anchor)}" aria-label="{escape(title)}">{drawn}</a>'


def curve(points: Sequence[tuple[float, float]], data: Mapping[str, str]) -> str:
    """A line from left to right: straight from the first point to the second, bent to the third, straight ..."""
    (x, y), *rest = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for number, (right, down) in enumerate(rest):
        if number % 2 == 0:
            parts.append(f"H{right:.1f}")
        else:
            middle = (x + right) / 2
            parts.append(f"C{middle:.1f},{y:.1f} {middle:.1f},{down:.1f} {right:.1f},{down:.1f}")
        x, y = right, down
    told = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return f'<path class="edge"{told} d="{" ".join(parts)}"/>'


def picture(width: float, height: float, label: str, shapes: Iterable[str], kind: str = "") -> str:
    """The whole picture, as wide as it needs to be."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    marked = f' class="{kind}"' if kind else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg"{marked} role="group" aria-label="{escape(label)}" {size}>'
        + "".join(shapes)
        + "</svg>"
    )
