"""`deepcat serve`: serve SavedModels by TensorFlow Serving's REST and gRPC interfaces."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import PORT
from deepcat.cli.say import say_line
from deepcat.cli.serve_check import checks
from deepcat.cli.serve_guards import guarded, is_loopback
from deepcat.cli.serve_words import ServeCommand, prefers_lite, switch
from deepcat.errors import UsageError
from deepcat.extras import needed

if TYPE_CHECKING:
    from deepcat.serving.contract.batching import Batching
    from deepcat.serving.contract.policy import ModelConfig
    from deepcat.serving.server.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_COUNT = click.IntRange(min=0)
_SECONDS = click.FloatRange(min=0)


@click.command("serve", cls=ServeCommand)
@click.option(
    "--model",
    "models",
    metavar="NAME=DIR",
    multiple=True,
    help="A model: its name, and its folder of versions or SavedModel. May be repeated.",
)
@click.option(
    "--model-name", default="default", show_default=True, help="Name of the model that follows."
)
@click.option(
    "--model-base-path", default="", metavar="DIR", help="A model's folder, which may come later."
)
@click.option(
    "--config",
    "--model-config-file",
    "config",
    type=_FILE,
    help="A model configuration file as TensorFlow Serving takes it.",
)
@click.option(
    "--model-config-file-poll-wait-seconds",
    "config_poll",
    type=_SECONDS,
    help="How often to look at that file; 0 for only on SIGHUP.  [default: as --poll-seconds]",
)
@click.option("--rest-port", type=PORT, default=8501, show_default=True, help="0: any free port.")
@click.option("--rest-api-port", type=PORT, help="The same as --rest-port, but 0: no REST port.")
@click.option("--grpc-port", type=PORT, default=8500, show_default=True, help="0: any free port.")
@click.option("--port", type=PORT, help="The same as --grpc-port, but 0: no gRPC port.")
@click.option("--no-rest", is_flag=True, help="Open no REST port.")
@click.option("--no-grpc", is_flag=True, help="Open no gRPC port.")
@click.option("--rest-socket", default="", metavar="PATH", help="Answer REST at this socket too.")
@click.option(
    "--grpc-socket-path", default="", metavar="PATH", help="Answer gRPC at this socket too."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--poll-seconds",
    "--file-system-poll-wait-seconds",
    "poll_seconds",
    type=_SECONDS,
    default=1.0,
    show_default=True,
    help="How often to look for new versions; 0 for never.",
)
@click.option(
    "--max-num-load-retries",
    type=_COUNT,
    default=5,
    show_default=True,
    help="How often to try a version again that does not load; changed files are a new one.",
)
@click.option(
    "--load-retry-interval-micros",
    type=int,
    default=60_000_000,
    show_default=True,
    help="Time between two such tries.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Let a website's pages call the REST interface, as https://example.org. May be repeated.",
)
@switch("--rest-api-enable-cors-support", default=False, help="The same as --allow-origin '*'.")
@switch(
    "--allow-reload",
    help="Let clients change which models are served.  [default: on the loopback alone]",
)
@switch(
    "--allow-version-labels-for-unavailable-models",
    "labels_free",
    default=False,
    help="Let a new label point to a version that is not loaded.",
)
@click.option(
    "--max-body",
    type=click.IntRange(1, 2047),
    metavar="MIB",
    help="Largest request, in MiB.  [default: 64 by REST, 2047 by gRPC]",
)
@click.option(
    "--workers",
    "--rest-api-num-threads",
    "workers",
    type=_COUNT,
    default=0,
    help="Requests computed at once.",
)
@click.option(
    "--grpc-max-threads", type=_COUNT, default=0, help="The same, as one number is for both."
)
@click.option(
    "--threads",
    "--tensorflow-session-parallelism",
    "threads",
    type=_COUNT,
    default=0,
    help="TensorFlow's threads for each model.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "native", "python", "lite"]),
    default="auto",
    show_default=True,
    help="Reach TensorFlow by its C library (quick) or its Python code; `lite`: LiteRT alone.",
)
@switch(
    "--prefer-tflite-model",
    "prefer_lite",
    help="Serve a version's model.tflite by LiteRT where a SavedModel lies beside it, or never.  "
    "[default: where it answers the samples of --about as they expect]",
)
@switch(
    "--keep-graphs",
    default=True,
    help="Keep what TensorFlow makes of a large model's graph, in the cache, for a quicker start.",
)
@switch("--enable-model-warmup", default=True, help="Send a model the requests that it brings.")
@click.option(
    "--num-request-iterations-for-warmup",
    "warm_ups",
    type=click.IntRange(min=1),
    default=1,
    help="How often to send them.",
)
@click.option(
    "--batch-size",
    type=_COUNT,
    default=0,
    help="Compute up to this many rows of different requests together; 0 for not.",
)
@click.option(
    "--batch-wait-ms",
    type=_SECONDS,
    default=0.0,
    help="How long the first request of a batch waits for others.",
)
@switch("--enable-batching", help="Batch, with TensorFlow Serving's parameters.")
@click.option(
    "--batching",
    "--batching-parameters-file",
    "batching_file",
    type=_FILE,
    help="Batching parameters in a file as TensorFlow Serving takes it.",
)
@switch(
    "--enable-per-model-batching-parameters",
    "own_batching",
    default=False,
    help="Batch only models that bring `batching_params.pbtxt`, as it says.",
)
@click.option(
    "--grpc-channel-arguments",
    default="",
    metavar="KEY=VALUE,…",
    help="Settings of the gRPC server.",
)
@click.option(
    "--op-library",
    "op_libraries",
    type=_FILE,
    multiple=True,
    help="A shared library of custom operations that a model needs. May be repeated.",
)
@click.option(
    "--about",
    type=_FILE,
    help="A file of JSON that tells of the models, by name: description, license, samples.",
)
@click.option("--verbose", is_flag=True, help="Log models that come and go.")
@guarded
@checks
def command(guard: Callable[[Settings], Settings], **given: Any) -> None:
    """Serve SavedModels by TensorFlow Serving's REST and gRPC interfaces.

    The options have TensorFlow Serving's names besides ours; they may be written with underscores.
    """
    with needed("serving/missing"):
        from deepcat.serving.server.run import serve

        settings = guard(settings_of(given))
    verbose = given["verbose"]
    if verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )
    serve(settings, say_line)


def settings_of(given: dict[str, Any]) -> Settings:
    """What the options ask for.

    Raises:
        UsageError: they contradict each other, or leave nothing to serve.
        DeepcatError: the batching parameters cannot be read (``serving/batching``).
    """
    from deepcat.serving.engine.kept import of_user
    from deepcat.serving.server.cards import read_cards
    from deepcat.serving.server.proofs import Proofs
    from deepcat.serving.server.settings import MAX_MESSAGE, Settings

    rest, grpc = _port(given, "rest_port", "rest_api_port"), _port(given, "grpc_port", "port")
    rest, grpc = None if given["no_rest"] else rest, None if given["no_grpc"] else grpc
    if rest is None and grpc is None:
        raise UsageError("neither REST nor gRPC is left", hint="leave one of --no-rest, --no-grpc")
    for left, word, path in (
        (rest, "--rest-socket", given["rest_socket"]),
        (grpc, "--grpc-socket-path", given["grpc_socket_path"]),
    ):
        if path and left is None:
            raise UsageError(
                f"`{word}` is beside a port, and there is none",
                hint="name the port too; 0 stands for any that is free",
            )
    poll = given["poll_seconds"]
    config_poll = given["config_poll"]
    return Settings(
        models=_models(given),
        config=given["config"],
        config_poll_s=poll if config_poll is None else config_poll,
        host=given["host"],
        rest_port=rest,
        grpc_port=grpc,
        rest_socket=given["rest_socket"],
        grpc_socket=given["grpc_socket_path"],
        poll_s=poll,
        load_retries=given["max_num_load_retries"],
        load_retry_s=max(0.0, given["load_retry_interval_micros"] / 1e6),
        origins=given["origins"] or (("*",) if given["rest_api_enable_cors_support"] else ()),
        allow_reload=is_loopback(given["host"])
        if given["allow_reload"] is None
        else given["allow_reload"],
        max_body=(given["max_body"] or 64) * 2**20,
        max_message=given["max_body"] * 2**20 if given["max_body"] else MAX_MESSAGE,
        workers=_workers(given),
        grpc_arguments=_grpc_arguments(given["grpc_channel_arguments"]),
        threads=given["threads"],
        engine=given["engine"],
        prefer_lite=prefers_lite(given),
        labels_need_version=not given["labels_free"],
        warm_ups=given["warm_ups"] if given["enable_model_warmup"] else 0,
        op_libraries=given["op_libraries"],
        batching=_batching(given),
        own_batching=given["own_batching"],
        cards=read_cards(given["about"]) if given["about"] else {},
        proofs=Proofs(given["about"]),
        # What another library of operations makes of a graph is not told by its name.
        graphs=of_user() if given["keep_graphs"] and not given["op_libraries"] else None,
    )


def _port(given: dict[str, Any], ours: str, theirs: str) -> int | None:
    """The port; None where TensorFlow Serving's flag says that there is to be none."""
    port: int | None = given[theirs]
    return given[ours] if port is None else port or None


def _workers(given: dict[str, Any]) -> int:
    workers: int = given["workers"] or given["grpc_max_threads"]
    if given["grpc_max_threads"] not in (0, workers):
        raise UsageError(
            "one number of threads computes for REST and gRPC", hint="give one of the two"
        )
    return workers


def _models(given: dict[str, Any]) -> tuple[ModelConfig, ...]:
    from deepcat.serving.contract.policy import ModelConfig

    named = [ModelConfig(name, path) for name, path in map(_model, given["models"])]
    # As TensorFlow Serving has it, this one counts only where there is no configuration file.
    if given["model_base_path"] and given["config"] is None:
        named.append(ModelConfig(given["model_name"], given["model_base_path"]))
    if not named and given["config"] is None:
        raise UsageError("nothing to serve", hint="name a model: --model NAME=DIR")
    if len({model.name for model in named}) != len(named):
        raise UsageError("two models have the same name", hint="give each its own NAME")
    return tuple(named)


def _batching(given: dict[str, Any]) -> Batching | None:
    from deepcat.serving.contract.batching import Batching, read_parameters

    file, size, on = given["batching_file"], given["batch_size"], given["enable_batching"]
    asked = [name for name, value in (("--batching", file), ("--batch-size", size)) if value]
    if given["own_batching"]:
        asked.append("--enable-per-model-batching-parameters")
    if on is False and asked:
        raise UsageError(f"`{asked[0]}` asks for batching, `--enable-batching=false` for none")
    if file is not None and size:
        raise UsageError("`--batch-size` and `--batching` say the same", hint="give one of the two")
    if given["batch_wait_ms"] and not size:
        raise UsageError("`--batch-wait-ms` needs `--batch-size`")
    if file is not None:
        return read_parameters(_text(file))
    if size:
        # A request of any size is taken, and as many as come.
        return Batching(
            max_batch_size=2**31,
            batch_timeout_s=given["batch_wait_ms"] / 1000,
            max_enqueued_batches=2**31,
            enable_large_batch_splitting=True,
            max_execution_batch_size=size,
        )
    return Batching() if on or given["own_batching"] else None


def _grpc_arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    found: list[tuple[str, int | str]] = []
    for each in filter(None, text.split(",")):
        key, sign, value = each.partition("=")
        if not sign or not key:
            raise UsageError(f"`{each}` is no setting of gRPC", hint="write KEY=VALUE,KEY=VALUE")
        found.append((key, int(value) if value.lstrip("-").isdigit() else value))
    return tuple(found)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"`{file}` is no text", hint="write it in UTF-8") from None


def _model(text: str) -> tuple[str, str]:
    name, sign, folder = text.partition("=")
    if not sign or not name or not folder:
        raise UsageError(f"`{text}` is no model", hint="write --model NAME=DIR")
    if not Path(folder).is_dir():
        raise UsageError(f"there is no folder `{folder}`", hint="unpack the model's archive first")
    return name, folder
