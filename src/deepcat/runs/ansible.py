"""EDGE of the runs: one call of ansible-runner, in a folder of plain files of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat import resources
from deepcat.errors import DeepcatError
from deepcat.runs.dump import dump, protect, protect_plays
from deepcat.secrets.reference import Reference

# Nothing else of the caller's environment reaches Ansible; above all no setting of Ansible's.
_KEPT = re.compile(
    r"(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_\w+|SSH_AUTH_SOCK"
    r"|VIRTUAL_ENV|PYTHONDONTWRITEBYTECODE|CUDA\w*|NVIDIA\w*|TF_\w+|OMP_\w+)\Z"
)
# What a pipe holds on Linux before its reader comes.
_PIPE = 65_536
_CONFIG = """\
[defaults]
action_plugins = {playbooks}/plugins/action
library = {playbooks}/library
roles_path = {roles}
home = ./tmp
local_tmp = ./tmp
remote_tmp = {remote_tmp}
collections_path = {collections}
collections_scan_sys_path = false
gathering = explicit
forks = 16
host_key_checking = true
retry_files_enabled = false
deprecation_warnings = false
localhost_warning = false
interpreter_python = {python}
inject_facts_as_vars = true
nocows = true
[inventory]
enable_plugins = yaml
any_unparsed_is_failed = true
[connection]
pipelining = true
"""
# Ansible must not go on alone when this process is killed; 1 is PR_SET_PDEATHSIG, 9 is SIGKILL.
# What a look-up needs comes through a pipe, for the runner writes the environment to a file.
_START = """\
import ctypes, json, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
given = os.environ.pop("DEEPCAT_GIVEN", "")
if given:
    with open(given) as pipe:
        os.environ.update(json.loads(pipe.readline()))
from ansible.cli.playbook import main
main()
"""


@dataclass(frozen=True, slots=True)
class Done:
    """How Ansible ended.

    Attributes:
        rc: exit status.
        output: the end of what it wrote.
        is_cancelled: whether a person stopped it.
    """

    rc: int
    output: str
    is_cancelled: bool


def require() -> None:
    """Raise DeepcatError unless Ansible is installed."""
    import importlib.util

    for part in ("ansible", "ansible_runner", "supervisor"):
        if importlib.util.find_spec(part) is None:
            raise DeepcatError(
                f"`{part}` is not installed, and plans are carried out through Ansible",
                hint="pip install 'deepcat[run]'",
                code="run/missing",
            )


def vault_collection() -> str:
    """The folder that holds the collection community.hashi_vault, as Ansible wants it named.

    It is on PyPI in the package `ansible` alone, with 54 MB of other collections (260 MB on disk),
    so it is asked for by the extra `vault` only, and Ansible sees that folder only where a look-up
    needs it. One that `ansible-galaxy collection install` brought will do as well.

    Raises:
        DeepcatError: it is not installed, or its library hvac is not (``secret/unavailable``).
    """
    import importlib.util

    places = [*sys.path, str(Path("~/.ansible/collections").expanduser())]
    for place in filter(None, places):
        if (Path(place) / "ansible_collections" / "community" / "hashi_vault").is_dir():
            if importlib.util.find_spec("hvac"):
                return place
            break
    raise DeepcatError(
        "secrets in Vault need the Ansible collection community.hashi_vault and the library hvac",
        hint="pip install 'deepcat[vault]'",
        code="secret/unavailable",
    )


def write(
    folder: Path,
    plays: Sequence[Mapping[str, Any]],
    inventory: Mapping[str, Any],
    references: Iterable[Reference] = (),
    role_folders: Iterable[Path] = (),
) -> None:
    """Write all that Ansible needs into a new folder, so that a person can run it again.

    Args:
        folder: is made.
        plays: to be run.
        inventory: their hosts.
        references: where the secrets lie that the plays look up.
        role_folders: where roles lie that go before ours.
    """
    (folder / "tmp").mkdir(parents=True)
    (folder / "plays.yml").write_text(dump(protect_plays(plays)), "utf-8")
    (folder / "inventory.yml").write_text(dump(protect_values(inventory)), "utf-8")
    playbooks = resources.playbooks()
    values = {"playbooks": str(playbooks), "python": sys.executable, "remote_tmp": "./tmp"}
    values["roles"] = ":".join(map(str, (*role_folders, playbooks / "roles")))
    needs_vault = any(each.kind == "vault" for each in references)
    values["collections"] = vault_collection() if needs_vault else "./tmp"
    (folder / "ansible.cfg").write_text(_CONFIG.format(**values), "utf-8")


def protect_values(inventory: Mapping[str, Any]) -> dict[str, Any]:
    """The inventory with every variable's text unsafe; it holds no expression."""
    hosts = inventory["all"]["hosts"]
    return {"all": {"hosts": {str(host): protect(values) for host, values in hosts.items()}}}


def run(
    folder: Path,
    take: Callable[[Mapping[str, Any]], None],
    is_stopped: Callable[[], bool],
    secret: Mapping[str, str] | None = None,
) -> Done:
    """Run `plays.yml` of a folder.

    Args:
        folder: as `write` made it; gets `artifacts/`.
        take: called with each event, as it happens.
        is_stopped: whether a person has stopped it; as `stopping` gives it.
        secret: variables of the environment that only this call is given.
    """
    from ansible_runner import Runner, RunnerConfig

    config = RunnerConfig(
        str(folder),
        playbook="plays.yml",
        inventory="inventory.yml",
        ident="ansible",
        quiet=True,
        fact_cache_type="none",
        settings={"pexpect_timeout": 1},
    )
    config.prepare()
    config.cwd = str(folder)
    config.env = _environment(config.env, folder)
    config.command = [sys.executable, "-c", _START, "-i", "inventory.yml", "plays.yml"]
    with _given(folder, secret or {}) as where:
        config.env |= where
        runner = Runner(config, event_handler=_handler(take), cancel_callback=is_stopped)
        runner.run()
    output = (folder / "artifacts" / "ansible" / "stdout").read_text("utf-8", "replace")
    return Done(int(runner.rc or 0), output[-8000:], is_stopped())


def _handler(take: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], bool]:
    def handle(event: Mapping[str, Any]) -> bool:
        take(event)
        return True

    return handle


def _environment(prepared: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What the runner set for its own callback, and what we let through."""
    ours = {"ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK", "AWX_ISOLATED_DATA_DIR"}
    ours |= {name for name in prepared if name.startswith("RUNNER_")} - os.environ.keys()
    kept = {name: text for name, text in prepared.items() if name in ours or _KEPT.match(name)}
    return kept | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}


@contextmanager
def _given(folder: Path, secret: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A variable that names a pipe with the secret ones, which are never written to a disk."""
    if not secret:
        yield {}
        return
    content = json.dumps(dict(secret)).encode() + b"\n"
    if len(content) > _PIPE:
        hint = "give each workload fewer and shorter secrets"
        raise DeepcatError("the secrets are too long", hint=hint, code="secret/unavailable")
    path = folder / "tmp" / "given"
    os.mkfifo(path, 0o600)
    # Open for both, it waits for no reader, and holds what is written until there is one.
    handle = os.open(path, os.O_RDWR)
    try:
        os.write(handle, content)
        yield {"DEEPCAT_GIVEN": str(path)}
    finally:
        os.close(handle)
        path.unlink(missing_ok=True)


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and SIGTERM into an orderly end of all calls; only the main thread can."""
    seen = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield seen.is_set
        return
    before = {
        number: signal.signal(number, lambda *_: seen.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield seen.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
