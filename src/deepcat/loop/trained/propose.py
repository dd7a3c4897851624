"""A training that ended becomes one pull request, however often this is begun and killed.

What it writes follows from the training and the commit that it stands upon, so a second attempt
makes the same commits; its branch is its own, and moves only from where it was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.reading.open_tree import git_tree
from deepcat.errors import DeepcatError
from deepcat.forge.values import Proposal
from deepcat.loop.trained import told as tell
from deepcat.loop.trained.before import data_before, others
from deepcat.loop.trained.branch import Branches, Commits, trailer
from deepcat.loop.trained.candidate import Ask, Folder, answers_of, folder_at
from deepcat.loop.trained.crate import About, crate
from deepcat.loop.trained.journal import NOTED, note
from deepcat.loop.trained.output import bad, opened
from deepcat.loop.trained.source import provenance, require_ended, require_its_own
from deepcat.loop.trained.statement import statement
from deepcat.loop.trained.stores.seam import POINTED
from deepcat.loop.trained.swept import Sweep, sweep_of
from deepcat.loop.trained.takers import Taker, takers
from deepcat.loop.trained.values import Answered, Figure, Output, Provenance, Wish
from deepcat.loop.trained.version import by_measure, deciding, figures, held_back, next_version
from deepcat.loop.trained.written import archive_path, renewed, rewritten
from deepcat.plan.training import direction
from deepcat.records.trainings import proposal_of
from deepcat.secrets.mask import mask

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.forge.values import Inbox
    from deepcat.loop.trained.store import ModelStore
    from deepcat.records.store import Store
    from deepcat.records.trainings import Training

# Of an archive in Git; a forge refuses files of 100 MB.
MOST_IN_GIT = 95_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a proposal is made.

    Attributes:
        root: the catalog's folder.
        git: its repository.
        inbox: the forge's.
        store: the records.
        branch: the one that is the truth.
        remote: where branches go; empty where they stay in this repository.
        ask: asks a model for its samples, in a box.
        bring: gives a folder with what a training made, for as long as the context lasts.
        currency: the catalog's.
        models: the store of what is too large for Git; None where the catalog names none.
        catalog: its title.
        site: address of its website; empty for none.
        in_commit: whether the commit says what the pull request would, for there is none.
    """

    root: Path
    git: Repository
    inbox: Inbox
    store: Store
    branch: str
    remote: str
    ask: Ask
    bring: Callable[[Training], AbstractContextManager[Path]]
    currency: str = ""
    models: ModelStore | None = None
    in_commit: bool = False
    catalog: str = "deepcat"
    site: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a training.

    Attributes:
        deployment: whose it is.
        training: its id.
        module: the module's name.
        state: ``proposed``, ``held`` (why says it), ``merged``, or ``shown`` by a dry run.
        version: the new one; empty where there is none.
        before: the one that it stands upon.
        address: of the pull request, or its branch.
        why: of what was held.
        is_draft: whether it is one.
        body: what it says.
        figures: its metrics.
        changed: samples whose expected answers change.
        statement: where the model came from, as in-toto has it.
        crate: the same as an RO-Crate.
    """

    deployment: str
    training: str
    module: str
    state: str
    version: str = ""
    before: str = ""
    address: str = ""
    why: str = ""
    is_draft: bool = False
    body: str = ""
    figures: Sequence[Figure] = ()
    changed: Sequence[str] = ()
    statement: Mapping[str, Any] = field(default_factory=dict)
    crate: Mapping[str, Any] = field(default_factory=dict)


def propose(
    stage: Stage, training: Training, wish: Wish, *, dry_run: bool = False, again: bool = False
) -> Outcome:
    """Propose what a training made last, unless that was done.

    Args:
        stage: where.
        training: as its record says.
        wish: when it is proposed.
        dry_run: whether nothing is written.
        again: whether one that was held back is looked at again.

    Raises:
        DeepcatError: what it made cannot be taken (``job/…``), or cannot be proposed
            (``propose/…``).
    """
    require_its_own(training)
    source = provenance(require_ended(training), stage.currency)
    known = proposal_of(training)
    first = Outcome(source.deployment, source.id, source.module, "")
    if known and (known.get("state") != "held" or not again) and not dry_run:
        state, version, before, address, why = (str(known.get(key, "")) for key in NOTED)
        return Outcome(
            source.deployment, source.id, source.module, state, version, before, address, why
        )
    base = tip_of(stage)
    if stage.git.says(base, trailer(source)):
        return _noted(stage, training, replace(first, state="merged"), dry_run)
    with stage.bring(training) as folder, opened(folder) as output:
        made = _made(stage, base, source, output, wish)
        if made.outcome.state == "held":
            return _noted(stage, training, made.outcome, dry_run)
        if dry_run:
            return replace(made.outcome, state="shown")
        if stage.models and made.in_store:
            stage.models.put(output.archive, output.sha256)
            stage.models.put_statement(output.sha256, output.archive.name, made.outcome.statement)
        branches = Branches(stage.git, stage.inbox, base, stage.remote)
        key = branches.key_of(source.deployment)
        head = branches.bring(key, source, _commits(made, in_commit=stage.in_commit))
    proposal = Proposal(
        key=key,
        base=stage.branch,
        title=tell.title(made.told),
        body=made.outcome.body,
        head=head,
        is_draft=made.outcome.is_draft,
        once=tell.marker(source),
    )
    address = stage.inbox.put_proposal(proposal)
    outcome = replace(made.outcome, state="proposed", address=address)
    return _noted(stage, training, outcome, dry_run)


def tip_of(stage: Stage) -> str:
    """The commit that a proposal stands upon."""
    return tip_at(stage.git, stage.branch, stage.remote)


def tip_at(git: Repository, branch: str, remote: str) -> str:
    """The commit that a branch names at a remote, or here where there is none.

    Raises:
        DeepcatError: there is no such branch (``propose/base``).
    """
    names: tuple[str, ...] = (f"refs/heads/{branch}", "HEAD")
    if remote:
        git.fetch(remote, f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}")
        names = (f"refs/remotes/{remote}/{branch}",)
    found = next(filter(None, map(git.commit, names)), "")
    if not found:
        raise DeepcatError(
            f"there is no branch `{branch}` to propose it to",
            hint="name it with `--branch`",
            code="propose/base",
        )
    return found


@dataclass(frozen=True, slots=True)
class _Made:
    """A proposal before it is brought anywhere: what changes by the first and the second commit."""

    outcome: Outcome
    told: tell.Told
    files: Mapping[str, bytes | None]
    answers: Mapping[str, bytes | None]
    in_store: bool = False


def _made(stage: Stage, base: str, source: Provenance, output: Output, wish: Wish) -> _Made:
    tree = git_tree(stage.root, base)
    old = folder_at(tree, source.module)
    model = old.data.get("model")
    models = stage.models
    in_store = models is not None and output.size > models.place.above
    if not isinstance(model, Mapping) or not (model.get("path") or in_store):
        raise DeepcatError(
            f"the model of `{source.module}` is no file of its folder",
            hint="name a `store` in `deepcat.yaml`, or let `model.path` name an archive",
            code="propose/model",
        )
    if output.size > MOST_IN_GIT and not in_store:
        raise bad(
            f"its model has {output.size:,} bytes, and a forge takes {MOST_IN_GIT:,} at most:"
            " `deepcat.yaml` names no `store`"
        )
    told = figures(old.data, output.metrics)
    if (old.data.get("training") or {}).get("evaluate"):
        if output.unmeasured:
            raise _unmeasured(output.unmeasured)
        told = by_measure(told, output)
    if not any(each.after is not None for each in told):
        raise _no_metric(told)
    figure = deciding(old.data, told)
    known = data_before(stage.git, stage.root, base, source.module, old.data)
    other = others(old.data, source, known)
    version, why = next_version(old.data, output, told, other)
    first = Outcome(
        source.deployment, source.id, source.module, "held", version,
        str(old.data["version"]), figures=told,
    )  # fmt: skip
    held = held_back(wish, figure)
    draft = held_back(Wish.BETTER, figure)
    name = archive_path(str(model.get("path") or "model.tar.gz"), output.archive.name)
    address, beside = "", dict[str, bytes | None]()
    if models and in_store:
        address = models.address(output.sha256, name, output.size)
        beside |= models.beside(output.sha256, name, output.size)
    files = renewed(old.files, old.data, output, told, version, source, other, address)
    files |= {path: None for path in (POINTED,) if path in old.files} | beside
    content = output.archive.read_bytes()
    if not address:
        files[name] = content
    new = old.changed(files)
    trial = new.with_archive(name, content) if address else new
    _require_no_worse(old, new)
    nothing = _Made(first, _told(output, source, first, why, [], new, (), draft), files, {})
    if output.sha256 == model.get("sha256"):
        held = f"it made the very model that {first.before} has"
    if held:
        return replace(nothing, outcome=replace(first, why=held))
    answers = answers_of(trial, stage.ask)
    changed = [each for each in answers if each.differs]
    rewrites = rewritten(new.files, trial.module, answers) if changed else {}
    if changed:
        new.changed(rewrites).module  # noqa: B018 - it is sound, or raises
    taking = _takers(stage, base, source.module, version)
    story = _told(output, source, first, why, answers, trial, taking, draft)
    story = replace(story, sweep=_swept(stage, source, old.data))
    names = tuple(each.name for each in changed)
    outcome = replace(
        first,
        state="",
        is_draft=bool(draft),
        body=mask(tell.body(story)),
        changed=names,
        statement=statement(source, output.sha256, f"modules/{source.module}/{name}"),
        crate=crate(
            source,
            About(
                str(old.data.get("title") or source.module),
                stage.catalog,
                stage.site,
                str(old.data.get("license") or ""),
            ),
            [{"path": name, "bytes": output.size, "sha256": output.sha256}],
            {each.name: each.after for each in told if each.after is not None},
        ),
    )
    return _Made(outcome, story, files, rewrites, in_store)


def _told(
    output: Output,
    source: Provenance,
    first: Outcome,
    why: str,
    answers: Sequence[Answered],
    new: Folder,
    takers: Sequence[Taker],
    draft: str,
) -> tell.Told:
    changed = [each for each in answers if each.differs]
    names = {each.name for each in changed}
    expected = {
        each.name: dict(each.response)
        for each in (new.module.samples if names else ())
        if each.name in names
    }
    return tell.Told(
        source, first.before, first.version, why, first.figures,
        len(answers) - len(changed), changed, expected, output.curves, takers, draft,
        output.size, None, output.sha256, output.plots,
    )  # fmt: skip


def _swept(stage: Stage, source: Provenance, module: Mapping[str, Any]) -> Sweep | None:
    """The other trainings of its sweep."""
    every = stage.store.read_trainings()
    training = every.get(source.id)
    if training is None or not training.sweep:
        return None
    higher = direction(module, training.metric) is not False
    return sweep_of(training, every.values(), higher=higher)


def _require_no_worse(old: Folder, new: Folder) -> None:
    """See that the check has nothing against the new version that it had not before."""
    # What it says of answers is decided by asking the model.
    more = sorted(new.errors - old.errors)
    if more:
        words = "; ".join(f"{message} [{code}]" for code, message in more)
        raise bad(f"the module would not pass the check: {words[:600]}")


def _takers(stage: Stage, base: str, module: str, version: str) -> tuple[Taker, ...]:
    from deepcat.catalog.load import load

    wishes = load(git_tree(stage.root, base)).deployments.values()
    return takers(wishes, stage.store.read_all(), module, version)


def _commits(made: _Made, *, in_commit: bool) -> Commits:
    words = f"\n\n{made.outcome.body.rstrip()}" if in_commit else ""
    return Commits(made.answers, made.files, f"{tell.title(made.told)}{words}")


def _noted(stage: Stage, training: Training, outcome: Outcome, dry_run: bool) -> Outcome:
    if not dry_run:
        told = {key: str(getattr(outcome, key)) for key in NOTED}
        note(stage.store, training, told)
    return outcome


def _unmeasured(why: str) -> DeepcatError:
    return DeepcatError(
        f"`training.evaluate` has not measured the new model: {why}",
        hint="mend what it runs, then train again: `deepcat retry`",
        code="job/no-metric",
    )


def _no_metric(told: Sequence[Figure]) -> DeepcatError:
    names = ", ".join(f"`{each.name}`" for each in told[:8]) or "no metric at all"
    return DeepcatError(
        f"the training tells none of its module's metrics: {names}",
        hint="let `metrics.json` name them as `metrics` of `module.yaml` does",
        code="job/no-metric",
    )
