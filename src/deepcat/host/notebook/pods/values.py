"""What a notebook's pod is told, where it lies there, and what is asked of it. Pure."""

from __future__ import annotations

from pathlib import Path

# As JSON: ``deployment``; ``port``; ``idle_s``; ``python``, the version that environments were made
# for; ``lab``, ``own``, ``files`` and ``page``, checksums of what is brought, empty for nothing;
# ``environment``, variables; ``reads``, whether only the work is handed out.
VARIABLE = "DEEPCAT_NOTEBOOK"
# Where JupyterLab answers that asks for no port, and where what keeps it does.
LAB_PORT, PORT = 8888, 8601
# What outlives the pod, and the secret that lets in.
KEPT, SECRET = Path("/work"), Path("/token")
TOKEN = "token"  # noqa: S105 - the file's name
# Of what is kept: what was brought, by its checksum; the module's files as they were brought first.
BROUGHT, BASE = ".brought", ".base"
# What is asked there: how it is, what it shall do, the work, the work as it began; what is brought.
NOW, ASKED, WORK, BEGUN, BRING = "/now", "/asked", "/work", "/begun", "/brought/"
# Which of what is brought is which.
LAB, OWN, FILES, PAGE = "lab", "own", "files", "page"
PARTS = (LAB, OWN, FILES, PAGE)
# In a record of the work's archive: the size of a file whose content is not sent.
SIZE = "DEEPCAT.size"
# The exit status of a pod that was ended from outside, so that another one takes its place.
ENDED = 143
