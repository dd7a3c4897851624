"""What a review looks at, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from deepcat.catalog.findings import Finding, has_errors

TRIVIAL = "trivial"
NEEDS_MAINTAINER = "needs-maintainer"
NEEDS_WORK = "needs-work"
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*|\[bot\])?")
LABELS = (TRIVIAL, NEEDS_MAINTAINER, NEEDS_WORK)


class How(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, order=True)
class Changed:
    """One file that differs.

    Attributes:
        path: POSIX, relative to the catalog's root.
        how: what happened to it; a renamed file is one deleted and one added.
    """

    path: str
    how: How


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that a module gives of itself.

    Attributes:
        value: as written.
        higher_is_better: as written; None where nothing is said.
    """

    value: float
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What a review needs to know of one state of a module.

    Attributes:
        name: the folder's.
        version: as written; empty when it cannot be read.
        maintainers: handles, in lower case, without `@`.
        model: changes whenever the model does; empty when there is none.
        topology: changes whenever the template does; empty when there is none.
        changes: versions that `changes` tells of.
        behaviour: `module.yaml` without what only describes it, as one comparable text.
        operations: what the module's own operations run, as its templates name it.
        model_bytes: of the archive in its folder; None when there is none.
        metrics: what was measured on what -> the figure.
        answers: sample's name -> a hash of what is expected back.
    """

    name: str
    version: str
    maintainers: frozenset[str]
    model: str
    topology: str
    changes: frozenset[str]
    behaviour: str = field(repr=False)
    operations: frozenset[str] = frozenset()
    model_bytes: int | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleResult:
    """How a module's samples went on the embedded server.

    Attributes:
        module: its name.
        version: its version.
        passed: how many answered as expected.
        failed: sample -> why, in words; ``""`` -> why the model could not even be loaded.
        untried: why the samples were not tried, in words; empty when they were.
        form: which form of the model serves and why, in words, where it has two; else empty.
    """

    module: str
    version: str
    passed: int
    failed: Mapping[str, str] = field(default_factory=dict)
    untried: str = ""
    form: str = ""

    @property
    def is_well(self) -> bool:
        """Whether they were tried, and none failed."""
        return not self.failed and not self.untried


@dataclass(frozen=True, slots=True)
class Heard:
    """Who stands where, once all votes were read; all handles as they are compared.

    Attributes:
        author: empty when nobody proved who wrote it.
        yes: those whose yes counts; never the author.
        no: those whose no counts; never the author.
        consent: those who gave their own word, whatever they may do.
        owners: the forge's owners among the author and those whose yes counts.
        stewards: the catalog's own maintainers, by `groups`.
        teams: person -> the teams (`owner/team`) that they are in.
    """

    author: str = ""
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    consent: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    stewards: frozenset[str] = frozenset()
    teams: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def names(self, person: str) -> frozenset[str]:
        """All by which somebody may be named: the handle, and the teams that they are in."""
        return frozenset({person}) | self.teams.get(person, frozenset())


@dataclass(frozen=True, slots=True)
class Submission:
    """A pull request, as far as a review reads it.

    Attributes:
        changed: its files, sorted.
        heard: who wrote it, and who stands where.
        before: modules that it touches, as they are; by name.
        after: the same, as they shall be.
        owners_after: deployments that it touches -> owner's handle, as they shall be.
        maintainers: modules that it touches -> who maintains them at the target's tip, which may
            have moved on since the branch began; of a module that is not there, nobody.
        owners: deployments that it touches -> owner's handle at the target's tip.
        running: (module, version) of all that is known to run.
    """

    changed: tuple[Changed, ...]
    heard: Heard = field(default_factory=Heard)
    before: Mapping[str, ModuleFacts] = field(default_factory=dict)
    after: Mapping[str, ModuleFacts] = field(default_factory=dict)
    maintainers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    owners_after: Mapping[str, str] = field(default_factory=dict)
    running: frozenset[tuple[str, str]] = frozenset()

    @property
    def author(self) -> str:
        """Who wrote it; empty when nobody proved it."""
        return self.heard.author

    @property
    def stewards(self) -> frozenset[str]:
        """The catalog's own maintainers, by `groups` at the target's tip."""
        return self.heard.stewards


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """Somebody must say yes.

    Attributes:
        what: the folder or file it is about.
        why: in words.
        whom: handles, sorted; one of them is enough unless `all_of` is set. Empty stands for the
            catalog's own maintainers where the catalog does not name them.
        all_of: whether each of them must.
    """

    what: str
    why: str
    whom: tuple[str, ...]
    all_of: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """What is said of a pull request.

    Attributes:
        findings: of the review itself, sorted; those of `deepcat check` are not among them.
        asks: unanswered ones, sorted.
        labels: those of `LABELS` that it shall bear.
    """

    findings: tuple[Finding, ...]
    asks: tuple[Ask, ...]
    labels: frozenset[str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing must be mended; somebody may still have to say yes."""
        return not has_errors(self.findings)


def handle(text: Any) -> str:
    """A handle as it is compared: in lower case, without its `@`; empty when it can be none.

    A forge gives out ASCII alone, so that no other letter is taken for one that looks like it.
    """
    word = text.strip().removeprefix("@") if isinstance(text, str) else ""
    return word.lower() if _HANDLE.fullmatch(word) else ""


def handles(texts: Any) -> frozenset[str]:
    """Many handles as they are compared; what is no list of them is none."""
    if not isinstance(texts, Iterable) or isinstance(texts, (str, Mapping)):
        return frozenset()
    return frozenset(filter(None, map(handle, texts)))
