"""EDGE of the runs: one call of ansible-runner, in a folder of plain files of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deepcat import resources
from deepcat.errors import DeepcatError
from deepcat.extras import BRINGS, is_there, not_installed
from deepcat.plain import plain
from deepcat.runs.dump import dump, protect, protect_plays
from deepcat.secrets.reference import Reference
from deepcat.tosca.reading.galaxy import Pinned

# Nothing else of the caller's environment reaches Ansible; above all no setting of Ansible's.
_KEPT = re.compile(
    r"(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|SSL_CERT_\w+|SSH_AUTH_SOCK"
    r"|XDG_RUNTIME_DIR|CONTAINERS_(STORAGE_)?CONF|(APPTAINER|SINGULARITY)_(CACHEDIR|TMPDIR)"
    r"|VIRTUAL_ENV|PYTHONDONTWRITEBYTECODE|CUDA\w*|NVIDIA\w*|TF_\w+|OMP_\w+"
    r"|DEEPCAT_RUNTIMES|XDG_CACHE_HOME|PIP_CONFIG_FILE|SLURM_CONF)\Z"
)
# What a pipe holds on Linux before its reader comes.
_PIPE = 65_536
# The status of an Ansible that was killed.
KILLED = -1
# By itself it looks a thousand times a second whether a task is over; 5 ms later is soon enough.
_CONFIG = """\
[defaults]
action_plugins = {playbooks}/plugins/action
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
internal_poll_interval = 0.005
[inventory]
enable_plugins = yaml
any_unparsed_is_failed = true
[connection]
pipelining = true
"""
# Ansible must not go on alone when this process is killed; 1 is PR_SET_PDEATHSIG, 9 is SIGKILL.
# What a look-up needs comes through a pipe, for the runner writes the environment to a file.
# Looking for cycles among all that Ansible imports took a tenth to a quarter of a small run. Every
# task is a fork: what it would import by itself, each time, it finds where this process has it.
_START = """\
import ctypes, gc, json, os, sys
gc.disable()
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
given = os.environ.pop("DEEPCAT_GIVEN", "")
if given:
    with open(given) as pipe:
        os.environ.update(json.loads(pipe.readline()))
from ansible.cli.playbook import main
from deepcat.runs.routing import remember
remember()
if os.environ.pop("DEEPCAT_STEPS", ""):
    import deepcat.host.steps
gc.freeze()
gc.enable()
gc.set_threshold(100_000, 20, 20)
main()
"""


_GALAXY = """\
import ctypes, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
from ansible.cli.galaxy import main
main()
"""
_GALAXY_S = 300


@dataclass(frozen=True, slots=True)
class Done:
    """How Ansible ended.

    Attributes:
        rc: exit status; `KILLED` where a signal ended it.
        output: the end of what it wrote.
        is_cancelled: whether a person stopped it.
    """

    rc: int
    output: str
    is_cancelled: bool


def require() -> None:
    """Raise DeepcatError unless Ansible is installed."""
    for part in BRINGS["run"]:
        if not is_there(part):
            raise not_installed("run", part, "run/missing")


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
    *,
    steps_here: bool = False,
) -> Done:
    """Run `plays.yml` of a folder; once more, when it was killed before it had begun a play.

    Args:
        folder: as `write` made it; gets `artifacts/`.
        take: called with each event, as it happens.
        is_stopped: whether a person has stopped it; as `stopping` gives it.
        secret: variables of the environment that only this call is given.
        steps_here: whether tasks take a host's steps in Ansible's own processes.
    """
    heard = False

    def hear(event: Mapping[str, Any]) -> None:
        nonlocal heard
        # What stands before the first play may be its interpreter's last words.
        heard = heard or event.get("event") != "verbose"
        take(event)

    once = partial(_once, folder, hear, is_stopped, secret or {}, steps_here=steps_here)
    done = once()
    if done.rc == KILLED and not (heard or is_stopped()):
        shutil.rmtree(folder / "artifacts")
        done = once()
    return done


def _once(
    folder: Path,
    take: Callable[[Mapping[str, Any]], None],
    is_stopped: Callable[[], bool],
    secret: Mapping[str, str],
    *,
    steps_here: bool,
) -> Done:
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
    if steps_here:
        config.env["DEEPCAT_STEPS"] = "here"
    config.command = [sys.executable, "-P", "-c", _START, "-i", "inventory.yml", "plays.yml"]
    with _given(folder, secret) as where:
        config.env |= where
        runner = Runner(config, event_handler=_handler(take), cancel_callback=is_stopped)
        runner.run()
    output = (folder / "artifacts" / "ansible" / "stdout").read_text("utf-8", "replace")
    # The runner gives no status of what a signal has ended.
    return Done(KILLED if runner.rc is None else int(runner.rc), output[-8000:], is_stopped())


def fetch_roles(folder: Path, roles: Sequence[Pinned], into: Path) -> None:
    """Fetch roles of Ansible Galaxy, and nothing that they say they need besides.

    Args:
        folder: for the call; is made.
        roles: each at its version.
        into: the folder where they will lie, each by its name.

    Raises:
        DeepcatError: one cannot be had (``run/galaxy``).
    """
    from ansible_runner import Runner, RunnerConfig

    write(folder, (), {"all": {"hosts": {}}})
    (folder / "roles.yml").write_text(dump([_requirement(role) for role in roles]), "utf-8")
    settings = {"pexpect_timeout": 1, "job_timeout": _GALAXY_S}
    config = RunnerConfig(
        str(folder), playbook="plays.yml", ident="galaxy", quiet=True, settings=settings
    )
    config.prepare()
    config.cwd = str(folder)
    config.env = _environment(config.env, folder) | {"GIT_TERMINAL_PROMPT": "0"}
    words = ["role", "install", "--no-deps", "--role-file", "roles.yml", "--roles-path", str(into)]
    config.command = [sys.executable, "-P", "-c", _GALAXY, *words]
    runner = Runner(config)
    runner.run()
    lacking = [role for role in roles if not (into / role.called).is_dir()]
    if runner.rc or lacking:
        said = (folder / "artifacts" / "galaxy" / "stdout").read_text("utf-8", "replace")
        why = plain(" ".join(said[-400:].split()))
        raise DeepcatError(
            f"the Ansible role {(lacking or roles)[0]} cannot be fetched: {why}",
            hint="see whether it has that version, and whether this machine reaches it",
            code="run/galaxy",
        )


def _requirement(role: Pinned) -> dict[str, str]:
    address = role.source.removeprefix("git+")
    git = {"scm": "git"} if address != role.source else {}
    return {"src": address, **git, "version": role.version, "name": role.called}


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
