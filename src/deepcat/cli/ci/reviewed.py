"""What a bare server says of a push: the review of the workflows, by the same verbs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.cli.ci.pr import say_asks, say_secrets, show, warn
from deepcat.cli.ci.samples import show as show_sample
from deepcat.cli.ci.samples import try_changed
from deepcat.cli.say import say, say_lines
from deepcat.errors import DeepcatError
from deepcat.forge.bare_people import Told, people
from deepcat.forge.git import Repository, Slice
from deepcat.loop.proposed import Looked, look, proposal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def reviewed(root: Path, git: Repository, tip: str, commit: str, told: Told) -> Looked:
    """Review what is pushed, try its samples, and say all of it.

    Args:
        root: the catalog's folder, or one of a repository that holds the commits.
        git: the same repository.
        tip: the branch that it shall go to, as it is now.
        commit: what is pushed.
        told: what is known of who pushes.

    Raises:
        DeepcatError: the two share no history.
    """
    span = proposal(git, tip, commit)
    if span is None:
        raise DeepcatError("what is pushed shares no history with the branch that is the truth")
    who = people(git, settings_at(git, tip).get("keys"), told, tip, commit)
    samples = try_changed(root, span)
    seen = look(root, span, who, say=warn, samples=samples, must_try=True)
    say("written by {}", who.author or "nobody that a key or the transport proves")
    for result in samples:
        show_sample(result)
    show(seen.report.findings, github=False)
    say_lines(seen.report.plan, nl=False)
    say_secrets(seen.report.secrets)
    say_asks(seen.review)
    return seen


def settings_at(git: Repository, commit: str) -> Mapping[str, Any]:
    """`deepcat.yaml` as it stands in a commit, as far as it can be read."""
    from deepcat.catalog.settings import read_settings

    return read_settings(Slice(git, commit))
