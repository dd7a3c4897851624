"""Where a command of the loop runs: what woke it, and the forge that it may write to. Values."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepcat.forge.event import Event


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a command of the loop runs.

    Attributes:
        event: what woke a workflow; empty elsewhere.
        forge: the name of the file of this room that read it; empty without a forge.
        repository: ``owner/name`` on the forge; empty without one.
        token: of the forge; empty without one.
        api: address of the forge's REST interface.
        server: address of the forge.
        may_write: whether issues and pull requests may be written there.
        log: address of the workflow's own run, where its log is; empty elsewhere.
    """

    event: Event = field(default_factory=Event)
    forge: str = ""
    repository: str = ""
    token: str = ""
    api: str = ""
    server: str = ""
    may_write: bool = False
    log: str = ""

    @property
    def has_forge(self) -> bool:
        """Whether there is a forge that may be written to."""
        return bool(self.forge) and self.may_write
