"""Draw a "2" with three strokes on a 28x28 grid, and print it as a request: {"data": [[784 numbers from 0 to 1]]}.

python two.py > two.json
"""

import json
import math
from itertools import pairwise

SIDE = 28
PEN = 1.6  # half the width of a stroke, in pixels

BOW = [
    (13 + 5 * math.cos(math.radians(angle)), 9.5 + 6 * math.sin(math.radians(angle))) for angle in range(-165, 51, 5)
]
CORNERS = [*BOW, (7.5, 24), (20, 24)]  # across the top and round, down to the left, along the bottom


def distance(x, y, start, end):
    """From a point to the stroke between two corners, in pixels."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    part = ((x - start[0]) * along_x + (y - start[1]) * along_y) / (along_x**2 + along_y**2)
    part = max(0, min(1, part))
    return math.hypot(x - start[0] - part * along_x, y - start[1] - part * along_y)


def ink(x, y):
    """Full inside the strokes, fading over one pixel at their edge."""
    nearest = min(distance(x, y, start, end) for start, end in pairwise(CORNERS))
    return round(max(0.0, min(1.0, PEN - nearest + 0.5)), 1)


if __name__ == "__main__":
    print(json.dumps({"data": [[ink(x, y) for y in range(SIDE) for x in range(SIDE)]]}))
