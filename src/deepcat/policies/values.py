"""Policies, what they are asked about, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from deepcat.catalog.findings import Finding, Place


class On(StrEnum):
    """What a policy is about."""

    MODULE = "module"
    CLOUD = "cloud"
    DEPLOYMENT = "deployment"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy.

    Attributes:
        path: of its file.
        language: ``cel`` or ``rego``.
        name: its own.
        line: where its condition stands.
        on: what it is about; of Rego, all.
        source: of Rego the text; else empty.
        when: CEL; the policy is asked only where it holds; empty for always.
        deny: CEL; what it holds for is denied.
        warn: CEL; what it holds for is warned of.
        message: plain text.
        message_expression: CEL that gives the text instead.
        hint: how to mend it.
        at: keys that lead to the value which is wrong, with dots between them.
    """

    path: str
    language: str
    name: str
    line: int = 0
    on: tuple[On, ...] = tuple(On)
    source: str = field(default="", repr=False)
    when: str = ""
    deny: str = ""
    warn: str = ""
    message: str = ""
    message_expression: str = ""
    hint: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a tree.

    Attributes:
        all: sorted by path.
        libraries: path -> Rego that packages other than `main` hold.
        broken: what is wrong with files that cannot be read.
    """

    all: tuple[Policy, ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.all or self.broken)

    @property
    def digest(self) -> str:
        """Changes whenever one of them does."""
        data = [[asdict(each) for each in self.all], dict(self.libraries), repr(self.broken)]
        return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Subject:
    """What policies are asked about.

    Attributes:
        on: its kind.
        name: the unit's.
        place: where a finding about it stands.
        data: plain values of JSON.
    """

    on: On
    name: str
    place: Place
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """What one policy says of one subject.

    Attributes:
        policy: the policy.
        subject: the subject; None where the policy itself is broken.
        level: ``deny``, ``warn`` or ``broken``.
        message: in its words.
        at: as of `Policy`.
    """

    policy: Policy
    subject: Subject | None
    level: str
    message: str
    at: str = ""
