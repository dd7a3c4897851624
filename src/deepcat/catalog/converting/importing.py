"""The verb: many sources into the catalog, each whole or not at all; each is accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from deepcat.catalog.converting import disk, fetched
from deepcat.catalog.converting.bring import Ask, bring, home_of
from deepcat.catalog.converting.build import Home
from deepcat.catalog.converting.folder import Below, Folder, one
from deepcat.catalog.converting.origin import Origin
from deepcat.catalog.converting.outcome import BrokenError, Brought, Outcome, State, failed
from deepcat.catalog.converting.proof import prove
from deepcat.catalog.converting.renewed import Renewed, renewed
from deepcat.catalog.converting.sources import Catalog, OnDisk, Source, Tell
from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.errors import DeepcatError, UsageError, of_the_machine

# At a time; more would ask too much of one forge, and of this machine.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Ready:
    """A source that was read: what is to be written, or what became of it already."""

    source: str
    outcome: Outcome | None = None
    brought: Brought | None = None
    base: Brought | None = None
    commit: str = ""
    known: str = ""


def bring_all(
    catalog: Catalog, sources: Sequence[Source], ask: Ask, tell: Tell
) -> Iterator[Outcome]:
    """Import each source, in their order.

    Args:
        catalog: ours; modules are written there one by one, each whole.
        sources: what to import.
        ask: how.
        tell: learns what is fetched.
    """
    if ask.name and len(sources) > 1:
        raise UsageError(
            f"`--name` is for one module, and there are {len(sources)}",
            hint="import that one alone",
        )
    claimed: dict[str, str] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="import") as pool:
        tells = (_counted(tell, number, len(sources)) for number in range(1, len(sources) + 1))
        for ready in pool.map(partial(_read, catalog, ask), sources, tells):
            if ready.outcome is not None:
                yield ready.outcome
                continue
            try:
                yield _written(catalog, ready, ask, claimed)
            except DeepcatError as error:
                yield failed(ready.source, error, ready.brought, ready.commit)


def _counted(tell: Tell, number: int, total: int) -> Tell:
    """The same, with which of many it is."""
    return (lambda text: tell(f"[{number} of {total}] {text}")) if total > 1 else tell


def _read(catalog: Catalog, ask: Ask, source: Source, tell: Tell) -> _Ready:
    said = source.said if isinstance(source, OnDisk) else ""
    try:
        if isinstance(source, Outcome):
            return _Ready(source.source, source)
        if isinstance(source, Origin):
            said = str(source)
            return _from_repository(catalog, source, ask, tell)
        page = disk.page_of(source.folder.path, catalog.root)
        home = Home(page, source.folder.name) if source.alone else home_of(source.folder, page)
        brought = bring(
            source.folder, source.path, said, ask, home, catalog.settings, alone=source.alone
        )
        return _Ready(said, brought=brought)
    except DeepcatError as error:
        return _Ready(said, failed(said, error))
    except OSError as error:
        refused = of_the_machine(error)
        refused = refused or DeepcatError(f"`{said}` cannot be read: {error.strerror}")
        return _Ready(said, failed(said, refused))


def _from_repository(catalog: Catalog, source: Origin, ask: Ask, tell: Tell) -> _Ready:
    known = _known(catalog, source, ask)
    came = catalog.imported.get(known, {})
    old = str(came.get("commit", ""))
    if known and not ask.force and (skipped := _skipped(source, known, came, ask, tell)):
        return _Ready(str(source), skipped)
    tell(f"Fetching `{source}`")
    wanted = replace(ask, name=ask.name or known)
    more = (old,) if ask.update and fetched.is_hash(old) else ()
    with fetched.fetch(source, *more, unboxed=catalog.unboxed) as (commit, *before):
        brought = _of_commit(catalog, commit, wanted)
        base = None
        if before:
            try:
                base = _of_commit(catalog, before[0], wanted)
            except DeepcatError:
                base = None
    return _Ready(str(source), brought=brought, base=base, commit=commit.sha, known=known)


def _of_commit(catalog: Catalog, commit: fetched.Commit, ask: Ask) -> Brought:
    path = commit.origin.path
    if path and commit.is_folder(path):
        path = f"{path}/{one(Below(commit, path), f'{commit.origin}/{path}', ask.wanted)}"
    elif not path:
        path = one(commit, str(commit.origin), ask.wanted)
    inner, _, file = path.rpartition("/")
    folder: Folder = Below(commit, inner) if inner else commit
    told = {"source": commit.origin.public, "commit": commit.sha, "file": path}
    if commit.origin.ref and commit.origin.ref != commit.sha:
        told["ref"] = commit.origin.ref
    home = home_of(folder, commit.origin.page, told)
    brought = bring(folder, file, f"{commit.origin}:{path}", ask, home, catalog.settings)
    if not commit.origin.is_here:
        return brought
    place = Place(f"modules/{brought.name}/module.yaml")
    message = f"`provenance` names a path of this machine, `{commit.origin.public}`"
    hint = "import it from an address that others reach, too"
    found = Finding(place, "import/provenance", message, hint, Severity.HINT)
    return replace(brought, findings=(*brought.findings, found))


def _known(catalog: Catalog, source: Origin, ask: Ask) -> str:
    """The module that was imported from the same source; empty for none."""
    found = [
        name
        for name, came in catalog.imported.items()
        if Origin(str(came.get("source"))).key == source.key
        and ask.name in {"", name}
        and (not source.path or f"{came.get('file')}/".startswith(f"{source.path}/"))
    ]
    return found[0] if len(found) == 1 else ""


def _skipped(
    source: Origin, known: str, came: Mapping[str, Any], ask: Ask, tell: Tell
) -> Outcome | None:
    """What is there already, unless there is more to take and that is wanted."""
    tell(f"Asking `{source}`")
    now, old = fetched.tip(source), str(came.get("commit", ""))
    if not now or (now != old and ask.update):
        return None
    why, hint = f"there already, at the same commit {old[:12]}", ""
    if now != old:
        why = f"there already, at {old[:12]}; its source is at {now[:12]}"
        hint = "take over what is new with `--update`"
    kind = str(came.get("format", ""))
    return Outcome(str(source), State.SKIPPED, why, hint, known, kind, old)


def _written(catalog: Catalog, ready: _Ready, ask: Ask, claimed: dict[str, str]) -> Outcome:
    brought = ready.brought
    assert brought is not None  # noqa: S101 - what was read has one or an outcome
    name = brought.name
    if name in claimed:
        raise UsageError(
            f"`{name}` is the name of `{claimed[name]}`, too",
            hint="import one of them alone with `--name`",
            code="import/clash",
        )
    is_new = ready.known != name or not ask.update
    new = (
        Renewed(brought.files, brought.module) if is_new else _renewed(catalog, ready, brought, ask)
    )
    force = ask.force or not is_new
    disk.check_free(catalog.root, name, force=force)
    if not ask.dry_run and new.files:
        disk.write_folder(catalog.root, name, new.files, force=force)
    claimed[name] = ready.source
    return Outcome(
        source=ready.source,
        state=State.IMPORTED if is_new else State.UPDATED,
        name=name,
        generation=brought.generation.value,
        commit=ready.commit,
        findings=(*brought.findings, *new.findings),
        files=sorted(new.files),
        module=new.module,
    )


def _renewed(catalog: Catalog, ready: _Ready, theirs: Brought, ask: Ask) -> Renewed:
    """What of a module that is there changes; it passes a check where it did before.

    Raises:
        BrokenError: what comes of it would bring errors.
        DeepcatError: both sides changed the same.
    """
    here = disk.DiskFolder(catalog.root / "modules" / theirs.name).read
    new = renewed(here, ready.base, theirs, force=ask.force)
    paths = {*theirs.files, *new.files}
    before = {path: content for path in paths if (content := here(path)) is not None}
    had = {_fault(each) for each in prove(theirs.name, before, catalog.settings)}
    after = prove(theirs.name, {**before, **new.files}, catalog.settings)
    # Other files of the folder are not looked at: what is missing is missing before and after.
    wrong = tuple(each for each in after if each.is_error and _fault(each) not in had)
    if wrong:
        raise BrokenError(wrong, theirs.name, theirs.generation)
    return new


def _fault(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.place.path, finding.message
