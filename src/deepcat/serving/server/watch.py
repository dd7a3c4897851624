"""Keep the models as their folders and the configuration file have them, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from deepcat.errors import DeepcatError
from deepcat.serving.contract.policy import ModelConfig
from deepcat.serving.contract.status import ServingError
from deepcat.serving.models.manager import Models
from deepcat.serving.server.config_file import ConfigFile

_LOG = logging.getLogger("deepcat.serving")


class Watch:
    """Looks at the folders and at the file again and again, and when it is told to.

    Args:
        models: the table.
        own: models that stand in no file.
        file: with further models; None for none.
        poll_s: seconds between two looks at the folders; 0 for never.
        file_poll_s: seconds between two looks at the file; 0 for never.
    """

    def __init__(
        self,
        models: Models,
        own: Sequence[ModelConfig],
        file: ConfigFile | None,
        poll_s: float,
        file_poll_s: float,
    ) -> None:
        self._models = models
        self._own = list(own)
        self._file = file
        self._poll_s = poll_s
        self._file_poll_s = file_poll_s if file is not None else 0.0
        self._wake = threading.Event()
        self._hung_up = False
        self._stopped = threading.Event()
        self._complaint = ""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._ready: Callable[[], object] = lambda: None

    def configure(self) -> None:
        """Take the first configuration.

        Raises:
            DeepcatError: the file cannot be read, or names a model twice (``serving/config``).
        """
        configs = self._own
        text = ""
        if self._file is not None:
            text, more = self._file.read()
            configs = [*configs, *more]
        try:
            self._models.configure(configs)
        except ServingError as error:
            raise DeepcatError(
                f"the model configuration cannot be taken: {error.message}",
                hint="give each model a name of its own",
                code="serving/config",
            ) from error
        if self._file is not None:
            self._file.take(text)

    def start(self, ready: Callable[[], object]) -> None:
        """Begin; `ready` is called once every model has loaded, waits or has failed."""
        self._ready = ready
        self._thread.start()

    def hang_up(self) -> None:
        """Read the file anew and look at the folders, now; as on SIGHUP."""
        self._hung_up = True
        self._wake.set()

    def stop(self) -> None:
        """End, once a model that is just being loaded is; nobody waits for that."""
        self._stopped.set()
        self._wake.set()

    def _run(self) -> None:
        again_s = self._look()
        self._ready()
        look_at, read_at = _after(self._poll_s), _after(self._file_poll_s)
        while True:
            until = min(look_at, read_at, _after(again_s))
            wait_s = None if until == _NEVER else max(0.0, until - time.monotonic())
            self._wake.wait(wait_s)
            self._wake.clear()
            if self._stopped.is_set():
                return
            hung_up, self._hung_up = self._hung_up, False
            if self._file is not None and (hung_up or time.monotonic() >= read_at):
                self._read(self._file, anew=hung_up)
                read_at = _after(self._file_poll_s)
            again_s = self._look()
            look_at = _after(self._poll_s)

    def _look(self) -> float | None:
        try:
            return self._models.refresh()
        except Exception:
            _LOG.exception("the model folders cannot be looked at")
            return None

    def _read(self, file: ConfigFile, *, anew: bool) -> None:
        """Take the file's models; what cannot be taken leaves those from before."""
        try:
            if not anew and not file.changed():
                return
            text, configs = file.read()
            self._models.reload([*self._own, *configs], wait=True)
        except (DeepcatError, ServingError) as error:
            if anew or str(error) != self._complaint:
                _LOG.warning("%s is not taken, what was before stays: %s", file.path, error)
            self._complaint = str(error)
            return
        self._complaint = ""
        file.take(text)
        _LOG.info("%s is in force", file.path)


_NEVER = float("inf")


def _after(seconds: float | None) -> float:
    """The time in so many seconds; none or 0 for never."""
    return time.monotonic() + seconds if seconds else _NEVER
