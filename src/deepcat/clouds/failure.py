"""Failures by kind: what decides whether another cloud is tried. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deepcat.secrets.addresses import masked

# A secret of the workload's own that cannot be had: no other cloud has it either.
_SECRETS = "secret/"


class FailureKind(StrEnum):
    """What failed: there is no room, a quota, a credential, the cloud, or the module."""

    CAPACITY = "capacity"
    QUOTA = "quota"
    AUTH = "auth"
    CLOUD = "cloud"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a change could not be carried out on one cloud.

    Attributes:
        kind: capacity, quota, auth, cloud or module.
        code: stable, such as ``run/checksum``.
        message: what is wrong, one sentence.
        hint: how to mend it, one sentence.
        cloud: where.
        step: the task that failed.
    """

    kind: FailureKind
    code: str
    message: str
    hint: str = ""
    cloud: str = ""
    step: str = ""

    @property
    def is_retried_elsewhere(self) -> bool:
        """Whether another cloud may do better: not when the module or one of its secrets fails."""
        return self.kind is not FailureKind.MODULE and not self.code.startswith(_SECRETS)

    def as_dict(self) -> dict[str, str]:
        """Plain data, for records and JSON, without what is empty or a password of an address."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return {name: masked(str(value)) for name, value in parts.items() if value}
