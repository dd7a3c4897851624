"""`deepcat records export`: what happened, for an auditor's programs, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, pass_context, remote_option
from deepcat.cli.say import say_line
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.records.store import Store
    from deepcat.records.trail import Signed

# Git is asked for the signatures of so many commits by one call.
_AT_ONCE = 200


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "ocsf"]),
    default="jsonl",
    show_default=True,
    help="deepcat's own rows, or events of OCSF 1.6.0, class Entity Management.",
)
@click.option("--since", default="", help="Leave out what is older: an ISO 8601 date or instant.")
@remote_option
@pass_context
def export(context: Context, form: str, since: str, remote: str) -> None:
    """Print what was done to each deployment, newest first, one JSON object a line.

    Who wanted it and who recorded it, what was done, from what to what, by which run and commit,
    when, how it went, and whether the record's commit is signed: by one of the main branch's
    signers (`good`), by somebody else (`bad`), or not. Signs of life are left out.
    """
    from deepcat import __version__
    from deepcat.records.clone import open_store
    from deepcat.records.ocsf import event

    begin = _instant(since)
    for row in _rows(open_store(context.root, remote), begin):
        found = event(row, __version__) if form == "ocsf" else row
        say_line(json.dumps(found, allow_nan=False))


def _rows(store: Store, begin: datetime | None) -> Iterator[dict[str, Any]]:
    from deepcat.records.audit_row import row
    from deepcat.records.history import instant

    steps = store.steps()
    while some := list(islice(steps, _AT_ONCE)):
        signed = store.trust.signed({step.commit.commit for step, _ in some})
        for step, applied in some:
            at = instant(step.commit.at)
            # The clock of who wrote a commit may be wrong, so an older one may follow a newer one.
            if begin is not None and at is not None and at < begin:
                continue
            found = row(step, applied, verdict=_verdict(step.commit, signed))
            if found is not None:
                yield found


def _verdict(commit: Signed, signed: Collection[str] | None) -> str:
    """Whether a signer of the main branch signed it; empty where nobody is named or it is not."""
    if signed is None or not commit.is_signed:
        return ""
    return "good" if commit.commit in signed else "bad"


def _instant(since: str) -> datetime | None:
    from deepcat.records.history import instant

    found = instant(since) if since else None
    if since and found is None:
        raise UsageError(
            f"`{since}` is no date", hint="write it as 2026-01-31 or 2026-01-31T12:00:00+00:00"
        )
    return found
