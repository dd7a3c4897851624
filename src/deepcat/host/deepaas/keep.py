"""EDGE of the host: what stands outside of a plug-in's box: ``python -I -S keep.py FOLDER``.

Its file says what it is. Either it runs a plug-in in its box, and leads what that asks at one port
of the loopback, the only one that the box can call, to the model server; or it is the door of a
node, which leads who calls to the plug-in that answers now.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.deepaas import lead
from deepcat.host.deepaas.kept import FILE, OPEN

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


async def main(folder: Path) -> int:
    """Lead, and run until it is to end; gives the exit status."""
    told = json.loads((folder / FILE).read_text("utf-8"))
    server = await lead.listen(folder, told["address"], told["port"], again="argv" in told)
    (folder / OPEN).touch()
    try:
        return await (_plugin(told) if "argv" in told else _door())
    finally:
        server.close()


async def _plugin(told: Mapping[str, Any]) -> int:
    """Run the plug-in until it ends."""
    process = await asyncio.create_subprocess_exec(*told["argv"], stdin=asyncio.subprocess.DEVNULL)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _pass_on, process, number)
    status = await process.wait()
    return status if status >= 0 else 128 - status


def _pass_on(process: asyncio.subprocess.Process, number: int) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


async def _door() -> int:
    """Stand open until somebody ends it."""
    ended = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
