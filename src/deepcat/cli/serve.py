"""`deepcat serve`: serve SavedModels by TensorFlow Serving's REST and gRPC interfaces."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.serving.engine.choose import Choice
    from deepcat.serving.models.batching import Batching

_PORTS = click.IntRange(0, 65535)


@click.command("serve")
@click.option(
    "--model",
    "models",
    metavar="NAME=DIR",
    multiple=True,
    help="A model: its name, and its folder of versions or SavedModel. May be repeated.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A model configuration file as TensorFlow Serving takes it.",
)
@click.option("--rest-port", type=_PORTS, default=8501, show_default=True, help="0: any free port.")
@click.option("--grpc-port", type=_PORTS, default=8500, show_default=True, help="0: any free port.")
@click.option("--no-rest", is_flag=True, help="Open no REST port.")
@click.option("--no-grpc", is_flag=True, help="Open no gRPC port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--poll-seconds",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How often to look for new versions; 0 for never.",
)
@click.option(
    "--allow-origin",
    default="",
    metavar="ORIGIN",
    help="Let this website's pages call the REST interface, such as https://example.org.",
)
@click.option(
    "--allow-reload",
    is_flag=True,
    help="Let clients name new folders to serve; on the loopback they always may.",
)
@click.option(
    "--allow-version-labels-for-unavailable-models",
    "labels_free",
    is_flag=True,
    help="Let a new label point to a version that is not loaded.",
)
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    metavar="MIB",
    help="Largest request, in MiB.",
)
@click.option("--workers", type=click.IntRange(min=0), default=0, help="Requests computed at once.")
@click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="TensorFlow's threads for each model."
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "native", "python"]),
    default="auto",
    show_default=True,
    help="Reach TensorFlow by its C library (quick) or its Python code.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=0),
    default=0,
    help="Compute up to this many rows of different requests together; 0 for not.",
)
@click.option(
    "--batch-wait-ms",
    type=click.FloatRange(min=0),
    default=0.0,
    help="How long the first request of a batch waits for others.",
)
@click.option(
    "--batching",
    "batching_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Batching parameters in a file as TensorFlow Serving takes it.",
)
@click.option(
    "--op-library",
    "op_libraries",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A shared library of custom operations that a model needs. May be repeated.",
)
@click.option("--verbose", is_flag=True, help="Log models that come and go.")
def command(
    models: tuple[str, ...],
    config: Path | None,
    rest_port: int,
    grpc_port: int,
    no_rest: bool,
    no_grpc: bool,
    host: str,
    poll_seconds: float,
    allow_origin: str,
    allow_reload: bool,
    labels_free: bool,
    max_body: int,
    workers: int,
    threads: int,
    engine: str,
    batch_size: int,
    batch_wait_ms: float,
    batching_file: Path | None,
    op_libraries: tuple[Path, ...],
    verbose: bool,
) -> None:
    """Serve SavedModels by TensorFlow Serving's REST and gRPC interfaces."""
    from deepcat.serving.contract.policy import ModelConfig
    from deepcat.serving.server.run import serve
    from deepcat.serving.server.settings import Settings

    if not models and config is None:
        raise UsageError("nothing to serve", hint="name a model: --model NAME=DIR")
    if no_rest and no_grpc:
        raise UsageError("neither REST nor gRPC is left", hint="leave one of --no-rest, --no-grpc")
    named = tuple(ModelConfig(name, path) for name, path in map(_model, models))
    if len({model.name for model in named}) != len(named):
        raise UsageError("two models have the same name", hint="give each its own NAME")
    if verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )
    settings = Settings(
        models=named,
        config=config.read_text("utf-8") if config else None,
        host=host,
        rest_port=None if no_rest else rest_port,
        grpc_port=None if no_grpc else grpc_port,
        poll_s=poll_seconds,
        allow_origin=allow_origin,
        allow_reload=allow_reload or host in ("127.0.0.1", "::1", "localhost"),
        max_body=max_body * 2**20,
        workers=workers,
        threads=threads,
        engine=cast("Choice", engine),
        labels_need_version=not labels_free,
        op_libraries=op_libraries,
        batching=_batching(batch_size, batch_wait_ms, batching_file),
    )
    serve(settings, click.echo)


def _batching(size: int, wait_ms: float, file: Path | None) -> Batching | None:
    if not size and file is None:
        return None
    from deepcat.serving.models.batching import Batching, read_parameters

    if file is not None:
        return read_parameters(file.read_text("utf-8"))
    return Batching(size, wait_ms / 1000, os.cpu_count() or 1)


def _model(text: str) -> tuple[str, str]:
    name, sign, folder = text.partition("=")
    if not sign or not name or not folder:
        raise UsageError(f"`{text}` is no model", hint="write --model NAME=DIR")
    if not Path(folder).is_dir():
        raise UsageError(f"there is no folder `{folder}`", hint="unpack the model's archive first")
    return name, folder
