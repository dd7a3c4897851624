"""What a call of Ansible is given for one deployment: its plays, its variables, its files.

A change that cannot even be tried fails here, typed, before anything is touched on a host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deepcat import resources
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Means, Reach, Realised
from deepcat.clouds.offers import Offer
from deepcat.clouds.registry import answering, kind_of
from deepcat.errors import DeepcatError
from deepcat.plan.compile import compile_plays
from deepcat.plan.secret_lookups import references
from deepcat.plan.values import Action, State, Status, Wish
from deepcat.runs import ansible, former, plays, stage
from deepcat.runs import state as states
from deepcat.runs.values import Former, Ground, Job
from deepcat.secrets.reference import Reference
from deepcat.secrets.resolve import environment

# No deployment's name ends so: their letters are lower case.
_OLD = ".BEFORE"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a call is made.

    Attributes:
        cloud: its name.
        ground: on what the run stands.
        run: the run's id.
        folder: the call's own.
    """

    cloud: str
    ground: Ground
    run: str
    folder: Path

    @property
    def kind(self) -> Kind:
        """Of the cloud.

        Raises:
            FailedError: the cloud, or its kind, is not there.
        """
        cloud = self.ground.clouds.get(self.cloud)
        if cloud is None:
            error = DeepcatError(
                f"the cloud `{self.cloud}` is not in the catalog",
                hint="bring its file back",
                code="run/cloud",
            )
            raise self.refuse(FailureKind.CLOUD, error)
        try:
            return kind_of(cloud)
        except DeepcatError as error:
            raise self.refuse(FailureKind.CLOUD, error) from None

    def reach(self, name: str) -> Reach:
        """How a deployment is reached there.

        Raises:
            FailedError: it cannot be.
        """
        kind, cloud = self.kind, self.ground.clouds[self.cloud]
        try:
            with answering(cloud):
                return kind.reach(cloud, Means(self.ground.root), name)
        except DeepcatError as error:
            raise self.refuse(FailureKind.CLOUD, error) from None

    def files(self, name: str) -> Path:
        """Where a deployment's files lie, for Ansible to take them from."""
        return self.folder / "files" / name

    def is_here(self, before: State | None) -> bool:
        """Whether this is where a deployment runs now, be it under another cloud's name."""
        if before is None or before.cloud == self.cloud:
            return before is not None
        known = self.ground.clouds
        if before.cloud not in known or known[before.cloud].kind != known[self.cloud].kind:
            return False
        there = replace(self, cloud=before.cloud)
        return there.reach(before.name).place == self.reach(before.name).place

    def refuse(self, kind: FailureKind, error: DeepcatError) -> FailedError:
        """An error as this cloud's failure."""
        return FailedError(Failure(kind, error.code, error.message, error.hint, self.cloud))


class FailedError(Exception):
    """A change failed before Ansible was called."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a call is given for one deployment.

    Attributes:
        part: its share of the plays.
        state: that it leads to; None when it shall go.
        notes: what of the old version cannot be taken away, and why.
    """

    part: plays.Part
    state: State | None = None
    notes: tuple[str, ...] = ()


def prepare(setting: Setting, job: Job, offer: Offer | None) -> Prepared:
    """A deployment's share of the call.

    Raises:
        FailedError: it cannot be tried.
    """
    if job.wish is None or job.change.action is Action.DELETE:
        return removal(setting, job, job.name)
    reach = setting.reach(job.name)
    variables = _variables(setting, job.name, reach)
    now = datetime.now(UTC)
    state = states.intended(job, offer, setting.run, setting.ground.commit, now)
    _stage(setting, job, state)
    variables["fixed_ports"] = _fixed_ports(job)
    variables["servers"] = stage.servers(job.wish)
    compiled, folders = _compile(setting, job, offer)
    part = plays.Part(
        job.name,
        compiled,
        variables,
        references=_references(setting, job.wish),
        connection=reach.connection,
        role_folders=folders,
        undo=_undo(setting, job),
    )
    if not _replaces(job) or job.change.renamed_from or not setting.is_here(job.before):
        return Prepared(part, state)  # what ran elsewhere is taken down there
    old, references, notes = _leaving(setting, job, job.name, job.wish)
    references = tuple({str(each): each for each in (*part.references, *references)}.values())
    return Prepared(replace(part, leaving=old, references=references), state, notes)


def removal(setting: Setting, job: Job, name: str) -> Prepared:
    """The share that takes what ran before down, whatever it was.

    Args:
        setting: of the cloud where it ran.
        job: that it has to go for.
        name: under which it ran.

    Raises:
        FailedError: its cloud cannot be reached.
    """
    reach = setting.reach(name)
    variables = _variables(setting, name, reach)
    old, references, notes = _leaving(setting, job, name, None)
    part = plays.Part(name, old, variables, True, references, connection=reach.connection)
    return Prepared(part, None, notes)


def tasks_file(role: str, tasks: str, folders: Iterable[Path] = ()) -> Path:
    """Where a role's tasks for one operation lie: in a kind's own folder, or else in ours."""
    own = resources.playbooks() / "roles"
    found = [each / role / "tasks" / f"{tasks}.yml" for each in (*folders, own)]
    return next((path for path in found if path.is_file()), found[-1])


def _variables(setting: Setting, name: str, reach: Reach) -> dict[str, Any]:
    return {
        "run": setting.run,
        "place": reach.place,
        "address": reach.address,
        "files": str(setting.files(name)),
        "timeout": setting.ground.timeout_s,
    }


def _compile(
    setting: Setting, job: Job, offer: Offer | None
) -> tuple[list[Mapping[str, Any]], tuple[Path, ...]]:
    """The plays, by the roles of the cloud's kind, and the folders where its own roles lie."""
    wish, change = job.wish, job.change
    assert wish is not None  # noqa: S101 - only what is brought up is compiled
    # Under another name everything is brought up anew, whatever else differs.
    action = Action.CREATE if change.renamed_from else change.action
    realised = _realise(setting, wish, offer)
    folders = (realised.folder,) if realised.folder else ()
    try:
        compiled = compile_plays(wish.topology, wish.deployment, wish.module, action, change.nodes)
        compiled = plays.with_roles(compiled, realised.roles)
        plays.require_hosts(compiled)
        for role, tasks in sorted(plays.roles(compiled)):
            if not tasks_file(role, tasks, folders).is_file():
                hint = "use a type of `deepcat.nodes` that this version can run"
                raise DeepcatError(f"no role `{role}` can `{tasks}`", hint=hint, code="run/role")
    except DeepcatError as error:
        raise setting.refuse(FailureKind.MODULE, error) from None
    return list(compiled), folders


def _realise(setting: Setting, wish: Wish, offer: Offer | None) -> Realised:
    kind, cloud = setting.kind, setting.ground.clouds[setting.cloud]
    try:
        with answering(cloud):
            return kind.realise(cloud, offer, wish.workloads)
    except DeepcatError as error:
        raise setting.refuse(FailureKind.CLOUD, error) from None


def _replaces(job: Job) -> bool:
    """Whether it is brought up anew; else it is configured where it runs."""
    return job.change.action in (Action.CREATE, Action.REPLACE)


def _undo(setting: Setting, job: Job) -> list[Mapping[str, Any]]:
    """The plays by which the new version takes away what it made, should it fail.

    What runs and would go on keeps what it made: nodes that both have are left alone, and all of
    them where it is not known what runs.
    """
    wish, before, old = job.wish, job.before, job.former
    assert wish is not None  # noqa: S101 - as above
    if not _replaces(job):
        return []
    goes_on = (
        before is not None
        and before.status is Status.RUNNING
        and not job.change.renamed_from
        and setting.is_here(before)
    )
    if goes_on and old is None:
        return []
    tree = setting.ground.tree
    new = Former(wish, tree)
    but = former.kept(new, old.wish, old.tree) if goes_on and old else frozenset()
    try:
        return former.compiled(new, but, "", with_attributes=True)[0]
    except DeepcatError:
        return []  # what it can be brought up by, it may not be taken down by; then only we do


def _leaving(
    setting: Setting, job: Job, name: str, takes_over: Wish | None
) -> tuple[list[Mapping[str, Any]], tuple[Reference, ...], tuple[str, ...]]:
    """The plays by which the old version takes away what it made, and what cannot be.

    Nothing here fails the change: what the old version lacks by now is no reason to keep it, nor to
    keep the new one out.
    """
    found: list[Mapping[str, Any]] = []
    secrets: dict[str, Reference] = {}
    notes: list[str] = []
    before = job.before
    made = (*reversed(job.begun), *([job.former] if job.former else ()))
    for number, old in enumerate(made if before else ()):
        folder = setting.files(name).with_name(f"{name}{_OLD}{number}")
        version = old.wish.module.version
        try:
            but = former.kept(old, takes_over, setting.ground.tree)
            own, left = former.compiled(old, but, str(folder))
            there, lacking = _there(references(old.wish.topology)) if own else ((), ())
        except (DeepcatError, FailedError) as error:
            notes.append(former.note(str(error), version))
            continue
        if own and before is not None:
            _write(folder, stage.files(old.tree, old.wish, before))
        found += own
        secrets |= {str(each): each for each in there}
        notes += [*left, *(former.note(f"it goes without {each}", version) for each in lacking)]
    return found, tuple(secrets.values()), tuple(notes)


def _there(
    wanted: Iterable[Reference],
) -> tuple[tuple[Reference, ...], tuple[Reference, ...]]:
    """The secrets that can be had, and those that cannot: to take something down needs none."""
    there: list[Reference] = []
    lacking: list[Reference] = []
    for each in wanted:
        try:
            environment((each,))
        except DeepcatError:
            lacking.append(each)
        else:
            there.append(each)
    return tuple(there), tuple(lacking)


def _references(setting: Setting, wish: Wish) -> tuple[Reference, ...]:
    """Where the secrets lie; they are looked for before anything is touched."""
    try:
        found = references(wish.topology)
        environment(found)
        if any(each.kind == "vault" for each in found):
            ansible.vault_collection()
    except DeepcatError as error:
        raise setting.refuse(FailureKind.AUTH, error) from None
    return found


def _stage(setting: Setting, job: Job, state: State) -> None:
    assert job.wish is not None  # noqa: S101 - as above
    _write(setting.files(job.name), stage.files(setting.ground.tree, job.wish, state))


def _write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _fixed_ports(job: Job) -> list[int]:
    """Numbers that the wish itself gives; a port among them is not to be replaced."""
    assert job.wish is not None  # noqa: S101 - as above
    values = job.wish.deployment.inputs.values()
    return sorted({v for v in values if isinstance(v, int) and not isinstance(v, bool) and v})
