"""The sequence of a procedure as a picture: SVG for the guides, with its own light and dark dress.

What reads, what changes and what proves is told apart by shape, word and colour. Stages that are done for each target
stand in a frame; the way back to its top is crossed by the barriers at which a campaign waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from ansible_collections.cloudstack.ops.plugins.module_utils.campaign import ACT, CHECK, VERIFY, Procedure, Stage

WIDTH = 760
LEFT, RIGHT = 40, 560
"""Edges of the stages; to the right of them runs the way back."""
RAIL = 632
GAP = 30
PLAN_GAP = 12
FRAME_HEAD = 44
LINE = 21
PADDING = 15
TEXT_LEFT = 124
COLUMNS = 52
"""Characters of a line of text, so that the widest common font still ends inside of its stage."""
TITLE_COLUMNS = 62
TITLE_LINE = 25
KINDS = {CHECK: "check", ACT: "act", VERIFY: "verify"}
MEANING = {CHECK: "reads only", ACT: "changes the cloud", VERIFY: "proves the goal"}
BARRIERS = ("canaries", "batch, pause", "pairs")

STYLE = """\
  .card { fill: #ffffff; stroke: #d0d7de }
  text { font: 15px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #1f2328 }
  .name { font-size: 19px; font-weight: 600 }
  .small { font-size: 12.5px; fill: #57606a }
  .kind { font-size: 11.5px; font-weight: 700; letter-spacing: .06em }
  .frame { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1.5 }
  .way { fill: none; stroke: #57606a; stroke-width: 1.75 }
  .head { fill: #57606a }
  .gate { stroke: #8250df; stroke-width: 4; stroke-linecap: round }
  .gates { fill: #6639ba }
  .plan { stroke: #57606a; stroke-width: 1.25; stroke-dasharray: 2 4 }
  .check { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.5; stroke-dasharray: 5 3 }
  .act { fill: #ffefd6; stroke: #bc4c00; stroke-width: 2.5 }
  .verify { fill: #dcf8e3; stroke: #1a7f37; stroke-width: 1.75 }
  .kind.check-word { fill: #0550ae } .kind.act-word { fill: #953800 } .kind.verify-word { fill: #116329 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #131416; stroke: #3d444d }
    text { fill: #e6edf3 }
    .small { fill: #9da7b3 }
    .frame { fill: #1c1f24; stroke: #6e7681 }
    .way, .plan { stroke: #9da7b3 }
    .head { fill: #9da7b3 }
    .gate { stroke: #a475f9 }
    .gates { fill: #cbaaff }
    .check { fill: #0c2d4d; stroke: #58a6ff }
    .act { fill: #4a2500; stroke: #f0883e }
    .verify { fill: #0f3a1d; stroke: #3fb950 }
    .kind.check-word { fill: #9ecbff } .kind.act-word { fill: #ffb77c } .kind.verify-word { fill: #7ee787 }
  }
"""


@dataclass(frozen=True)
class Box:
    """A stage with its place on the page. ``top`` and ``height`` are in the picture's units."""

    stage: Stage
    lines: tuple[str, ...]
    top: float

    @property
    def height(self) -> float:
        return 2 * PADDING + LINE * len(self.lines)

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def wrapped(text: str, columns: int = COLUMNS) -> tuple[str, ...]:
    """The text in as few lines as fit, of nearly equal length, so that no word stands alone."""
    words = text.split()
    best = _filled(words, columns)
    width = columns
    while width > 20 and len(_filled(words, width - 1)) == len(best):
        width -= 1
        best = _filled(words, width)
    return best


def _filled(words: Sequence[str], width: int) -> tuple[str, ...]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def picture(procedure: Procedure, mark: str) -> str:
    """The sequence of a procedure as an SVG document; ``mark`` says where it comes from."""
    parts: list[str] = []
    title = wrapped(procedure.summary, TITLE_COLUMNS)
    below = 40 + TITLE_LINE * (len(title) - 1)
    y = below + 44.0
    before: Box | None = None
    first_act = next((stage for stage in procedure.sequence if stage.kind == ACT), None)
    for each, stages in groupby(procedure.sequence, key=lambda stage: stage.each):
        group, y = _placed(list(stages), y + (FRAME_HEAD if each else 0), first_act)
        if each:
            parts += _frame(group, procedure.noun)
        for box in group:
            if before:
                parts.append(_arrow(before.bottom, box.top))
            if box.stage is first_act:
                opens = each and box is group[0]
                parts += _end_of_plan(box.top - (FRAME_HEAD if opens else 0) - GAP / 2, inside=each and not opens)
            parts += _stage(box)
            before = box
        y += 26 if each else 0
    height = y + 34
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}"',
            f'     height="{height:g}" role="img" aria-labelledby="title desc">',
            f"<!-- {mark} -->",
            f'<title id="title">The sequence of {procedure.name}</title>',
            f'<desc id="desc">{escape(description(procedure))}</desc>',
            f"<style>\n{STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:g}" rx="12"/>',
            *(
                f'<text class="name" x="{LEFT}" y="{40 + TITLE_LINE * number}">{escape(line)}</text>'
                for number, line in enumerate(title)
            ),
            f'<text class="small" x="{LEFT}" y="{below + 22}">{procedure.name}</text>',
            *parts,
            *_legend(height - 24),
            "</svg>\n",
        ]
    )


def description(procedure: Procedure) -> str:
    """The picture in words, for those who hear it."""
    sentences = [f"{procedure.summary}."]
    for number, stage in enumerate(procedure.sequence, 1):
        repeated = f", for each {procedure.noun}" if stage.each else ""
        sentences.append(f"{number}. {KINDS[stage.kind].capitalize()}{repeated}: {stage.text}.")
    if any(stage.each for stage in procedure.sequence):
        sentences.append("The campaign waits after canaries, between batches and between partners of a pair.")
    return " ".join(sentences)


def _placed(stages: Sequence[Stage], y: float, first_act: Stage | None) -> tuple[list[Box], float]:
    """The stages below each other from ``y`` on, with room for a line where the plan ends; and where they end."""
    boxes: list[Box] = []
    for stage in stages:
        y += PLAN_GAP if stage is first_act else 0
        boxes.append(Box(stage, wrapped(stage.text), y))
        y = boxes[-1].bottom + GAP
    return boxes, y


def _shape(kind: str, left: float, top: float, width: float, height: float) -> str:
    """A check has round ends and a broken line, an act is a plain box, a verification has pointed ends."""
    if kind == VERIFY:
        tip = min(18.0, height / 2)
        points = (
            (left, top + height / 2), (left + tip, top), (left + width - tip, top),
            (left + width, top + height / 2), (left + width - tip, top + height), (left + tip, top + height),
        )  # fmt: skip
        return f'<polygon class="verify" points="{" ".join(f"{x:g},{y:g}" for x, y in points)}"/>'
    corner = min(26.0, height / 2) if kind == CHECK else 3
    return (
        f'<rect class="{KINDS[kind]}" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="{corner:g}"/>'
    )


def _stage(box: Box) -> list[str]:
    kind = KINDS[box.stage.kind]
    first = box.top + PADDING + 15.5
    return [
        f'<g class="stage">{_shape(box.stage.kind, LEFT, box.top, RIGHT - LEFT, box.height)}',
        f'<text class="kind {kind}-word" x="{LEFT + 22}" y="{box.middle + 4:g}">{kind.upper()}</text>',
        *(
            f'<text x="{TEXT_LEFT}" y="{first + LINE * number:g}">{escape(line)}</text>'
            for number, line in enumerate(box.lines)
        ),
        "</g>",
    ]


def _arrow(begin: float, end: float) -> str:
    middle = (LEFT + RIGHT) / 2
    return (
        f'<path class="way" d="M{middle:g} {begin:g}V{end - 6:g}"/>'
        f'<path class="head" d="M{middle - 5:g} {end - 8:g}h10l-5 8z"/>'
    )


def _end_of_plan(y: float, *, inside: bool) -> list[str]:
    """Where check mode ends; a plan is all above the first change."""
    right = RIGHT + 6 if inside else WIDTH - 40
    return [
        f'<path class="plan" d="M{LEFT} {y:g}H{right:g}"/>',
        f'<text class="small" x="{LEFT}" y="{y - 5:g}">check mode ends here</text>',
    ]


def _frame(boxes: Sequence[Box], noun: str) -> list[str]:
    """The loop: a frame around its stages, and the way back to its top with the barriers on it."""
    edge = LEFT - 18
    top, bottom = boxes[0].top - FRAME_HEAD, boxes[-1].bottom + 24
    begin, end = boxes[-1].middle, boxes[0].top - 12
    parts = [
        f'<rect class="frame" x="{edge}" y="{top:g}" width="{WIDTH - 2 * edge}" height="{bottom - top:g}" rx="10"/>',
        f'<text class="small" x="{LEFT - 4}" y="{top + 20:g}">for each {escape(noun)} that is due, in order</text>',
    ]
    middle = (LEFT + RIGHT) / 2
    parts += [
        f'<path class="way" d="M{RIGHT} {begin:g}H{RAIL - 10}q10 0 10 -10V{end + 10:g}q0 -10 -10 -10H{middle + 9:g}"/>',
        f'<path class="head" d="M{middle + 10:g} {end - 5:g}v10l-8 -5z"/>',
    ]
    works = any(box.stage.kind == ACT for box in boxes)
    return parts + (_gates(end + 10, begin - 10) if works else [])


def _gates(top: float, bottom: float) -> list[str]:
    """The barriers on the way back to the next target, spread over its length."""
    shown = BARRIERS if bottom - top > LINE * (len(BARRIERS) + 1) else ("barriers",)
    step = (bottom - top) / (len(shown) + 1)
    parts = []
    for number, words in enumerate(shown, 1):
        y = bottom - step * number
        parts.append(f'<path class="gate" d="M{RAIL - 9} {y:g}h18"/>')
        parts.append(f'<text class="small gates" x="{RAIL + 16}" y="{y + 4:g}">{words}</text>')
    return parts


def _legend(y: float) -> list[str]:
    parts = []
    x = float(LEFT)
    for kind in (CHECK, ACT, VERIFY):
        parts.append(_shape(kind, x, y - 9, 26, 14))
        parts.append(f'<text class="small" x="{x + 34:g}" y="{y + 3:g}">{KINDS[kind]}: {MEANING[kind]}</text>')
        x += {CHECK: 165, ACT: 190, VERIFY: 185}[kind]
    parts.append(f'<path class="gate" d="M{x + 16:g} {y - 2:g}h18"/>')
    parts.append(f'<text class="small" x="{x + 42:g}" y="{y + 3:g}">barrier</text>')
    return parts
