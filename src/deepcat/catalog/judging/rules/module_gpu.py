"""Who asks for GPU memory or a compute capability asks for a GPU.

Why:
    With `gpu: 0` the other wishes have no effect, and the module is placed on a host without one.
Mend:
    Set `gpu` to 1 or more, or remove the other keys.
Bad:
    inference:
      gpu: 0
      gpu_memory_MB: 8000
Good:
    inference:
      gpu: 1
      gpu_memory_MB: 8000
"""

from collections.abc import Iterator

from deepcat.catalog.findings import Severity
from deepcat.catalog.judging.rule import Flaw, unit_rule
from deepcat.catalog.judging.unit_view import View
from deepcat.catalog.reading.units import UnitKind

_WISHES = ("gpu_memory_MB", "gpu_compute_capability")


@unit_rule(__doc__, "module/gpu", UnitKind.MODULE, severity=Severity.HINT, needs="resources")
def gpu(view: View) -> Iterator[Flaw]:
    """Inference and training."""
    for task, needs in view.data["resources"].items():
        if not isinstance(needs, dict) or needs.get("gpu", 0):
            continue
        for key in _WISHES:
            if needs.get(key):
                message = f"`{key}` is set, but no GPU is asked for"
                yield Flaw(view.place("resources", task, key), message, "add `gpu: 1`")
