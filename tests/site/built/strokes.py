"""Digits as a hand draws them: lines through points of the unit square, y downwards."""

from __future__ import annotations

import math

Line = list[tuple[float, float]]


def _arc(x: float, y: float, across: float, down: float, start: int, end: int) -> Line:
    """Part of an ellipse, from one angle to another, in degrees; 0 is to the right, 90 below."""
    step = 20 if end > start else -20
    angles = [math.radians(at) for at in [*range(start, end, step), end]]
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


DIGITS: dict[int, list[Line]] = {
    0: [_arc(0.5, 0.5, 0.3, 0.5, -90, 270)],
    1: [[(0.35, 0.2), (0.52, 0.0), (0.52, 1.0)]],
    2: [[*_arc(0.5, 0.28, 0.3, 0.28, -170, 40), (0.2, 1.0), (0.8, 1.0)]],
    3: [[*_arc(0.47, 0.25, 0.28, 0.25, -160, 90), *_arc(0.47, 0.74, 0.32, 0.26, -90, 160)]],
    4: [[(0.6, 0.0), (0.15, 0.62), (0.85, 0.62)], [(0.65, 0.35), (0.65, 1.0)]],
    5: [
        [(0.78, 0.0), (0.28, 0.0), (0.25, 0.42), *_arc(0.47, 0.68, 0.32, 0.31, -120, 150)],
    ],
    6: [[(0.66, 0.0), (0.4, 0.25), (0.22, 0.6), *_arc(0.48, 0.72, 0.27, 0.28, 180, -180)]],
    7: [[(0.2, 0.0), (0.82, 0.0), (0.42, 1.0)], [(0.3, 0.52), (0.75, 0.52)]],
    8: [[*_arc(0.5, 0.25, 0.23, 0.25, 90, 450), *_arc(0.5, 0.75, 0.28, 0.25, -90, 270)]],
    9: [[*_arc(0.5, 0.28, 0.27, 0.28, 10, 370), (0.74, 0.6), (0.6, 1.0)]],
}
