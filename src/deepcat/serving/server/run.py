"""The server's life: ports, then TensorFlow, then models, then requests, then the end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.serving.contract import bare
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine import choose
from deepcat.serving.server.ports import bind, no_port
from deepcat.serving.server.settings import Settings

if TYPE_CHECKING:
    import socket

    from deepcat.serving.engine.session import Engine
    from deepcat.serving.models.manager import Models

_LOG = logging.getLogger("deepcat.serving")

_HEAVY = ("grpc", "uvicorn.protocols.http.httptools_impl", "deepcat.serving.contract.decode")


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: how to serve.
        say: called with one line once every model has loaded or failed.

    Raises:
        DeepcatError: a port is taken (``serving/port``), or as `choose.start`.
    """
    # Ports first: a taken one must be told at once, not after TensorFlow's start.
    rest = bind(settings.host, settings.rest_port)
    grpc = bind(settings.host, settings.grpc_port)
    engine = choose.start(settings.engine, _imports)
    _load_libraries(engine, settings.op_libraries)
    try:
        _Server(settings, engine, rest, grpc).run(say)
    finally:
        for opened in (rest, grpc):
            if opened is not None:
                opened.close()


def _load_libraries(engine: Engine, paths: tuple[Path, ...]) -> None:
    from deepcat.serving.contract.status import ServingError

    for path in paths:
        try:
            engine.load_library(path)
        except ServingError as error:
            raise DeepcatError(
                f"TensorFlow does not load {path}: {error.message}",
                hint="it must be built for this version of TensorFlow",
                code="serving/op-library",
            ) from error


def _imports() -> None:
    """Import what needs no TensorFlow, while its library loads."""
    for name in _HEAVY:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise bare.missing(error.name or name) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class _Server:
    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        rest: socket.socket | None,
        grpc: socket.socket | None,
    ) -> None:
        from deepcat.serving.models.manager import Models
        from deepcat.serving.server.metrics import Metrics

        self._settings = settings
        self._engine = engine
        self._rest = rest
        self._grpc_socket = grpc
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._models: Models = Models(self._load, labels_need_version=settings.labels_need_version)
        self._metrics = Metrics()
        workers = settings.workers or min(32, 4 * (os.cpu_count() or 1))
        if settings.batching is not None and not settings.workers:
            # Each request waits in a thread of its own until its batch has run.
            workers = max(workers, min(128, 2 * settings.batching.max_batch_size))
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="serve")
        self._worker_count = workers

    def _load(self, name: str, version: int, path: Path) -> Any:
        from deepcat.serving.contract.status import ServingError
        from deepcat.serving.models.servable import Servable
        from deepcat.serving.models.warmup import warm_up

        session = self._engine.load(path, self._settings.threads)
        servable = Servable(name, version, session, self._settings.batching)
        try:
            sent = warm_up(servable, path)
        except ServingError:
            servable.retire()
            raise
        if sent:
            _LOG.info("%s version %d was warmed up by %d requests", name, version, sent)
        return servable

    def run(self, say: Callable[[str], None]) -> None:
        self._models.configure(self._first_configs(), first=True)
        grpc_server, grpc_port = self._start_grpc()
        watcher = threading.Thread(target=self._watch, args=(say, grpc_port), name="watch")
        watcher.start()
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._serve_rest())
        finally:
            self._stop.set()
            self._wake.set()
            if grpc_server is not None:
                grpc_server.stop(self._settings.grace_s).wait()
            watcher.join(self._settings.grace_s)
            self._models.close(self._settings.grace_s)
            self._workers.shutdown(wait=False, cancel_futures=True)

    def _first_configs(self) -> list[ModelConfig]:
        configs = list(self._settings.models)
        if self._settings.config is not None:
            from deepcat.serving.contract.config import read_configs

            configs += read_configs(self._settings.config)
        return configs

    def _watch(self, say: Callable[[str], None], grpc_port: int | None) -> None:
        first = True
        while not self._stop.is_set():
            try:
                self._models.refresh()
            except Exception:
                _LOG.exception("the model folders cannot be looked at")
            if first:
                say(self._line(grpc_port))
                first = False
            self._wake.wait(self._settings.poll_s or None)
            self._wake.clear()

    def _line(self, grpc_port: int | None) -> str:
        host = self._settings.host
        shown = f"[{host}]" if ":" in host else host
        places = []
        if self._rest is not None:
            places.append(f"http://{shown}:{self._rest.getsockname()[1]}")
        if grpc_port is not None:
            places.append(f"grpc://{shown}:{grpc_port}")
        return f"serving {', '.join(sorted(self._models.configs))} on {' and '.join(places)}"

    def _start_grpc(self) -> tuple[Any, int | None]:
        if self._grpc_socket is None:
            return None, None
        import grpc

        from deepcat.serving.server.grpc_api import add_services

        host, port = self._settings.host, self._grpc_socket.getsockname()[1]
        limit = self._settings.max_body
        server = grpc.server(
            ThreadPoolExecutor(self._worker_count, thread_name_prefix="grpc"),
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", -1),
            ],
        )
        add_services(server, self._models, self._reload, self._metrics)
        # gRPC binds by itself: the socket that kept the port for it gives way now.
        self._grpc_socket.close()
        try:
            shown = f"[{host}]" if ":" in host else host
            bound = server.add_insecure_port(f"{shown}:{port}")
        except RuntimeError as error:
            raise no_port(host, port, "it is in use") from error
        server.start()
        return server, bound

    def _reload(self, configs: list[ModelConfig]) -> None:
        from deepcat.serving.contract.status import Code, ServingError

        known = {config.base_path for config in self._models.configs.values()}
        if not self._settings.allow_reload:
            for config in configs:
                if config.base_path not in known:
                    raise ServingError(
                        Code.PERMISSION_DENIED,
                        f"This server takes no new folder from clients: {config.base_path}",
                    )
        self._models.configure(configs)
        self._models.refresh()

    async def _serve_rest(self) -> None:
        loop = asyncio.get_running_loop()
        if self._rest is None:
            done = asyncio.Event()
            self._on_signal(loop, done.set)
            await done.wait()
            return
        import uvicorn

        from deepcat.serving.server.rest import RestApplication

        settings = self._settings
        application = RestApplication(
            self._models,
            self._workers,
            self._metrics,
            max_body=settings.max_body,
            allow_origin=settings.allow_origin,
        )
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=int(settings.grace_s),
            timeout_keep_alive=75,
        )
        server = uvicorn.Server(config)
        # uvicorn would raise the signal once more at its end, and so end by it; we end with 0.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        self._on_signal(loop, lambda: setattr(server, "should_exit", True))
        await server.serve(sockets=[self._rest])

    @staticmethod
    def _on_signal(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, call)
            except NotImplementedError:
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(call) and None)
