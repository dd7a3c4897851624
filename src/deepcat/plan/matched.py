"""What no role takes because deepcat itself carries it out: the matcher and the compiler. Pure."""

from __future__ import annotations

from typing import Final

COMPUTE: Final = "tosca.nodes.Compute"
# What runs a container: no machine of its own, but what is asked of it is asked of a machine.
RUNTIME: Final = "tosca.nodes.indigo.Container.Runtime.Docker"
HOSTS: Final = frozenset((COMPUTE, RUNTIME))

# Capability of a machine -> the properties by which a host is chosen (`clouds.request`).
CAPABILITIES: Final = {
    "host": frozenset(
        (
            "num_cpus",
            "mem_size",
            "disk_size",
            "num_gpus",
            "gpu_vendor",
            "gpu_model",
            "gpu_models",
            "gpu_memory",
            "gpu_compute_capability",
            "cuda",
            "driver",
            "mig",
            "interconnect",
            "infiniband_support",
        )
    ),
    "os": frozenset(("cuda_support", "cuda_min_version", "gpu_driver")),
}


# Profile -> the kinds of workload of which it needs one; `serve` is every other topology's.
PROFILES: Final = {
    "train": ("job", "deepcat.nodes.TrainingJob"),
    "develop": ("notebook", "deepcat.nodes.Notebook"),
}
