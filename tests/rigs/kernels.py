"""Code that a notebook's kernel runs to its end, asked as JupyterLab's page asks."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen


def compute(address: str, token: str, code: str) -> str:
    """What the code prints, and what it failed by.

    Args:
        address: of JupyterLab, with its prefix and a slash behind it.
        token: that lets in.
        code: Python's.
    """
    from websocket import create_connection

    own = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    begun = Request(f"{address}api/kernels", b'{"name": "python3", "path": ""}', own)
    with urlopen(begun, timeout=120) as answer:
        kernel = json.load(answer)["id"]
    at = f"ws{address.removeprefix('http')}api/kernels/{kernel}/channels"
    way = create_connection(at, header={"Authorization": f"token {token}"}, timeout=120)
    try:
        asked = {"code": code, "silent": False, "store_history": False, "user_expressions": {}}
        header = {"msg_id": "m1", "msg_type": "execute_request", "session": "s", "version": "5.3"}
        header |= {"username": "", "date": "2026-01-01T00:00:00Z"}
        parts = {"parent_header": {}, "metadata": {}, "content": asked | {"allow_stdin": False}}
        way.send(json.dumps({"header": header, "channel": "shell", "buffers": [], **parts}))
        said = ""
        while True:
            told = json.loads(way.recv())
            if (told.get("parent_header") or {}).get("msg_id") != "m1":
                continue
            content, kind = told["content"], told["msg_type"]
            said += content.get("text", "") if kind == "stream" else ""
            said += content.get("evalue", "") if kind == "error" else ""
            if kind == "status" and content["execution_state"] == "idle":
                return said
    finally:
        way.close()
        with urlopen(Request(f"{address}api/kernels/{kernel}", headers=own, method="DELETE")):
            pass
