"""Runs a program in a box as whoever calls this, with the standard library alone.

``python -I -S boxed_by_a_user.py`` reads ``{argv, grant, layers, most_output}`` as JSON and writes how it ended.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers
from deepcat.host.box.run import run

asked = json.load(sys.stdin)
done = run(
    asked["argv"],
    Grant.from_dict(asked["grant"]),
    most_output=asked["most_output"],
    layers=Layers.from_dict(asked["layers"]),
)
json.dump([done.rc, done.out.hex(), done.err.hex(), done.ended, done.why], sys.stdout)
