"""Back to records that can be believed, or on with those that are there, as an operator says."""

from __future__ import annotations

from pathlib import Path

from deepcat.records.clone import open_store
from deepcat.records.git import Plumbing
from deepcat.records.signatures import Trust
from deepcat.records.store import REF

REFUSED = "refs/deepcat/records/refused"


def repair(root: Path, *, as_is: bool = False) -> tuple[str, ...]:
    """Let the ref be what can be believed; what it held stays in the repository.

    Args:
        root: the catalog's folder.
        as_is: take what is there, also where newer records were seen; it is signed where the
            catalog names signers.

    Returns:
        What was done, in sentences; empty when nothing had to be.

    Raises:
        DeepcatError: Git failed, the remote whose records count cannot be had or refuses, or this
            machine has no key for what must be signed.
    """
    git = Plumbing(root)
    store = open_store(root, to_act=True)
    tip = store.fetched()
    if not tip:
        return ()
    if as_is:
        if store.trust.allowed:
            return (f"All records until now are signed for, by {store.vouch()[:12]}.",)
        store.trust.remember(tip)
        return (f"The records at {tip[:12]} are taken as they are.",)
    with git.queue():
        done = (*_forward(git, store.trust), *_back(git, store.trust))
        if done:
            store.impose()
    return done


def _forward(git: Plumbing, trust: Trust) -> tuple[str, ...]:
    """To the newest that was seen, where the ref does not hold it any more."""
    tip, seen = git.commit_of(REF), trust.seen
    is_known = seen and git.run(("cat-file", "-e", f"{seen}^{{commit}}")).returncode == 0
    if not is_known or seen == tip or git.is_ancestor(seen, tip):
        return ()
    _keep(git, tip)
    git.move(REF, seen, tip)
    return (f"The records are again those that were seen, {seen[:12]}; {tip[:12]} was there.",)


def _back(git: Plumbing, trust: Trust) -> tuple[str, ...]:
    """To the last commit that signers vouch for."""
    tip = git.commit_of(REF)
    if not trust.allowed or not trust.wrong(tip):
        return ()
    good = trust.last_good(tip)
    _keep(git, tip)
    if not good:
        git.out("update-ref", "-d", REF, tip)
        return (f"No commit of the records is signed: there are none now; {tip[:12]} was there.",)
    git.move(REF, good, tip)
    trust.remember(good)
    return (f"The records are again those that are signed, {good[:12]}; {tip[:12]} was there.",)


def _keep(git: Plumbing, tip: str) -> None:
    git.out("update-ref", f"{REFUSED}/{tip[:12]}", tip)
