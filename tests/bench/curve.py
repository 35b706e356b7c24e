"""A curve over sizes that grow by factors, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 320, 70, 50, 30


def draw(points: Sequence[tuple[int, float]]) -> str:
    """SVG of (number of objects, milliseconds per object); the sizes on a logarithmic axis, the cost from 0 up."""
    first, last = math.log10(points[0][0]), math.log10(points[-1][0])
    most = max(cost for _size, cost in points) * 1.25

    def place(size: int, cost: float) -> tuple[float, float]:
        x = LEFT + (math.log10(size) - first) / (last - first) * (WIDTH - LEFT - 40)
        return x, HEIGHT - BOTTOM - cost / most * (HEIGHT - BOTTOM - TOP)

    shapes = [f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - 20}" y2="{HEIGHT - BOTTOM}" stroke="#888"/>']
    for step in range(5):
        cost = most * step / 4
        y = place(points[0][0], cost)[1]
        shapes.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}" stroke="#ddd"/>')
        shapes.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{cost:.2f}</text>')
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    shapes.append(f'<polyline points="{path}" fill="none" stroke="#1a7f37" stroke-width="2"/>')
    for size, cost in points:
        x, y = place(size, cost)
        shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1a7f37"><title>{size}: {cost:.3f}</title></circle>'
        )
        shapes.append(f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{cost:.2f}</text>')
        shapes.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size:,}</text>')
    shapes.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">objects in the document</text>')
    shapes.append(f'<text x="{LEFT}" y="18">milliseconds of CPU for the plan, per object</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        + "".join(shapes)
        + "</svg>\n"
    )
