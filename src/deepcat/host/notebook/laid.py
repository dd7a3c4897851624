"""What of ours lies beside a notebook's work: its kernel, its terminals' Python, its settings."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.host.notebook import closure, inside, kernel, values, wishes
from deepcat.host.place import write_json
from deepcat.host.python import words


def arguments(deployment: str, kept: Path) -> list[str]:
    """JupyterLab's own, none of which is secret.

    Args:
        deployment: its name.
        kept: what outlives the notebook.
    """
    return [
        f"--ServerApp.sock={values.SOCKET}",
        f"--ServerApp.base_url={values.prefix_of(deployment)}",
        f"--ServerApp.root_dir={kept / values.FILES}",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_remote_access=False",
        "--ServerApp.use_redirect_file=False",
        "--ServerApp.answer_yes=True",
        "--ServerApp.jpserver_extensions={'jupyter_server_terminals': True}",
        "--KernelSpecManager.ensure_native_kernel=False",
        "--KernelManager.transport=ipc",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--log-level=WARN",
    ]


def command(environment: str, set_: Path, deployment: str, kept: Path) -> list[str]:
    """What begins JupyterLab in its box.

    Args:
        environment: JupyterLab's own, a folder of packages.
        set_: the folder that `write` filled.
        deployment: as of `arguments`.
        kept: as of `arguments`.
    """
    run = [*words(), "-I", "-S", str(inside.__file__), environment, str(set_ / wishes.TOLD)]
    return [*run, *arguments(deployment, kept)]


def variables(kept: Path, set_: Path, environment: str, path: str) -> Mapping[str, str]:
    """What JupyterLab, kernels and terminals find.

    Args:
        kept: as of `arguments`.
        set_: as of `command`.
        environment: as of `command`.
        path: of programs, as boxes have it.
    """
    home = kept / values.HOME
    return {
        **of_terminals(kept, set_, path),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PATH": str(set_ / "data"),
        "JUPYTER_DATA_DIR": str(home / ".local" / "share" / "jupyter"),
        # Of its own, and short: kernels are reached by sockets there.
        "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",  # noqa: S108
        "JUPYTERLAB_DIR": f"{environment}/share/jupyter/lab",
        "JUPYTERLAB_SETTINGS_DIR": str(home / ".lab" / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / ".lab" / "workspaces"),
    }


def of_terminals(kept: Path, set_: Path, path: str) -> Mapping[str, str]:
    """What every editor and its terminals find; as of `variables`."""
    return {
        "PATH": f"{set_ / 'bin'}:{path}",
        "HOME": str(kept / values.HOME),
        "SHELL": "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh",
    }


def write(folder: Path, environment: str, own: str, lab: Path) -> None:
    """The one kernel that there is, the same Python for terminals, our part of JupyterLab's page.

    Args:
        folder: that takes them.
        environment: as of `command`.
        own: the module's environment; empty for the host's own packages.
        lab: the folder of our extension of JupyterLab's.
    """
    shutil.copytree(lab, folder / "data" / "labextensions" / "deepcat")
    python = _python(own)
    needed = folder / "kernel"
    closure.link(Path(environment), "ipykernel", needed)
    spec: dict[str, Any] = {
        "argv": [*python, str(kernel.__file__), own, str(needed), "-f", "{connection_file}"],
        "display_name": "Python of the module",
        "language": "python",
        "metadata": {"debugger": True},
    }
    write_json(folder / "data" / "kernels" / "python3" / "kernel.json", spec)
    write_python(folder, own)


def write_python(folder: Path, own: str) -> None:
    """The module's Python for terminals; as of `write`."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    program = bin_ / "python"
    path = f"PYTHONPATH={shlex.quote(own)} " if own else ""
    program.write_text(f'#!/bin/sh\n{path}exec {shlex.join(_python(own))} "$@"\n')
    program.chmod(0o755)
    (bin_ / "python3").symlink_to("python")


def _python(own: str) -> list[str]:
    return [*words(), *(["-S", "-s"] if own else ["-s"])]
