"""An answer that a deployment gave becomes a sample of its module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from deepcat.catalog.beginning.disk import replace_files
from deepcat.catalog.beginning.sample import NewSample, add_sample
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.findings import Finding
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.units import MARKER
from deepcat.errors import UsageError
from deepcat.host.model_server.compare import differences
from deepcat.loop.deployments import ask
from deepcat.plan.values import State

_MEND = "mend the request, or ask for something else"


def require_place(root: Path, state: State, name: str) -> None:
    """See that a sample of this name can be added to the module that runs.

    Raises:
        UsageError: the module is not here, has errors, holds another model, or has such a sample.
    """
    module = load(work_tree(root)).modules.get(state.module)
    if module is None:
        hint = f"`deepcat check modules/{state.module}` says why"
        raise UsageError(f"the module `{state.module}` is not here, or has errors", hint=hint)
    if module.model and state.model_sha256 not in ("", module.model.sha256):
        raise UsageError(
            f"`{state.name}` runs another model than `{module.path}` holds",
            hint="bring this one up with `deepcat apply`, then ask again",
        )
    if name in {each.name for each in module.samples}:
        hint = "choose another name, or take that sample out"
        raise UsageError(f"`{state.module}` has a sample `{name}` already", hint=hint)


def keep_sample(root: Path, state: State, new: NewSample) -> tuple[str, ...]:
    """Write a sample into the module's folder, once it is sure that it would pass.

    Returns:
        The paths of the files that were written, sorted.

    Raises:
        UsageError: the model answers the same request otherwise a second time, or `deepcat check`
            would have something against the sample; nothing is written.
    """
    again = ask(root, state, new.request, new.method)
    if differences(new.response, again, new.tolerance):
        hint = "give a larger `--tolerance`, or a request whose answer is always the same"
        raise UsageError("a second answer to the same request differs", hint=hint)
    tree, folder = work_tree(root), f"modules/{state.module}"
    start = len(folder) + 1
    entries = (each for each in tree.entries(folder) if not each.is_link)
    files = {each.path[start:]: tree.read(each.path) for each in entries}
    made = add_sample(state.module, files, new)
    settings = tree.read(MARKER)
    before = _errors(prove(state.module, files, settings))
    after = _errors(prove(state.module, {**files, **made}, settings))
    if more := [said for key, said in after.items() if key not in before]:
        raise UsageError(f"this would not pass the check: {'; '.join(more)}", hint=_MEND)
    replace_files(root / folder, made)
    return tuple(f"{folder}/{path}" for path in sorted(made))


def _errors(findings: Iterable[Finding]) -> Mapping[tuple[str, str], str]:
    """What is wrong, whatever line it stands in by now."""
    return {
        (each.code, each.message): f"{each.message} ({each.hint}) [{each.code}]"
        for each in findings
        if each.is_error
    }


def request_inside(root: Path, state: State, data: str) -> str:
    """Where in the module's folder a file with a request lies; empty where it lies elsewhere."""
    folder = (root / "modules" / state.module).resolve()
    path = Path(data).resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
