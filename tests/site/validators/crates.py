"""Hold RO-Crates against the shapes of RO-Crate 1.1, and of Process Run Crate 0.5 where one says
that it is such, with no network.

    python crates.py PREFIX CATALOG FOLDER…

Runs where `requirements.lock` is installed. The one document that the validator would fetch, the
context, comes from the package `rocrate`, whose context holds all of version 1.1's terms. What
begins with PREFIX is there when the catalog has that file.
"""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import requests
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
# Groups that are authors have no address that a module could name.
ALLOWED = {"ro-crate-1.1_31.2"}


def main(prefix: str, catalog: str, folders: list[str]) -> int:
    def answer(_self: HttpRequester, url: str, **_: object) -> requests.Response:
        found = requests.Response()
        found.url = url
        found.status_code = 404
        if url == CONTEXT:
            found.status_code = 200
            found.headers["Content-Type"] = "application/ld+json"
            found._content = (files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()
        elif url.startswith(prefix) and Path(catalog, unquote(url.removeprefix(prefix))).is_file():
            found.status_code = 200
        return found

    HttpRequester.get = HttpRequester.head = answer
    bad: dict[str, list[str]] = {}
    for folder in folders:
        settings = services.ValidationSettings(
            rocrate_uri=folder,
            profile_identifier=profile_of(folder),
            requirement_severity=models.Severity.RECOMMENDED,
        )
        issues = services.validate(settings).get_issues()
        bad[folder] = [
            f"{issue.check.identifier}: {issue.message}"
            for issue in issues
            if issue.check.identifier not in ALLOWED
        ]
    print(json.dumps(bad, indent=1))
    return 1 if any(bad.values()) else 0


def profile_of(folder: str) -> str:
    text = Path(folder, "ro-crate-metadata.json").read_text("utf-8")
    return "process-run-crate-0.5" if PROCESS in text else "ro-crate-1.1"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
