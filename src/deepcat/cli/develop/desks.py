"""Which deployment a name means where somebody develops: a module's, or its own."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from deepcat.errors import DeepcatError, UsageError

# The first is the usual one.
EDITORS = ("jupyterlab", "code-server")


def desk(root: Path, name: str) -> str:
    """The deployment that NAME means; empty for a module that has none to develop it.

    Raises:
        UsageError: there is neither, or the name that it would get is taken.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.wording import unknown

    catalog = load(work_tree(root))
    known = catalog.deployments.get(name)
    if known is not None and known.profile == "develop":
        return name
    if has_notebook(root, name):
        return name
    module = known.module if known is not None else name
    if module not in catalog.modules:
        raise unknown("module", name, {*catalog.modules, *catalog.deployments})
    found = [
        each.name
        for each in catalog.deployments.values()
        if (each.profile, each.module) == ("develop", module)
    ]
    if found:
        return min(found)
    if (own := f"develop-{module}") in catalog.deployments:
        hint = "begin one of another name: deepcat new deployment NAME --profile develop"
        raise UsageError(f"`{own}` is a deployment of another kind", hint=hint)
    return ""


def opened(root: Path, name: str) -> str:
    """The deployment that NAME means, to save or to stop.

    Raises:
        UsageError: there is no such name, or its module has no deployment to develop it.
    """
    if _is_record_of_one(root, name):
        return name
    if found := desk(root, name):
        return found
    hint = f"open it first: deepcat develop {name}"
    raise UsageError(f"`{name}` has no place to develop", hint=hint, code="develop/none")


def require_said(root: Path, name: str, on: str | None, editor: str | None) -> None:
    """Hold the cloud and the editor that were asked for against what a deployment's file says.

    Raises:
        UsageError: it may not go there, or is worked in otherwise.
    """
    if not (on or editor):
        return
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree

    known = load(work_tree(root)).deployments.get(name)
    if on and (known is None or known.placement.clouds != (on,)):
        raise UsageError(
            f"`{name}` is there already, and is not bound to `{on}`",
            hint=f"leave `--on` out, or bind it by `placement` in deployments/{name}.yaml",
        )
    own = (known.data.get("editor") if known else None) or EDITORS[0]
    if editor and own != editor:
        hint = f"say `editor: {editor}` in deployments/{name}.yaml; its work is kept"
        raise UsageError(f"`{name}` is worked in with {own}, as its file says", hint=hint)


def _is_record_of_one(root: Path, name: str) -> bool:
    from deepcat.loop.known import recorded

    with suppress(DeepcatError):
        return recorded(root, name).state.profile == "develop"
    return False


def has_notebook(root: Path, name: str) -> bool:
    """Whether one runs there as far as its record says."""
    from deepcat.loop.known import recorded
    from deepcat.plan.values import Status

    with suppress(DeepcatError):
        state = recorded(root, name).state
        return state.status is Status.RUNNING and bool(state.resources.get("work"))
    return False
