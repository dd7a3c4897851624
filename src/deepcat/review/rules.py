"""What a maintainer would say, beyond what `deepcat check` finds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from deepcat.catalog.findings import Finding, Place, Severity, has_errors
from deepcat.catalog.values import PROSE_FILES
from deepcat.review.consent import is_answered
from deepcat.review.facts import DEPLOYMENTS, MODULES
from deepcat.review.substance import differences
from deepcat.review.values import (
    NEEDS_MAINTAINER,
    NEEDS_WORK,
    TRIVIAL,
    Ask,
    Changed,
    ModuleFacts,
    Review,
    SampleResult,
    Submission,
)

# Files that only tell: they change no answer and nothing that runs.
_TELLS = (".md", ".png", ".jpg", ".jpeg", ".svg", ".webp", ".bib", ".cff")

_NO_BOX = (
    "run reviews on a machine that has what is lacking (`deepcat doctor` says how to get it), or"
    " let the catalog's owners say `unboxed: true` in deepcat.yaml"
)
# Files by which Git itself does something else, wherever they stand.
_OBEYED = frozenset({".gitattributes", ".gitmodules"})

Said = Iterator[Finding | Ask]


def review(
    submission: Submission,
    found: Iterable[Finding] = (),
    samples: Sequence[SampleResult] | None = None,
) -> Review:
    """Say what a maintainer would say.

    Args:
        submission: the pull request.
        found: what `deepcat check` says of its files.
        samples: how the samples of its modules went; None when they were not tried.
    """
    said = [each for rule in _RULES for each in rule(submission)]
    said += _samples(samples or ())
    findings = tuple(sorted({each for each in said if isinstance(each, Finding)}))
    asked = {each for each in said if isinstance(each, Ask)}
    asks = tuple(sorted(each for each in asked if not is_answered(each, submission.heard)))
    broken = has_errors(findings) or has_errors(found)
    labels = set()
    if broken:
        labels.add(NEEDS_WORK)
    if asks:
        labels.add(NEEDS_MAINTAINER)
    if not broken and not asks and is_trivial(submission, samples):
        labels.add(TRIVIAL)
    return Review(findings, asks, frozenset(labels))


def is_trivial(submission: Submission, samples: Sequence[SampleResult] | None) -> bool:
    """Whether a merge queue may take it at once, once nothing is wrong and nobody is asked.

    Text and links of modules that the author maintains; or a new patch version of such a module
    whose samples were tried and all passed.
    """
    if not submission.changed or not submission.author:
        return False
    for each in submission.changed:
        name = _module_of(each.path)
        before, after = submission.before.get(name), submission.after.get(name)
        whose = submission.maintainers.get(name, frozenset())
        if before is None or after is None or submission.author not in whose:
            return False
        if before.maintainers != after.maintainers:
            return False
        if not _only_tells(name, submission) and not (
            _is_patch(before.version, after.version) and _all_passed(after, samples)
        ):
            return False
    return True


def _ownership(submission: Submission) -> Said:
    """A folder may be changed by those who maintain it; others need their yes."""
    for name in _touched(submission.changed, _module_of):
        if name in submission.maintainers:
            whom = _sorted(submission.maintainers[name])
            yield Ask(f"{MODULES}{name}", "changes a module of others", whom)
    for name in _touched(submission.changed, _deployment_of):
        path = f"{DEPLOYMENTS}{name}.yaml"
        before, after = submission.owners.get(name), submission.owners_after.get(name)
        if before is not None:
            yield Ask(path, "changes a deployment of others", _whom(before))
        if after is not None and after != before:
            named = "names an owner who pays for it and answers for it"
            why = named if after else "names nobody who pays for it and answers for it"
            yield Ask(path, why, _whom(after))
    for path in sorted(_others(submission.changed)):
        yield Ask(path, "changes the catalog itself", _sorted(submission.stewards))


def _authorship(submission: Submission) -> Said:
    """What nobody owns yet needs somebody to stand for it, where its author is not known."""
    if submission.author or not submission.changed:
        return
    message, hint = "nobody proved who wrote this", "sign the commit with a key of `keys`"
    yield Finding(Place("deepcat.yaml"), "review/author", message, hint, Severity.HINT)
    for name in sorted(submission.after.keys() - submission.maintainers.keys()):
        why = "is new, and nobody proved who wrote it"
        yield Ask(f"{MODULES}{name}", why, _sorted(submission.stewards))


def _consent(submission: Submission) -> Said:
    """Nobody becomes a maintainer without a yes."""
    for name, after in submission.after.items():
        before = submission.before.get(name)
        fresh = after.maintainers - (before.maintainers if before else frozenset())
        for handle in sorted(fresh - submission.heard.consent):
            yield Ask(f"{MODULES}{name}/module.yaml", "names a new maintainer", (handle,), True)
        if before is not None and after.maintainers != before.maintainers and not after.maintainers:
            message = f"nobody maintains the module `{name}` any more"
            hint = "keep one maintainer, or mark the module as deprecated and keep one"
            yield _error(f"{MODULES}{name}/module.yaml", "review/maintainers", message, hint)


def _versions(submission: Submission) -> Said:
    """Another model or topology is another version, and readers are told what changed."""
    for name, after in submission.after.items():
        before = submission.before.get(name)
        place = f"{MODULES}{name}/module.yaml"
        if before is not None:
            what = [
                word
                for word, differs in (
                    ("model", before.model != after.model),
                    ("topology", before.topology != after.topology),
                )
                if differs
            ]
            order = compare(before.version, after.version)
            # A revert brings back what still runs.
            if order is not None and order > 0 and (name, after.version) not in submission.running:
                message = f"the version goes back from {before.version} to {after.version}"
                yield _error(place, "review/version", message, "give it a higher version")
            elif what and order == 0:
                message = f"the {' and the '.join(what)} changed, but the version is still"
                hint = "raise `version`, and tell of it in `changes`"
                yield _error(place, "review/version", f"{message} {after.version}", hint)
        raised = before is None or before.version != after.version
        if raised and before is not None and after.version not in after.changes:
            message = f"`changes` does not tell of version {after.version}"
            hint = "add an entry with `version`, `date`, `kind` and `text`"
            yield _error(place, "review/changes", message, hint)


def _operations(submission: Submission) -> Said:
    """What a module brings along to run on a host is read by a person first."""
    for name, after in submission.after.items():
        if not after.operations or _only_tells(name, submission):
            continue
        shown = ", ".join(f"`{each}`" for each in sorted(after.operations)[:5])
        yield Finding(
            Place(f"{MODULES}{name}/module.yaml"),
            "review/module-operations",
            f"the module brings operations of its own, which will run on the host: {shown}",
            "a maintainer of the catalog reads them before the merge",
            Severity.HINT,
        )
        why = "runs operations that the module supplies"
        yield Ask(f"{MODULES}{name}", why, _sorted(submission.stewards))


def _objections(submission: Submission) -> Said:
    """Who asked for changes is asked again, until they say yes or their no is taken back."""
    for who in sorted(submission.heard.no):
        yield Ask("all of it", "was objected to", (who,), True)


_RULES: tuple[Callable[[Submission], Said], ...] = (
    *(_ownership, _authorship, _consent, _objections, _versions, _operations),
    differences,
)


def _samples(results: Iterable[SampleResult]) -> Said:
    for result in results:
        place = f"{MODULES}{result.module}/module.yaml"
        if result.untried:
            message = f"the samples of version {result.version} were not tried: {result.untried}"
            yield _error(place, "review/box", message, _NO_BOX)
        for sample, why in sorted(result.failed.items()):
            what = f"the sample `{sample}`" if sample else "the model"
            message = f"{what} of version {result.version} fails: {why}"
            hint = "mend the model, or the expected answer; `deepcat serve` answers the same way"
            yield _error(place, "review/sample", message, hint)


def compare(left: str, right: str) -> int | None:
    """SemVer order: below 0, 0, above 0; None when one of them is no version."""
    from semantic_version import Version

    try:
        first, second = Version(left), Version(right)
    except ValueError:
        return None
    return int(first > second) - int(first < second)


def _is_patch(before: str, after: str) -> bool:
    from semantic_version import Version

    try:
        old, new = Version(before), Version(after)
    except ValueError:
        return False
    return (old.major, old.minor) == (new.major, new.minor) and old.patch < new.patch


def _all_passed(after: ModuleFacts, samples: Sequence[SampleResult] | None) -> bool:
    return any(
        each.module == after.name
        and each.version == after.version
        and each.passed > 0
        and each.is_well
        for each in samples or ()
    )


def _only_tells(name: str, submission: Submission) -> bool:
    """Whether nothing of the module changed but what its readers read."""
    before, after = submission.before.get(name), submission.after.get(name)
    if before is None or after is None:
        return False
    same = (before.behaviour, before.model, before.topology, before.version) == (
        after.behaviour,
        after.model,
        after.topology,
        after.version,
    )
    # Whatever goes where scripts run, they can take for a program: these two do not go there.
    described = {f"{MODULES}{name}/{file}" for file in PROSE_FILES}
    tells = () if before.operations or after.operations else _TELLS
    return same and all(
        each.path in described or each.path.lower().endswith(tells)
        for each in submission.changed
        if _module_of(each.path) == name
    )


def _touched(changed: Iterable[Changed], of: Callable[[str], str]) -> list[str]:
    return sorted({name for each in changed if (name := of(each.path))})


def _module_of(path: str) -> str:
    parts = path.split("/")
    return parts[1] if parts[0] == "modules" and len(parts) > 2 else ""


def _deployment_of(path: str) -> str:
    parts = path.split("/")
    is_wish = parts[0] == "deployments" and len(parts) == 2 and parts[1].endswith(".yaml")
    return parts[1].removesuffix(".yaml") if is_wish else ""


def _others(changed: Iterable[Changed]) -> set[str]:
    """What no module and no deployment is: top-level folders and files, and what Git obeys.

    Attributes inside a module would hide its differences from reviewers, or name a filter.
    """
    obeyed = {each.path for each in changed if each.path.rpartition("/")[2].lower() in _OBEYED}
    return obeyed | {
        each.path.partition("/")[0] + ("/" if "/" in each.path else "")
        for each in changed
        if not _module_of(each.path) and not _deployment_of(each.path)
    }


def _whom(owner: str) -> tuple[str, ...]:
    return (owner,) if owner else ()


def _sorted(handles: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(handles))


def _error(path: str, code: str, message: str, hint: str) -> Finding:
    return Finding(Place(path), code, message, hint)
