"""The keys of a new cloud's hosts: shown, and pinned when somebody says yes. Never in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.cli.say import say, waiting
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.remote.link import Link


def shown_keys(
    root: Path, cloud: Cloud, schema: Mapping[str, Any], *, accept: bool
) -> Sequence[str]:
    """The lines to pin; none for a kind whose file pins none.

    Raises:
        UsageError: nobody is there to say yes, and no option does.
        click.Abort: the answer is no.
    """
    from deepcat.cli.new.ask import may_ask
    from deepcat.cli.operations import confirm
    from deepcat.remote.keys import scan

    links = _links(root, cloud, schema)
    if not links:
        return ()
    for path in sorted({link.identity for link in links if link.identity}):
        if not Path(path).is_file():
            say("The private key `{}` is not there.", path, fg="yellow", err=True)
    with waiting("asking the hosts for their keys"):
        keys = scan(links)
    say("These hosts show these keys; whoever runs them can say whether they are theirs:", err=True)
    for key in keys:
        say("    {}  {}", key.host, key.fingerprint, err=True)
    if not accept and not may_ask():
        raise UsageError(
            "nobody has said that these are the hosts' own keys",
            hint="compare the fingerprints, then say `--accept-host-keys`",
        )
    confirm("Pin them?", accept)
    return [key.line for key in keys]


def _links(root: Path, cloud: Cloud, schema: Mapping[str, Any]) -> list[Link]:
    """How its hosts are reached by ssh, as far as its kind tells before any key is pinned."""
    from dataclasses import replace

    from deepcat.catalog.beginning.cloud import pinned
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of

    given = pinned(schema, cloud.data.get(cloud.kind, {}), ())
    if given == dict(cloud.data.get(cloud.kind, {})):
        return []
    draft = replace(cloud, data={**cloud.data, cloud.kind: given})
    kind, known = kind_of(draft), means(root)
    with answering(draft):
        # Nobody is talked to whose key is not pinned, so this tells the hosts' names alone.
        names = [shape.name for shape in kind.probe(draft, known).shapes] or [""]
        reached = [kind.reach(draft, known, "new", name).link for name in names]
    return list(dict.fromkeys(link for link in reached if link is not None))
