"""JupyterLab, in its box: ``python -I -S inside.py ENVIRONMENT [ARGUMENT]…``.

Nothing of the host's own packages is imported, and none of ours. The token comes as a variable,
which neither kernels nor terminals are given.
"""

from __future__ import annotations

import importlib
import os
import site
import sys
from typing import Any

_TOKEN = "JUPYTER_TOKEN"  # noqa: S105 - the variable's name


def main() -> None:
    """Run it with what lies in the environment."""
    site.addsitedir(sys.argv[1])
    sys.argv[:2] = ["jupyter-lab"]
    server: Any = importlib.import_module("jupyter_server.serverapp").ServerApp
    start = server.start

    def start_without_it(app: Any) -> None:
        if not app.identity_provider.token:
            sys.exit("there is no token")
        os.environ.pop(_TOKEN, None)
        start(app)

    server.start = start_without_it
    importlib.import_module("jupyterlab.labapp").main()


if __name__ == "__main__":
    main()
