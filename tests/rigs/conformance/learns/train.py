"""Learn a slope, by a package that the lock alone brings; go on from the last checkpoint."""

import json
import os
import pathlib
import sys
import time

from slope import STEP

inputs = json.loads(pathlib.Path(os.environ["DEEPCAT_INPUTS"]).read_text())
kept = pathlib.Path(os.environ["DEEPCAT_CHECKPOINTS"])
output = pathlib.Path(os.environ["DEEPCAT_OUTPUT"])
resume = os.environ["DEEPCAT_RESUME"]
with pathlib.Path(inputs["ran"]).open("a") as ran:
    ran.write("ran\n")
begun = int(pathlib.Path(resume).name) if resume else 0
print("begins after", begun, flush=True)
if data := os.environ.get("DEEPCAT_DATA_POINTS"):
    points = pathlib.Path(data, "points.csv")
    try:
        points.open("a")
    except OSError:
        print("the data is read only", flush=True)
    (output / "points.json").write_text(json.dumps(points.read_text().split()))
if inputs["does"]:
    sys.path.insert(0, "hostile")
    __import__(inputs["does"]).attack(output)
with pathlib.Path(os.environ["DEEPCAT_METRICS"]).open("a") as metrics:
    for epoch in range(begun + 1, inputs["epochs"] + 1):
        new = kept / f"{epoch}.partial"
        new.write_text(str(epoch))
        new.rename(kept / str(epoch))
        told = {"step": epoch, "loss": 1 / epoch, "progress": epoch / inputs["epochs"]}
        metrics.write(json.dumps(told) + "\n")
        metrics.flush()
        time.sleep(inputs["pause"])
(output / "model.json").write_text(json.dumps({"slope": STEP * inputs["epochs"]}))
sys.exit(0)
