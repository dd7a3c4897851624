"""All that a training made, copied to where its wish says, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deepcat.catalog.build import deployment_of
from deepcat.catalog.judging.named_secrets import HINT
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.settings import require_settings
from deepcat.catalog.stores import Fault
from deepcat.catalog.uploads import faults
from deepcat.errors import DeepcatError
from deepcat.host.data.address import RCLONE, address_of
from deepcat.host.data.asking import Allowed
from deepcat.host.failure import StepError
from deepcat.loop.trained.source import require_ended
from deepcat.records.trainings import upload_of
from deepcat.runs import rclone, uploads
from deepcat.secrets.owners import secret_owners
from deepcat.secrets.reference import parse
from deepcat.secrets.resolve import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Deployment
    from deepcat.loop.trained.propose import Stage
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

_OPTIONS = ("endpoint", "region", "tenant")


def uploaded(stage: Stage, training: Training, wish: Deployment | None) -> Training:
    """Let what a training made last lie where its wish says; done once.

    Args:
        stage: where it is proposed.
        training: as its record says.
        wish: that it is of; None where there is no file of it.

    Returns:
        The training, with where its files lie, if its wish says so.

    Raises:
        DeepcatError: it did not end well, or cannot be brought here (``job/…``), a secret is not
            to be had (``secret/…``), or it cannot be put there (``upload/…``). Nothing is noted
            then, and the next time goes on from there.
    """
    said = wish.data.get("upload") if wish else None
    if upload_of(training) or not isinstance(said, Mapping):
        return training
    require_ended(training)
    try:
        told = _put(stage, training, said, require_settings(work_tree(stage.root)))
    except StepError as error:
        raise DeepcatError(
            f"what the training {training.training} made is not uploaded to"
            f" `{str(said['address'])[:300]}`: {error.message}",
            hint=error.hint,
            code=error.code,
        ) from None

    def change(now: Training | None) -> Training | None:
        return replace(now or training, uploaded=told)

    words = f"{training.deployment}: training {training.training} is uploaded"
    stage.store.update_training(training.training, change, words)
    return replace(training, uploaded=told)


def wish_for(root: Path, names: Sequence[str], store: Store) -> Deployment | None:
    """The first wish of these names that has a file, else that was asked for by a command.

    Args:
        root: the catalog's folder.
        names: of deployments.
        store: the records, which keep what was asked for.

    Raises:
        DeepcatError: it says where to upload to, and has a mistake (``training/wish``).
    """
    tree = work_tree(root)
    known = load(tree).deployments
    for name in names:
        if name in known:
            return known[name]
        path = f"deployments/{name}.yaml"
        try:
            document = read_bytes(tree.read(path), path)[0]
        except FileNotFoundError:
            continue
        if document is None or (isinstance(document.data, dict) and "upload" in document.data):
            raise DeepcatError(
                f"`{path}` has a mistake, so that nothing is uploaded to where it says",
                hint=f"`deepcat check {path}` says which",
                code="training/wish",
            )
    return next(filter(None, (_asked(tree, name, store) for name in names)), None)


def why_not(said: Mapping[str, Any], owner: str, settings: Mapping[str, Any]) -> Fault | None:
    """What is against uploading somewhere; None for nothing.

    Args:
        said: `upload` of a wish, which has the form that its schema says.
        owner: handle of whoever answers for the wish.
        settings: the catalog's.
    """
    if fault := next(faults(said), None):
        return fault
    reference, owners = parse(str(said.get("credential") or "")), secret_owners(settings)
    why = owners.why_not(reference, {owner} - {""}) if owners and reference else ""
    return Fault("credential", f"the secret `{reference}` {why}", HINT) if why else None


def _asked(tree: Tree, name: str, store: Store) -> Deployment | None:
    """The wish of a name as its record keeps it, which may have been written by anybody."""
    record = store.read(name)
    data = dict(record.state.asked) if record else {}
    said = data.get("upload")
    if not said:
        return None
    why = "it has not the form of one"
    if is_valid(UnitKind.DEPLOYMENT, data):
        fault = why_not(said, str(data.get("owner") or ""), require_settings(tree))
        if not fault:
            return deployment_of(name, "", data)
        why = fault.message
    raise DeepcatError(
        f"nothing is uploaded to where the wish for `{name}` says: {why}",
        hint="ask for it once more by `deepcat train --upload`",
        code="training/wish",
    )


def _put(
    stage: Stage, training: Training, said: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    where = address_of(str(said["address"]))
    let = settings.get("allowed_uploads") or {}
    allowed = Allowed(tuple(let.get("hosts") or ()), tuple(let.get("folders") or ()))
    given = {name: str(said[name]) for name in _OPTIONS if said.get(name)}
    asked = where.remote if where.store == "webdav" else given.get("endpoint", "")
    uploads.require_place(where, asked, allowed, let.get("remotes") or ())
    reference = str(said.get("credential") or "")
    secret = resolve(reference, for_workload=True) if reference else ""
    told = rclone.environment(where, given, secret) if where.kind == RCLONE else {}
    # What an attempt made before lies there still, whole or as far as it came.
    again = f"-{training.attempt}" if training.uploaded or training.attempt > 1 else ""
    below = f"{training.deployment}/{training.training}{again}"
    with stage.bring(training) as folder:
        files = uploads.files_of(folder)
        uploads.put(where, below, folder, files, allowed, told)
        size = sum(_size(folder, each.path) for each in files.pieces)
    return {
        "address": f"{str(said['address']).rstrip('/')}/{below}",
        "files": len(files.pieces),
        "bytes": size,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ended": training.ended,
    }


def _size(folder: Path, path: str) -> int:
    return (folder / path).stat().st_size
