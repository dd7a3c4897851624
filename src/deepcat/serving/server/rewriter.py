"""EDGE: `python -m deepcat.serving.server.rewriter DIR`: keep a model's rewritten graph.

The server starts it for a model that it loaded without one. It reads from its input the bodies of
predictions that the model answers, a JSON list of texts. Nothing waits for it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine import choose, kept
from deepcat.serving.engine.native import NativeEngine
from deepcat.serving.engine.rewritten import UnfitError

_MEEK = 10
_FIRST_TO_GO = "1000"


def main() -> int:
    """Make it, and keep it where the model is still the same then."""
    _give_way()
    path = Path(sys.argv[1])
    graphs = kept.of_user()
    if graphs is None:
        return 1
    requests = [str(each).encode() for each in json.loads(sys.stdin.read() or "[]")]
    try:
        keep(graphs, path, requests)
    except (ServingError, DeepcatError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def keep(graphs: kept.KeptGraphs, path: Path, requests: list[bytes]) -> bool:
    """Keep the rewritten graph of the SavedModel in `path`, or that it has none.

    Returns:
        whether it has one.

    Raises:
        ServingError: the model does not load.
        DeepcatError: as `choose.start`.
        OSError: nothing can be kept.
    """
    engine = choose.start("native")
    if not isinstance(engine, NativeEngine):
        return False
    from deepcat.serving.models.rewriting import made

    name = kept.name_of(path, engine.version)
    try:
        graph = made(engine, path, requests)
    except UnfitError:
        graph = b""
    if not name or name != kept.name_of(path, engine.version):
        return False
    graphs.keep(name, graph)
    return bool(graph)


def _give_way() -> None:
    """Let all others go first, and be the first to go where memory is short."""
    with suppress(OSError):
        os.nice(_MEEK)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)


if __name__ == "__main__":
    raise SystemExit(main())
