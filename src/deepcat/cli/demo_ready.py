"""EDGE of the demo: what this machine must have for it, all that is lacking said at once."""

from __future__ import annotations

import importlib.util
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from deepcat import git
from deepcat.errors import DeepcatError

_NEEDED = {"tensorflow": "serve", "tensorflow_serving": "serve", "ansible_runner": "run"}


def require_all(root: Path) -> None:
    """Go on where everything is there that a later step would stumble over.

    Raises:
        DeepcatError: something is lacking (``demo/missing``).
    """
    lacks = list(_lacks(root))
    if lacks:
        raise DeepcatError(
            "; ".join(what for what, _ in lacks),
            hint="; ".join(how for _, how in lacks),
            code="demo/missing",
        )


def free_port(port: int) -> int:
    """The port asked for, or a free one.

    Raises:
        DeepcatError: somebody listens there already.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DeepcatError(
                f"port {port} is taken: {error.strerror}",
                hint="name another with `--port`, or leave it out and take a free one",
                code="demo/port",
            ) from None
        return int(probe.getsockname()[1])


def _lacks(root: Path) -> Iterator[tuple[str, str]]:
    """What is lacking, each with how to mend it."""
    from deepcat.doctor.look import has_loopback

    missing = {extra for part, extra in _NEEDED.items() if importlib.util.find_spec(part) is None}
    if missing:
        names = " and ".join(f"`{name}`" for name in sorted(missing))
        hint = "pip install 'deepcat[local]', or in a clone: make demo"
        words = "the extras {} are" if len(missing) > 1 else "the extra {} is"
        yield f"{words.format(names)} not installed", hint
    if not has_loopback():
        what = "this machine has no loopback network: nothing answers at 127.0.0.1"
        yield what, "ip link set dev lo up"
    if shutil.which("git") is None:
        yield "the program `git` is not installed", "install Git"
    elif not git.says(root, "rev-parse", "--git-dir"):
        what = "this folder is no Git repository, in which deepcat records what runs"
        yield what, "clone one, or make one here: git init -q && git add -A && git commit -qm Begin"
