"""The server's life: ports, then TensorFlow, then models, then requests, then the end."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.openapi.card import expected
from deepcat.serving.contract import bare
from deepcat.serving.contract.beside import MOST_BESIDE
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.engine.forms import has_both
from deepcat.serving.server import memory
from deepcat.serving.server.access import Access
from deepcat.serving.server.admission import HELD, Admission, Room
from deepcat.serving.server.burst import Growth
from deepcat.serving.server.engines import started
from deepcat.serving.server.keys import Keys
from deepcat.serving.server.ports import bind, bind_path, clear_path, no_port, only_for_us
from deepcat.serving.server.settings import Settings
from deepcat.serving.server.tls import grpc_credentials, http_context

if TYPE_CHECKING:
    import socket

    from deepcat.serving.engine.several import Engines
    from deepcat.serving.models.manager import Models

_LOG = logging.getLogger("deepcat.serving")

_HEAVY = ("grpc", "uvicorn.protocols.http.httptools_impl", "deepcat.serving.contract.decode")
# Between the end of the grace that clients have and the end of the process, whatever still runs.
_LAST_S = 2.0
_SWITCH_S = 0.001
# Calls by gRPC beside those that compute or wait.
_COMING = 1024


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: how to serve.
        say: called with one line once every model has loaded or failed.

    Raises:
        DeepcatError: a port is taken (``serving/port``), or as `choose.start`.
    """
    # A thread that reads a large request must not keep the others' small ones waiting.
    sys.setswitchinterval(_SWITCH_S)
    memory.prepare()
    memory.open_files()
    # Ports first: a taken one must be told at once, not after TensorFlow's start.
    rest = bind(settings.host, settings.rest_port)
    grpc = bind(settings.host, settings.grpc_port)
    engine = started(settings, _imports)
    try:
        _Server(settings, engine, rest, grpc).run(say)
    finally:
        for opened in (rest, grpc):
            if opened is not None:
                opened.close()


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
        engine: Engines,
        rest: socket.socket | None,
        grpc: socket.socket | None,
    ) -> None:
        from deepcat.serving.models.batching import Batcher
        from deepcat.serving.models.manager import Models
        from deepcat.serving.models.versions import Patience
        from deepcat.serving.server.agreeing import Telling
        from deepcat.serving.server.config_file import ConfigFile
        from deepcat.serving.server.metrics import Metrics
        from deepcat.serving.server.watch import Watch

        self._telling = Telling()
        self._settings = settings
        self._engine = engine
        self._rest = rest
        self._grpc_socket = grpc
        self._stop = threading.Event()
        self._models: Models = Models(
            self._load,
            labels_need_version=settings.labels_need_version,
            patience=Patience(
                min(1.0, settings.poll_s or 1.0), settings.load_retries, settings.load_retry_s
            ),
        )
        file = ConfigFile(settings.config) if settings.config is not None else None
        self._watch = Watch(
            self._models, settings.models, file, settings.poll_s, settings.config_poll_s
        )
        self._metrics = Metrics()
        how = settings.batching
        self._batcher = Batcher(how, self._metrics.batch) if how is not None else None
        workers = settings.workers or min(32, 4 * (os.cpu_count() or 1))
        if settings.batching is not None and not settings.workers:
            # Each request waits in a thread of its own until its batch has run.
            workers = max(workers, min(128, 2 * settings.batching.most_rows))
        self._worker_count = workers

    def _load(self, name: str, version: int, path: Path) -> Any:
        from deepcat.serving.models.loading import Loading, load
        from deepcat.serving.server.agreeing import agreeing, proof_told

        settings = self._settings
        how = Loading(settings.threads, settings.warm_ups, self._batcher, settings.own_batching)

        def loaded() -> Any:
            if settings.prefer_lite is None and has_both(path):
                samples = expected(settings.cards.get(name))
                chosen = agreeing(self._engine, name, version, path, samples, how, settings.proofs)
                self._telling.tell(chosen.told)
                if chosen.proof:
                    self._telling.tell(proof_told(name, version, chosen.proof))
                if chosen.servable is not None:
                    return chosen.servable
            return load(self._engine, name, version, path, how)

        return self._metrics.loading(path, loaded)

    def run(self, say: Callable[[str], None]) -> None:
        self._access = self._made_access()
        files = self._settings.guards.files
        self._tls = (http_context(files), grpc_credentials(files)) if files else (None, None)
        self._watch.configure()
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._live(say))
        finally:
            self._stop.set()
            self._watch.stop()
            self._models.close(_LAST_S / 2)
        if self._admission.running:
            self._cut_off()  # an interpreter that ends under TensorFlow's feet may crash

    def _made_access(self) -> Access:
        guards = self._settings.guards
        keys = Keys(guards.keys, guards.limits) if guards.keys else None
        issuer = None
        if guards.trust:
            from deepcat.serving.server.oidc import Issuer

            issuer = Issuer(guards.trust)
            issuer.check()
        return Access(keys, issuer, guards.limits)

    async def _live(self, say: Callable[[str], None]) -> None:
        loop, settings = asyncio.get_running_loop(), self._settings
        room = Room(
            self._worker_count,
            settings.queue_each,
            settings.queue,
            held=max(HELD, settings.max_body + MOST_BESIDE),
        )
        self._admission = Admission(room, loop)
        told = asyncio.Event()
        self._on_signals(loop, told.set)
        grpc_server, grpc_port = self._start_grpc()
        web = self._web()

        def ready() -> None:
            # A small model loads before the edge listens.
            while web is not None and not web.started and not self._stop.wait(0.002):
                pass
            memory.keep_start()
            # At once, for whoever proves the server reads then which form of a model it serves.
            say(self._line(grpc_port))
            self._telling.begin(say)
            memory.forget_start(self._engine.libraries())

        self._watch.start(ready)
        tidying = asyncio.create_task(memory.tidy(self._admission, self._engine.libraries))
        rewriting = asyncio.create_task(self._keep_graphs())
        serving = asyncio.create_task(self._serve_rest(web))
        waiting = asyncio.create_task(told.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        self._end_at_last()
        tidying.cancel()
        rewriting.cancel()
        if web is not None:
            web.should_exit = True
        if grpc_server is not None:
            await grpc_server.stop(settings.grace_s)
        if web is None:
            serving.cancel()
        else:
            await serving

    def _end_at_last(self) -> None:
        """See to it that the process ends, whatever clients do and whatever is still computed."""
        self._stop.set()
        self._watch.stop()
        last = threading.Timer(self._settings.grace_s + _LAST_S, self._cut_off)
        last.daemon = True
        last.start()

    def _cut_off(self) -> None:
        """End the process at once."""
        _LOG.warning("%d calls were cut off at the end", self._admission.running)
        logging.shutdown()
        os._exit(0)

    def _line(self, grpc_port: int | None) -> str:
        host = self._settings.host
        shown = f"[{host}]" if ":" in host else host
        places, safe = [], "s" if self._settings.guards.files else ""
        if self._rest is not None:
            places.append(f"http{safe}://{shown}:{self._rest.getsockname()[1]}")
        if grpc_port is not None:
            places.append(f"grpc{safe}://{shown}:{grpc_port}")
        return f"serving {', '.join(sorted(self._models.configs))} on {' and '.join(places)}"

    def _start_grpc(self) -> tuple[Any, int | None]:
        if self._grpc_socket is None:
            return None, None
        from deepcat.serving.server.grpc_api import ModelService, PredictionService
        from deepcat.serving.server.grpc_server import Gates, server
        from deepcat.serving.server.grpc_standard import Wellness, standard
        from deepcat.serving.server.openinference.service import InferenceService

        host, port = self._settings.host, self._grpc_socket.getsockname()[1]
        methods = [
            *PredictionService(self._models, self._metrics).methods(),
            *ModelService(self._models, self._reload).methods(),
            *InferenceService(self._models, self._metrics).methods(),
        ]
        settings = self._settings
        gates = Gates(
            self._access,
            self._admission,
            self._models_now,
            self._models.prompt,
            # Those that compute, wait, only look after its health, or still come.
            most_calls=self._worker_count + settings.queue + _COMING,
            crowded=Growth(memory.resident).is_over,
        )
        is_closed = self._access.asks
        wellness = Wellness(self._models_now, self._waits_for, is_closed, self._stop.is_set)
        others = standard(wellness)
        made = server(methods, gates, settings.max_message, settings.grpc_arguments, others)
        # gRPC binds by itself: the socket that kept the port for it gives way now.
        self._grpc_socket.close()
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound = made.add_port(where, self._tls[1])
        except RuntimeError as error:
            raise no_port(host, port, "it is in use") from error
        if self._settings.grpc_socket:
            clear_path(self._settings.grpc_socket)
            with only_for_us():
                made.add_port(f"unix:{self._settings.grpc_socket}")
            Path(self._settings.grpc_socket).chmod(0o660)
        made.start()
        return made, bound

    def _models_now(self) -> Collection[str]:
        return self._models.configs

    def _reload(self, configs: list[ModelConfig]) -> None:
        from deepcat.serving.contract.status import Code, ServingError

        before = self._models.configs
        # A name twice is told by the table.
        if not self._settings.allow_reload and {c.name: c for c in configs} != dict(before):
            raise ServingError(
                Code.PERMISSION_DENIED, "This server lets no client change what it serves"
            )
        self._models.reload(configs)
        # The configuration is in force all the same.
        self._models.check_available([c.name for c in configs if c.name not in before])

    def _web(self) -> Any:
        """The HTTP server; None where there is none."""
        if self._rest is None:
            return None
        from deepcat.serving.server.deepaas.face import DeepaasFace
        from deepcat.serving.server.described import DescriptionFace
        from deepcat.serving.server.edge import Application, Rules
        from deepcat.serving.server.openinference.face import OpenInferenceFace
        from deepcat.serving.server.rest import MetricsFace, TensorFlowServingFace
        from deepcat.serving.server.web import web_server

        settings = self._settings
        faces = (
            TensorFlowServingFace(self._models, self._metrics),
            MetricsFace(self._metrics),
            DescriptionFace(self._models, settings.cards),
            OpenInferenceFace(self._models, settings.cards, self._metrics),
            DeepaasFace(self._models, settings.cards, self._metrics),
        )
        rules = Rules(
            settings.max_body,
            settings.rest_timeout_s,
            settings.origins,
            self._models_now,
            self._waits_for,
            self._models.prompt,
        )
        application = Application(faces, self._admission, self._access, rules)
        return web_server(application, self._tls[0], settings.grace_s)

    async def _keep_graphs(self) -> None:
        """Have those models' graphs rewritten that start slowly, for the next time."""
        if self._settings.graphs is None:
            return
        from deepcat.serving.server.rewriting import keep_rewritten

        await keep_rewritten(self._settings.graphs, self._models.configs, self._settings.cards)

    def _waits_for(self) -> list[str]:
        """The models that cannot be asked yet, and nothing more once the end has begun."""
        if self._stop.is_set():
            return ["the end"]
        return [name for name in self._models.configs if not self._models.is_available(name)]

    async def _serve_web(self, web: Any) -> None:
        beside = bind_path(self._settings.rest_socket)
        if beside is None:
            await web.serve(sockets=[self._rest])
            return
        from deepcat.serving.server.connections import Connection

        made = partial(Connection, web.config, web.server_state, {})
        listening = await asyncio.get_running_loop().create_unix_server(made, sock=beside)
        try:
            await web.serve(sockets=[self._rest])
        finally:
            listening.close()
            Path(self._settings.rest_socket).unlink(missing_ok=True)

    async def _serve_rest(self, web: Any) -> None:
        if web is None:
            await asyncio.Event().wait()
            return
        from deepcat.serving.server.connections import watch

        watching = asyncio.create_task(watch(web.server_state.connections))
        try:
            await self._serve_web(web)
        finally:
            watching.cancel()

    def _on_signals(self, loop: asyncio.AbstractEventLoop, end: Callable[[], object]) -> None:
        for number, call in (
            (signal.SIGTERM, end),
            (signal.SIGINT, end),
            (signal.SIGHUP, self._watch.hang_up),
        ):
            loop.add_signal_handler(number, call)
