"""A version of a module trained again from what made it, and compared."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.reading.open_tree import git_tree, work_tree
from deepcat.catalog.settings import read_settings
from deepcat.errors import DeepcatError, UsageError
from deepcat.host.archive import fetch, model_folder, unpack
from deepcat.host.failure import StepError
from deepcat.loop.trained.again import train_again
from deepcat.loop.trained.candidate import Ask, Folder, answers_of, folder_at
from deepcat.loop.trained.compared import Reproduced, sums, verdict
from deepcat.loop.trained.output import MOST_UNPACKED, bad, read_output
from deepcat.loop.trained.sets import sets_of
from deepcat.loop.trained.version import figures
from deepcat.loop.trained.written import archive_path

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training


@dataclass(frozen=True, slots=True)
class Asked:
    """What is trained again.

    Attributes:
        made: the module's folder as the version has it.
        trained: the folder that the version was trained from.
        data: name -> the files of the data sets that it learnt from, by their names.
        inputs: of that training.
        commit: that carried the version; empty for the files as they lie.
        training: the one that made it; empty where none is named.
        begins: whether it begins from the model of the folder that it was trained from.
        at: the commit of the folder that it was trained from; empty for the files as they lie.
        data_then: name -> what is known of the data that it learnt from; empty for nothing.
    """

    made: Folder
    trained: Folder
    data: Mapping[str, Mapping[str, bytes]]
    inputs: Mapping[str, Any]
    commit: str
    training: str
    begins: bool = False
    at: str = ""
    data_then: Mapping[str, Any] = field(default_factory=dict)


def asked(root: Path, name: str, version: str = "", *, here: bool = True) -> Asked:
    """Find a version of a module and what it was trained from.

    Args:
        root: the catalog's folder.
        name: the module's.
        version: the newest where it is empty.
        here: whether it is trained on this machine, so that its data are read now.

    Raises:
        UsageError: there is no such version.
        DeepcatError: what it was trained from is not in this clone (``reproduce/commit``).
    """
    tree: Tree = work_tree(root)
    commit = ""
    made = folder_at(tree, name)
    if version and version != made.data.get("version"):
        from deepcat.catalog.judging.choosing import listed
        from deepcat.catalog.past import past_of

        past = past_of(tree, read_settings(tree))
        there = [each for each in (past.of((name,)).get(name, ()) if past else ()) if each.version]
        found = next((each for each in there if each.version == version), None)
        if found is None:
            hint = f"there are: {listed(there) or 'none'}"
            raise UsageError(f"no commit that led here carried `{name}` {version}", hint=hint)
        commit = found.commit
        tree = git_tree(root, commit)
        made = folder_at(tree, name)
    run = (made.data.get("training") or {}).get("run") or {}
    if not run.get("commit"):
        sets = sets_of(tree, made.data) if here else {}
        return Asked(made, made, sets, {}, commit, "", at=commit)
    try:
        tree = git_tree(root, str(run["commit"]))
        trained = folder_at(tree, name)
    except DeepcatError:
        raise DeepcatError(
            f"`{name}` {made.data.get('version')} was trained from the commit"
            f" {str(run['commit'])[:12]}, which this clone does not hold",
            hint="fetch the whole history (`git fetch --unshallow`)",
            code="reproduce/commit",
        ) from None
    then = run.get("data")
    return Asked(
        made,
        trained,
        sets_of(tree, trained.data) if here else {},
        run.get("inputs") or {},
        commit,
        str(run.get("id") or ""),
        bool(run.get("begins_from")),
        str(run["commit"]),
        then if isinstance(then, Mapping) else {},
    )


def reproduce(root: Path, given: Asked, ask: Ask, wall_s: float) -> Reproduced:
    """Train again, and compare.

    Args:
        root: the catalog's folder; environments are kept below it.
        given: what is trained again.
        ask: asks a model for its samples, in a box.
        wall_s: how long the training may take.

    Raises:
        DeepcatError: it cannot be trained here, or what it made cannot be taken (``job/…``).
    """
    with tempfile.TemporaryDirectory(prefix="deepcat-again-") as name:
        kept = root / ".deepcat" / "reproduce"
        what = (given.trained, given.data, given.inputs)
        done = train_again(*what, Path(name), kept, wall_s, begins=given.begins)
        return compared(given, done.output, ask, done.seconds, _hardware())


def compared(
    given: Asked, output_at: Path, ask: Ask, seconds: float, hardware: Mapping[str, Any]
) -> Reproduced:
    """Hold what a training made against the version that it was to make again.

    Args:
        given: what was trained again.
        output_at: the folder of what it made.
        ask: as of `reproduce`.
        seconds: that it took.
        hardware: that it ran on.

    Raises:
        DeepcatError: what it made cannot be taken (``job/…``).
    """
    made = given.made
    with tempfile.TemporaryDirectory(prefix="deepcat-again-") as name:
        folder = Path(name)
        for each in ("old", "new"):
            (folder / each).mkdir()
        output = read_output(output_at, folder / "new")
        old = _old(made, folder / "old")
        told = figures(made.data, output.metrics)
        archive = output.archive.read_bytes()
        model = made.data.get("model") or {}
        path = archive_path(str(model.get("path") or "model.tar.gz"), output.archive.name)
        # Asked as the new version of the module would be.
        answers = answers_of(made.with_archive(path, archive), ask)
        new = sums(model_folder(folder / "new" / "unpacked"))
        known = verdict(old, new, told, answers)
    version = str(made.data.get("version"))
    digest = hashlib.sha256(f"{made.name} {version}".encode()).hexdigest()
    return Reproduced(
        module=made.name,
        version=version,
        verdict=known,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        commit=given.commit,
        training=given.training or digest[:12],
        hardware=hardware,
        figures=told,
        samples=len(answers),
        differing={each.name: each.differs[0] for each in answers if each.differs},
    )


def kept(store: Store, found: Reproduced, was: Mapping[str, Any] | None = None) -> None:
    """Write down what came of it, in the record of the training that made the version.

    Where none is known, a record of its own says so.

    Args:
        store: the records.
        found: what came of it.
        was: how it came out before it got worse, where it did.
    """
    from deepcat.records.trainings import ENDED, Training

    result = {
        "module": found.module,
        "version": found.version,
        "verdict": found.verdict.value,
        "at": found.at,
        "seconds": found.seconds,
        "hardware": dict(found.hardware),
    } | ({"was": dict(was)} if was else {})

    def change(now: Training | None) -> Training:
        base = now or Training(
            found.training, "reproduce", module=found.module, version=found.version,
            commit=found.commit, state=ENDED, by="command", exit_status=0, ended=found.at,
            created=found.at,
        )  # fmt: skip
        return replace(base, reproduced=result, updated=found.at)

    words = f"{found.module} {found.version}: trained again: {found.verdict.value}"
    store.update_training(found.training, change, words)


def _old(made: Folder, folder: Path) -> dict[str, str]:
    """The files of the model that the version has."""
    model = made.data.get("model") or {}
    path = str(model.get("path") or "")
    source = str(model.get("source") or "")
    if path:
        (folder / "given").write_bytes(made.files.get(path, b""))
        source = "given"
    try:
        fetch(source, str(model.get("sha256") or ""), folder, folder / "fetched")
        unpack(folder / "fetched", folder / "unpacked", limit=MOST_UNPACKED)
        return sums(model_folder(folder / "unpacked"))
    except StepError as error:
        raise bad(f"the model that it is compared with cannot be had: {error.message}") from None


def _hardware() -> dict[str, Any]:
    import os
    import platform

    name = next(
        (
            line.partition(":")[2].strip()
            for line in _cpu().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {"cpu": name, "cores": os.cpu_count() or 1, "python": platform.python_version()}


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text("utf-8", "replace") if path.is_file() else ""
