"""What a call of Ansible is given for one deployment: its plays, its variables, its files.

A change that cannot even be tried fails here, typed, before anything is touched on a host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from deepcat import resources
from deepcat.catalog.reading.own_yaml import loads
from deepcat.catalog.settings import does_without_box, require_settings
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Reach, Realised, Taking
from deepcat.clouds.offers import Offer
from deepcat.clouds.registry import answering
from deepcat.errors import DeepcatError
from deepcat.host.data.wanted import BROUGHT
from deepcat.host.failure import StepError
from deepcat.host.model_server.keys import leaf
from deepcat.plan.compile import compile_plays
from deepcat.plan.proof import awaited
from deepcat.plan.secret_lookups import references
from deepcat.plan.training import trains
from deepcat.plan.values import Action, State, Status, Wish
from deepcat.remote import agent
from deepcat.runs import access, ansible, data, former, plays, stage
from deepcat.runs import state as states
from deepcat.runs.fallback import taken
from deepcat.runs.reader import Reader
from deepcat.runs.setting import FailedError, Setting
from deepcat.runs.values import Former, Job
from deepcat.secrets.reference import Reference
from deepcat.secrets.resolve import environment

# No deployment's name ends so: their letters are lower case.
_OLD = ".BEFORE"


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
    shape = job.shape(offer)
    reach = setting.reach(job.name, shape)
    _require_one_place(setting, job, offer, reach)
    variables = _variables(
        setting, job.name, reach, Former(job.wish, job.wish.lies_in(setting.ground.tree))
    )
    now = datetime.now(UTC)
    state = states.intended(job, offer, setting.run, setting.ground.commit, now)
    if not setting.kind.is_here:
        state = replace(state, catalog=setting.means.catalog)
    _stage(setting, job, state)
    variables["fixed_ports"] = _fixed_ports(job)
    variables["servers"] = stage.servers(job.wish)
    variables["plugins"] = stage.plugins(job.wish)
    variables["locks"] = stage.locks(job.wish)
    variables["keeper"] = _with_needs(reach, job.wish)
    variables["memory_MiB"] = job.wish.request.largest.memory_MiB if job.wish.request else 0
    variables |= _cards(job.wish)
    if reach.ground is not None and any(variables.get("cards", {}).values()):
        variables["ground"] = asdict(replace(reach.ground, gpu=True))
    if reach.ground is not None:  # libraries of graphics cards only where it computes on them
        variables["ground"]["gpu"] = bool(variables.get("cards"))
        variables["ground"]["serves"] = not stage.trains_alone(job.wish)
    variables["proof"] = job.wish.proof.value
    variables |= _training(job, offer)
    variables["access"] = job.wish.deployment.access and job.wish.deployment.access.standing
    compiled, folders = _compile(setting, job, offer)
    keys = _keys(setting, job.wish)
    part = plays.Part(
        job.name,
        compiled,
        variables,
        references=_references(setting, job.wish),
        connection=reach.connection,
        role_folders=folders,
        is_bare=reach.ground is not None,
        undo=_undo(setting, job, shape),
        reader=_reader(setting, job.name, shape, keys),
        keys=keys,
        taker=_taker(setting),
        awaits=awaited(job.wish.workloads, job.wish.proof),
        stores=_stores(setting, job.wish),
    )
    if not _replaces(job) or job.change.renamed_from or not setting.is_here(job.before, shape):
        return Prepared(part, state)  # what ran elsewhere is taken down there
    old, references, notes = _leaving(setting, job, job.name, job.wish)
    references = tuple({str(each): each for each in (*part.references, *references)}.values())
    return Prepared(replace(part, leaving=old, references=references), state, notes)


def _require_one_place(setting: Setting, job: Job, offer: Offer | None, reach: Reach) -> None:
    """Raise FailedError where parts would lie on hosts that are reached each in another way."""
    for part in states.placements(job, offer):
        there = setting.reach(job.name, part.shape)
        if (there.connection, there.place, there.link, there.keeper) == (
            reach.connection, reach.place, reach.link, reach.keeper,
        ):  # fmt: skip
            continue
        error = DeepcatError(
            f"`{part.part}` would lie on {setting.cloud}/{part.shape}, apart from the others",
            hint="ask for one shape that does for all machines, or allow another cloud",
            code="run/apart",
        )
        raise setting.refuse(FailureKind.CLOUD, error)


def _with_needs(reach: Reach, wish: Wish) -> dict[str, Any]:
    """The keeper, told what the wish asks a host for: it may have to ask for that in turn."""
    if not reach.keeper or wish.request is None:
        return dict(reach.keeper)
    most = wish.request.largest
    return {**reach.keeper, "needs": {"cpus": most.cpus, "memory_MiB": most.memory_MiB}}


def _cards(wish: Wish) -> dict[str, Any]:
    """How many graphics cards each of its nodes takes, and of which part of a card."""
    request = wish.request
    if request is None:
        return {}
    return {"cards": dict(request.cards), "card_part": request.accelerator.mig}


def _training(job: Job, offer: Offer | None) -> dict[str, Any]:
    """What trainings are told besides their nodes, so that no plan sees a difference by it."""
    nodes = job.wish.topology.nodes.values() if job.wish else ()
    if not any(map(trains, nodes)):
        return {}
    model = job.wish.module.model if job.wish else None
    old = {"model": model.path} if model and model.path else {}
    return {"training": {**job.training, **old, "price_hour": taken(job, offer)[1]}}


def removal(setting: Setting, job: Job, name: str) -> Prepared:
    """The share that takes what ran before down, whatever it was.

    Args:
        setting: of the cloud where it ran.
        job: that it has to go for.
        name: under which it ran.

    Raises:
        FailedError: its cloud cannot be reached.
    """
    reach = setting.reach(name, job.before.shape if job.before else "")
    made = job.former or (job.begun[-1] if job.begun else None)
    variables = _variables(setting, name, reach, made)
    old, references, notes = _leaving(setting, job, name, None)
    if reach.ground is not None:  # to take it down needs our code alone
        variables["ground"] = asdict(replace(reach.ground, serves=False))
    part = plays.Part(
        name,
        old,
        variables,
        True,
        references,
        connection=reach.connection,
        is_bare=reach.ground is not None,
        taker=_taker(setting),
    )
    return Prepared(part, None, notes)


def tasks_file(role: str, tasks: str, folders: Iterable[Path] = ()) -> Path:
    """Where a role's tasks for one operation lie: in a kind's own folder, or else in ours."""
    own = resources.playbooks() / "roles"
    found = [each / role / "tasks" / f"{tasks}.yml" for each in (*folders, own)]
    return next((path for path in found if path.is_file()), found[-1])


def count(book: Sequence[Mapping[str, Any]], folders: tuple[Path, ...]) -> int:
    """How many tasks a playbook holds when nothing fails."""
    held: dict[tuple[str, str], int] = {}
    for role, tasks in plays.roles(book):
        path = tasks_file(role, tasks, folders)
        is_declared = (path.parents[1] / "meta" / "argument_specs.yml").is_file()
        # Ansible holds a call against what the role declares, as a task before the role's own.
        held[role, tasks] = len(loads(path.read_text("utf-8")) or []) + is_declared
    return plays.count_steps(book, held)


def _variables(setting: Setting, name: str, reach: Reach, of: Former | None) -> dict[str, Any]:
    return (
        _allowed(of)
        | _brought(setting, reach)
        | {
            "run": setting.run,
            "place": reach.place,
            "address": reach.address,
            "files": str(setting.files(name)),
            "timeout": setting.ground.timeout_s,
        }
    )


def _brought(setting: Setting, reach: Reach) -> dict[str, Any]:
    """Who keeps what runs there, and what must lie there first."""
    found: dict[str, Any] = {"keeper": dict(reach.keeper), "proxy": dict(reach.proxy)}
    if not setting.kind.is_here:
        found["cloud"] = setting.cloud
    if reach.ground is not None:
        ours = agent.agent(setting.ground.root, reach.travels)
        found |= {
            "ground": asdict(reach.ground),
            "link": asdict(reach.link) if reach.link else {},
            "agent": f"{reach.ground.base}/agent/{ours.digest}",
            "agent_archive": str(ours.archive),
        }
    return found


def _keys(setting: Setting, wish: Wish) -> access.Given | None:
    """The keys of those who may call it; they are looked up before anything is touched."""
    try:
        return access.given(wish.deployment.access)
    except DeepcatError as error:
        raise setting.refuse(FailureKind.AUTH, error) from None


def _stores(setting: Setting, wish: Wish) -> dict[str, str]:
    """What lets its hosts in to data that they mount."""
    try:
        return data.letting_in(wish.topology, wish.data)
    except DeepcatError as error:
        raise setting.refuse(FailureKind.AUTH, error) from None


def _reader(setting: Setting, name: str, shape: str, keys: access.Given | None) -> Reader | None:
    """How it will be asked from here; None where its host and its reader are one machine."""
    if setting.kind.is_here:
        return None
    only = leaf(keys.certificate) if keys else ""
    cloud, samples = setting.ground.clouds[setting.cloud], setting.files(name) / stage.SAMPLES
    return Reader(name, cloud, shape, setting.means, samples, keys.proof if keys else "", only)


def _taker(setting: Setting) -> Callable[[Mapping[str, Any]], Mapping[str, Any]] | None:
    """What takes its steps where its kind does; None where its hosts do."""
    kind = setting.kind
    if not isinstance(kind, Taking):
        return None
    return partial(kind.take, setting.ground.clouds[setting.cloud], setting.means)


def _allowed(of: Former | None) -> dict[str, Any]:
    """What the catalog's owners let the module's code do, in the very commit that it is from.

    So that what was brought up can be taken down by the same means; nothing where their file cannot
    be read there, or it is not known what was brought up.
    """
    settings: Mapping[str, Any] = {}
    if of is not None:
        with suppress(DeepcatError):
            settings = require_settings(of.tree)
    name = of.wish.module.name if of else ""
    return {
        "unboxed": does_without_box(settings),
        "connects": name in (settings.get("allowed_network") or ()),
        "folders": list((settings.get("allowed_folders") or {}).get(name, ())),
        "allowed_data": dict(settings.get("allowed_data") or {}),
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
        if isinstance(setting.kind, Taking) and plays.own_operations(compiled):
            hint = "use a cloud whose hosts run scripts"
            message = f"no script of a module runs on `{setting.cloud}`"
            raise DeepcatError(message, hint=hint, code="run/script")
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


def _undo(setting: Setting, job: Job, shape: str) -> list[Mapping[str, Any]]:
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
        and setting.is_here(before, shape)
    )
    if goes_on and old is None:
        return []
    new = Former(wish, wish.lies_in(setting.ground.tree))
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
    files = setting.files(job.name)
    tree = job.wish.lies_in(setting.ground.tree)
    _write(files, stage.files(tree, job.wish, state))
    try:
        data.lay(job.wish.data, files / BROUGHT, setting.ground)
    except StepError as error:
        why = DeepcatError(error.message, hint=error.hint, code=error.code)
        raise setting.refuse(FailureKind(error.kind), why) from None
    except DeepcatError as error:
        raise setting.refuse(FailureKind.AUTH, error) from None
    if job.wish.roles:
        try:
            ansible.fetch_roles(
                setting.folder / f"galaxy-{job.name}", job.wish.roles, files / stage.ROLES
            )
        except DeepcatError as error:
            raise setting.refuse(FailureKind.MODULE, error) from None


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
