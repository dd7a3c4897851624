"""A model server in a container, by TensorFlow Serving's own flags. Pure but for its model list.

The container is its box: nothing of the host but its own folders, which it can read, and the ports
that are published on the deployment's address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from deepcat.host.model_server.options import Options
from deepcat.host.model_server.rollout import Server

PROGRAM = "tensorflow_model_server"
REST, GRPC = 8501, 8500
# No model can have such a name, whose folders lie beside.
_MODELS = ".models"
_TASKS = 4096


def flags(folder: Path, options: Options, poll_s: str) -> list[str]:
    """TensorFlow Serving's flags for what lies in a server's folder."""
    found = [
        f"--port={GRPC}",
        f"--rest_api_port={REST}",
        f"--model_config_file={folder / _MODELS}",
        f"--file_system_poll_wait_seconds={max(1, round(float(poll_s)))}",
    ]
    if words := options.arguments(folder):
        found += ["--enable_batching=true", f"--batching_parameters_file={words[-1]}"]
    return found


def models(server: Server, folder: Path) -> str:
    """TensorFlow Serving's list of what a server serves."""
    each = "".join(
        f'  config {{ name: "{model.name}" base_path: "{folder / model.name}"'
        ' model_platform: "tensorflow" }\n'
        for model in server.models
    )
    return f"model_config_list {{\n{each}}}\n"


def command(place: Path, server: Server, poll_s: str) -> list[str]:
    """The command that runs a server in its container; it goes when the command ends.

    Args:
        place: the deployment's folder.
        server: to be started, with the engine and the image that serve it.
        poll_s: seconds between two looks at the models' folders.
    """
    folder, how = place / server.folder, server.serving
    (folder / _MODELS).write_text(models(server, folder), "utf-8")
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"deepcat-{place.parent.name}-{server.program}")
    words = [how.engine, "run", "--rm", f"--name={name}", *_replacing(how.engine)]
    words += ["--pull=never", "--read-only", "--cap-drop=all", f"--pids-limit={_TASKS}"]
    words += ["--security-opt=no-new-privileges", "--tmpfs=/tmp"]
    words += [f"--publish={_address(server.address)}:{server.rest_port}:{REST}"]
    words += [f"--publish={_address(server.address)}:{server.grpc_port}:{GRPC}"]
    words += [f"--volume={each}:{each}:ro" for each in (place / "models", folder)]
    if server.options.memory_bytes:
        words.append(f"--memory={server.options.memory_bytes}")
    words += _cards(how.engine, server.cards)
    words += [f"--env={key}={value}" for key, value in server.options.environment]
    words += [f"--entrypoint={PROGRAM}", how.image, *flags(folder, server.options, poll_s)]
    lite = any(_is_lite(place / model.path) for model in server.models)
    return [*words, "--prefer_tflite_model=true"] if lite else words


def _is_lite(folder: Path) -> bool:
    """Whether a model's folder holds a `model.tflite` alone."""
    return (folder / "model.tflite").is_file() and not any(folder.glob("saved_model.pb*"))


def _replacing(engine: str) -> Sequence[str]:
    """What takes away a container of that name which a killed command has left."""
    return ("--replace",) if engine.endswith("podman") else ()


def _cards(engine: str, cards: Sequence[str]) -> list[str]:
    """The graphics cards that are its own, by UUID: through CDI, or by Docker's own word."""
    if not cards or engine.endswith("podman"):
        return [f"--device=nvidia.com/gpu={card}" for card in cards]
    return [f'--gpus="device={",".join(cards)}"']


def _address(address: str) -> str:
    return f"[{address}]" if ":" in address else address
