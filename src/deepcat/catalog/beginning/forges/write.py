"""The files of a catalog's loop on a forge. Pure but for our own templates, which it reads."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from deepcat.catalog.beginning.forges.source import Source
from deepcat.catalog.beginning.forges.steps import Actions, install, kept_environment

_HERE = Path(__file__).resolve().parent
LOCKS = ("review", "deploy")
MARK = "# Written by `deepcat new workflows"
_HEADER = MARK + " --{forge}`, which writes it anew for another deepcat.\n"


class Forge(StrEnum):
    """A forge that runs workflows, as an option of the command names it."""

    GITHUB = "github"
    GITLAB = "gitlab"
    FORGEJO = "forgejo"
    GITEA = "gitea"


def lock_folder(forge: Forge) -> str:
    """Where the lock files lie, from the repository's root."""
    return f".{forge}/deepcat"


def loop_files(forge: Forge, source: Source, *, vault: bool = False) -> dict[str, bytes]:
    """Path -> content: the workflows, and what they install.

    Args:
        forge: where they run.
        source: the deepcat that they install.
        vault: whether what applies can look up secrets in Vault.
    """
    folder = lock_folder(forge)
    header = _HEADER.format(forge=forge)
    if forge is Forge.GITLAB:
        files = {".gitlab-ci.yml": header + _gitlab(source, folder)}
    elif forge is Forge.GITHUB:
        files = actions("github", Actions(source, folder), ".github/workflows", header)
    else:
        steps = Actions(source, folder, python="")
        files = actions("gitea", steps, f".{forge}/workflows", header)
    return {path: text.encode() for path, text in files.items()} | _installed(source, folder, vault)


def _gitlab(source: Source, folder: str) -> str:
    given = {}
    for name in LOCKS:
        lock = f"{folder}/{name}.lock"
        where = kept_environment("$CI_BUILDS_DIR/deepcat", lock)
        lines = [f'DEEPCAT_ENV="{where}"', *install(source, lock, "$DEEPCAT_ENV")]
        given[name] = "\n    - ".join(f"'{line}'" for line in lines)
    return render("gitlab/gitlab-ci.yml", install=given)


def actions(
    template: str, steps: Callable[..., str], folder: str, header: str = ""
) -> dict[str, str]:
    """Path -> text of each workflow of a dialect.

    Args:
        template: the folder of templates.
        steps: writes the steps that run one command of deepcat.
        folder: where the workflows lie.
        header: stands above each.
    """
    found = sorted((_HERE / template).glob("*.yml"))
    parts = {
        path.stem: path.read_text("utf-8").strip().replace("\n", "\n      ")
        for path in (_HERE / template).glob("*.part")
    }
    return {
        f"{folder}/{path.name}": header + render(f"{template}/{path.name}", deepcat=steps, **parts)
        for path in found
    }


def render(name: str, **values: Any) -> str:
    """One of our templates; what it takes is ours, too, and no text of a catalog."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701 - YAML, not HTML
        variable_start_string="<<",
        variable_end_string=">>",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return environment.from_string((_HERE / name).read_text("utf-8")).render(**values)


def _installed(source: Source, folder: str, vault: bool) -> dict[str, bytes]:
    """The lock files, each with deepcat itself, and its wheel where the repository keeps it."""
    own = f"# {source.address}\n"
    files: dict[str, bytes] = {}
    if source.wheel:
        name, content = source.wheel
        files[f"{folder}/{name}"] = content
    if source.requirement:
        own = f"{source.requirement} \\\n    --hash=sha256:{source.sha256}\n"
        if source.wheel:
            own = f"./{folder}/{own}"
    for name in LOCKS:
        held = "vault" if vault and name == "deploy" else name
        text = (_HERE / f"{held}.lock").read_text("utf-8")
        files[f"{folder}/{name}.lock"] = (text + own).encode()
    return files
