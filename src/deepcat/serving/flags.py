"""TensorFlow Serving's flags: those that `deepcat serve` does not carry out, and our image's start.

`deepcat serve` has TensorFlow Serving's names for all that it does, so what starts a server in a
container names those alone, and its image and ours can stand for each other.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A flag that is not carried out.

    Attributes:
        why: it is not.
        harmless: values that ask for nothing but what is done anyway.
    """

    why: str
    harmless: tuple[str, ...] = ("", "0", "false")


_ONE_MODEL = "models are loaded and ended one after the other"
_DONE = ("true", "1")
_THREADS = "each model has one number of threads: `--tensorflow_session_parallelism`"

# Flag without its dashes -> why it is refused.
REFUSED: Mapping[str, Refused] = {
    "enable_profiler": Refused("there is no profiler service"),
    "enable_signature_method_name_check": Refused(
        "a signature is always asked for what its method is", _DONE
    ),
    "flush_filesystem_caches": Refused("the system's cache of files is left alone"),
    "mixed_precision": Refused("a model computes in the precision that it was exported with"),
    "monitoring_config_file": Refused(
        "the metrics are always at `/monitoring/prometheus/metrics`", ("",)
    ),
    "num_load_threads": Refused(_ONE_MODEL, ("0", "1")),
    "num_tflite_interpreters_per_pool": Refused("interpreters are made as they are needed", ()),
    "num_tflite_pools": Refused("interpreters are made as they are needed", ()),
    "num_unload_threads": Refused(_ONE_MODEL, ("0", "1")),
    "per_process_gpu_memory_fraction": Refused(
        "a GPU's memory is taken as it is needed", ("0", "0.0")
    ),
    "platform_config_file": Refused("there is one platform, `tensorflow`", ("",)),
    "remove_unused_fields_from_bundle_metagraph": Refused(
        "of a graph the signatures are kept", _DONE
    ),
    "saved_model_tags": Refused("the graph with the tag `serve` is served", ("", "serve")),
    "ssl_config_file": Refused("name files: --certificate, --private-key, --client-ca", ("",)),
    "tensorflow_inter_op_parallelism": Refused(_THREADS),
    "tensorflow_intra_op_parallelism": Refused(_THREADS),
    "tensorflow_session_config_file": Refused("a session has no settings but its threads", ("",)),
    "thread_pool_factory_config_file": Refused("TensorFlow's own threads are used", ("",)),
    "use_alts_credentials": Refused("ALTS is for Google's own machines"),
    "xla_cpu_compilation_enabled": Refused("graphs are run as they are, not compiled"),
}  # fmt: skip


def arguments(flags: Sequence[str], engine: str = "native") -> list[str]:
    """The arguments of `deepcat serve` for TensorFlow Serving's flags: its defaults go before."""
    # As its image does; whoever starts the container says to whom its ports are published.
    return [
        *("serve", "--host", "0.0.0.0", "--insecure", "--engine", engine),  # noqa: S104
        *("--port=8500", "--rest_api_port=0"),
        *flags,
    ]


def main(engine: str = "native") -> None:
    """Serve, by the flags of the command line."""
    import importlib

    command = importlib.import_module("deepcat.cli.main").main
    sys.argv[1:] = arguments(sys.argv[1:], engine)
    command()
