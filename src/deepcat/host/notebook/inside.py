"""JupyterLab, in its box: ``python -I -S inside.py ENVIRONMENT TOLD [ARGUMENT]…``.

Nothing of the host's own packages is imported, and none of ours. The token comes as a variable,
which neither kernels nor terminals are given. Its page asks what is known of it, which lies in the
file TOLD, and leaves what it wishes for in the folder that this begins in.
"""

from __future__ import annotations

import importlib
import json
import os
import site
import sys
import time
from pathlib import Path
from typing import Any

_TOKEN = "JUPYTER_TOKEN"  # noqa: S105 - the variable's name


def main() -> None:
    """Run it with what lies in the environment."""
    environment, told = sys.argv[1:3]
    site.addsitedir(environment)
    sys.argv[:3] = ["jupyter-lab"]
    server: Any = importlib.import_module("jupyter_server.serverapp").ServerApp
    start = server.start

    def start_without_it(app: Any) -> None:
        if not app.identity_provider.token:
            sys.exit("there is no token")
        os.environ.pop(_TOKEN, None)
        app.web_app.add_handlers(".*$", [(f"{app.base_url}deepcat", _handler(Path(told)))])
        start(app)

    server.start = start_without_it
    importlib.import_module("jupyterlab.labapp").main()


def _handler(told: Path) -> Any:
    """What answers our page; JupyterLab asks who comes, as for all of its own."""
    base: Any = importlib.import_module("jupyter_server.base.handlers").APIHandler
    authenticated: Any = importlib.import_module("tornado.web").authenticated
    wish = Path.cwd() / "wish.json"

    def get(self: Any) -> None:
        self.finish(told.read_text() if told.is_file() else "{}")

    def post(self: Any) -> None:
        asked = self.get_json_body() or {}
        number = str(time.time_ns())
        data = {"number": number, "act": asked.get("act"), "message": asked.get("message")}
        new = wish.with_suffix(".new")
        new.write_text(json.dumps(data))
        new.replace(wish)
        self.finish(json.dumps({"number": number}))

    return type("Wishes", (base,), {"get": authenticated(get), "post": authenticated(post)})


if __name__ == "__main__":
    main()
