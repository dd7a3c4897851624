"""What a review's findings mean, for `deepcat check --explain CODE`. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One finding, explained as a rule's page explains it.

    Attributes:
        title: what is asked, one sentence.
        why: for what reason.
        mend: what to do.
    """

    title: str
    why: str
    mend: str


PAGES: Mapping[str, Page] = {
    "plan/refused": Page(
        "A deployment that a pull request changes can be placed.",
        "What cannot be placed would be merged and not run, so that main and reality differ.",
        "Ask for less, or widen `placement`; `deepcat match` shows which offers there are.",
    ),
    "review/changes": Page(
        "Every new version is told of in `changes`.",
        "Who deploys a range of versions gets the new one, and wants to know what it brings.",
        "Add an entry to `changes` with `version`, `date`, `kind` and `text`.",
    ),
    "review/incomplete": Page(
        "The check of a pull request came to its end.",
        "Nothing is called ready that was not checked.",
        "Read the check's log; push again, or let the check run again.",
    ),
    "review/maintainers": Page(
        "Every module has a maintainer.",
        "Somebody must be asked when others change it, and answer when it fails.",
        "Keep one maintainer, or mark the module as deprecated and keep one.",
    ),
    "review/module-operations": Page(
        "A person reads what a module runs on a host.",
        "An operation of the module's own is a program that runs with the deployment's rights.",
        "Nothing; a maintainer of the catalog reads it and says yes.",
    ),
    "review/quota": Page(
        "A deployment stays inside its owner's quota.",
        "What one owner takes beyond it, others do not get.",
        "Ask for less, end another deployment of the owner, or ask the catalog's maintainers for a"
        " higher quota: in `quotas` of `deepcat.yaml`, or of the cloud's file.",
    ),
    "review/sample": Page(
        "Every sample answers as expected on the embedded server.",
        "A merge brings a version up only when its samples pass.",
        "Mend the model, or the expected answer; `deepcat serve` answers the same way.",
    ),
    "review/version": Page(
        "Another model or topology is another version.",
        "Two things with one name cannot be told apart, nor taken back to.",
        "Raise `version`, and tell of it in `changes`.",
    ),
}


def explain(code: str) -> str:
    """The page of a code as text for a terminal; empty when it is none of a review's."""
    page = PAGES.get(code)
    if page is None:
        return ""
    parts = [code, page.title]
    for title, text in (("Why", page.why), ("How to mend it", page.mend)):
        words = textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    ")
        parts.append(f"{title}\n{words}")
    return "\n\n".join(parts)
