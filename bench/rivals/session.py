"""The yardstick: the session alone, asked by one thread.

python bench/rivals/session.py FOLDER SECONDS SLICES PICTURE
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import numpy as np

from deepcat.serving.contract import dtypes
from deepcat.serving.engine import choose
from deepcat.serving.models import inference
from deepcat.serving.models.servable import Servable


def main() -> None:
    """Print one line of JSON: the least processor seconds of a run, and the seconds of each."""
    folder, seconds, slices = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    servable = Servable("m", 1, choose.start("native").load(folder))
    ((name, info),) = servable.signature("").inputs.items()
    if info.dtype == dtypes.STRING.number:
        array = np.array([Path(sys.argv[4]).read_bytes()], object)
    else:
        shape = [max(1, dim.size) for dim in info.tensor_shape.dim]
        array = np.random.default_rng(1).random(shape, np.float32)

    def run(until: float) -> list[float]:
        times = []
        while (begun := time.perf_counter()) < until:
            inference.predict(servable, "", {name: array})
            times.append(time.perf_counter() - begun)
        return times

    run(time.perf_counter() + 0.3)
    least, times = math.inf, []
    for _ in range(slices):
        cpu = time.process_time()
        found = run(time.perf_counter() + seconds)
        least = min(least, (time.process_time() - cpu) / len(found))
        times += found
    print(json.dumps({"cpu": least, "times": sorted(times), "seconds": slices * seconds}))


if __name__ == "__main__":
    main()
