"""The real DEEPaaS, in its box: ``python -I -S inside.py ENVIRONMENT PLUGIN [ARGUMENT]…``.

Nothing of the host's own packages is imported, and none of ours. Told to end, it goes on answering
until nobody asks any more: each answer then tells its caller to come by another connection, so that
a caller who keeps one open is not cut off between two requests.
"""

from __future__ import annotations

import asyncio
import importlib
import signal
import site
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

# Silence that tells that nobody asks any more; and how long it is waited for, which is less than
# what keepers grant until they kill.
_SILENCE_S, _PATIENCE_S, _PAUSE_S = 1.0, 10.0, 0.1


def main() -> None:
    """Run it with what lies in the environment, and the author's code."""
    environment, plugin = sys.argv[1:3]
    site.addsitedir(environment)
    sys.path.insert(0, plugin)
    sys.argv[:3] = ["deepaas-run"]
    web: Any = importlib.import_module("aiohttp.web")
    run_app = web.run_app

    def run(app: Awaitable[Any], **options: Any) -> None:
        run_app(_gently(web, app), **options)

    web.run_app = run
    importlib.import_module("deepaas.cmd.run").main()


async def _gently(web: Any, made: Awaitable[Any]) -> Any:
    """DEEPaaS' application, so that it ends without a caller who loses a request."""
    app = await made
    end = _End(web)

    async def counted(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        end.running += 1
        try:
            return await handler(request)
        finally:
            end.running -= 1
            end.last = time.monotonic()

    async def tell(_request: Any, response: Any) -> None:
        if end.deadline:
            response.headers["Connection"] = "close"
            response.force_close()

    async def begin(_app: Any) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.begin)

    app.middlewares.insert(0, web.middleware(counted))
    app.on_response_prepare.append(tell)
    app.on_startup.append(begin)
    return app


class _End:
    """Its end: once it was told to, and nobody asks."""

    def __init__(self, web: Any) -> None:
        self._web = web
        self.running = 0
        self.last = self.deadline = 0.0

    def begin(self) -> None:
        """Wait for it from now on."""
        if not self.deadline:
            self.last = time.monotonic()
            self.deadline = self.last + _PATIENCE_S
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        is_silent = not self.running and now - self.last >= _SILENCE_S
        if is_silent or now >= self.deadline:
            raise self._web.GracefulExit
        asyncio.get_running_loop().call_later(_PAUSE_S, self._look)


if __name__ == "__main__":
    main()
