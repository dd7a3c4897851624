"""What somebody worked on in a notebook, as a branch and a proposal.

The work comes from its host as a bundle of Git's, by what it began with and what it is now. What
was left out there counts as unchanged. It stands upon the commit whose module it began with, so
that whoever merges it loses nothing that came since.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.reading.open_tree import git_tree
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.errors import DeepcatError
from deepcat.forge.values import Part, Proposal
from deepcat.host.notebook import values
from deepcat.loop.trained.candidate import folder_at, folder_of
from deepcat.review.comment import code, plain
from deepcat.secrets.mask import mask

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.forge.git import Repository
    from deepcat.forge.values import Inbox
    from deepcat.loop.notebooks import Notebook

TRAILER = "Deepcat-Work: "
_MOST_COMMITS = 50
_NO_PARTS: Mapping[str, Part] = {}


@dataclass(frozen=True, slots=True)
class Work:
    """Work that can be proposed.

    Attributes:
        base: the commit that it stands upon.
        parts: path in the module's folder -> what lies there now; None where nothing does.
        errors: code and message of what the check has against it, and had not before.
        left: path -> why it was left out.
    """

    base: str
    parts: Mapping[str, Part | None]
    errors: Sequence[tuple[str, str]]
    left: Mapping[str, str]


def work_of(root: Path, git: Repository, notebook: Notebook, tip: str) -> Work:
    """What was worked on.

    Args:
        root: the catalog's folder.
        git: its repository.
        notebook: where.
        tip: the commit that is the truth now.

    Raises:
        DeepcatError: nothing is saved (``develop/work``), or it is no module (``develop/module``).
    """
    name = notebook.name
    work, begun = values.ref_of(name), values.base_of(name)
    with tempfile.NamedTemporaryFile(prefix="deepcat-work-", suffix=".bundle") as file:
        file.write(notebook.bundle())
        file.flush()
        checked = ("-c", "fetch.fsckObjects=true", "-c", "core.hooksPath=/dev/null")
        refs = (f"+{work}:{work}", f"+{begun}:{begun}")
        git(*checked, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", file.name, *refs)
    told = notebook.told().get("left")
    left = {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}
    before, now = listed(git, begun), listed(git, work)
    folder = f"{git.prefix}modules/{notebook.module}"
    base = _stands_upon(git, tip, folder, before)
    there = listed(git, f"{base}:{folder}")
    before = before if there else _NO_PARTS  # a module that the catalog does not have yet
    changed: dict[str, Part | None] = {
        path: Part(there[path].mode if path in there else part.mode, part.kind, part.sha)
        for path, part in now.items()
        if path not in before or before[path].sha != part.sha
    }
    gone = {path: None for path in before.keys() - now.keys() - left.keys() if path in there}
    parts = changed | gone
    if MODULE_FILE in gone:
        message = f"the work on `{notebook.module}` has no `{MODULE_FILE}` any more"
        raise DeepcatError(message, hint="bring it back", code="develop/module")
    contents = {
        path: git("cat-file", "blob", part.sha) if part else None for path, part in parts.items()
    }
    return Work(
        base, parts, _against(git_tree(root, base), notebook.module, contents, bool(there)), left
    )


def key_of(deployment: str) -> str:
    """What tells the proposal of a deployment's work from others."""
    return f"develop/{deployment}"


def branch_of(deployment: str) -> str:
    """The branch that carries it."""
    return Proposal(key_of(deployment), "", "", "").branch


def _against(
    tree: Tree, module: str, contents: Mapping[str, bytes | None], is_known: bool
) -> list[tuple[str, str]]:
    """What the check has against what changed, and had not before."""
    if not is_known:
        files = {path: content for path, content in contents.items() if content is not None}
        if MODULE_FILE not in files:
            message = f"the work on `{module}` has no `{MODULE_FILE}`"
            raise DeepcatError(message, hint="bring it back", code="develop/module")
        return sorted(folder_of(tree, module, files).errors)
    old = folder_at(tree, module)
    return sorted(old.changed(contents).errors - old.errors)


def proposed(
    git: Repository,
    inbox: Inbox,
    notebook: Notebook,
    work: Work,
    branch: str,
    remote: str,
    text: str,
) -> str:
    """Let the deployment's own branch hold the work, and propose it; gives its address.

    Args:
        git: the catalog's repository.
        inbox: where it is proposed.
        notebook: where it was worked on.
        work: that is proposed.
        branch: that is the truth.
        remote: that the branch is brought to; empty for this repository.
        text: what the person says of it; its first line is the title.

    Raises:
        DeepcatError: the branch holds commits of somebody else (``develop/branch``).
    """
    name = notebook.name
    title, _, more = (text.strip() or f"Work on {notebook.module}").partition("\n")
    trailer = f"{TRAILER}{name}"
    proposal = Proposal(
        key=key_of(name),
        base=branch,
        title=title[:200],
        body=mask(_body(notebook, work, more.strip())),
        is_draft=bool(work.errors),
    )
    known = git.branch_at(proposal.branch, remote)
    if known:
        if remote:
            git.fetch(remote, known)
        if trailer not in git.message(known):
            message = f"the branch `{proposal.branch}` holds commits of somebody else"
            hint = "push them under another name, and delete this branch"
            raise DeepcatError(message, hint=hint, code="develop/branch")
    folder = f"{git.prefix}modules/{notebook.module}/"
    parts = {folder + path: part for path, part in work.parts.items()}
    said = f"{title}\n\n{more.strip()}".strip()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    head = git.make_commit(work.base, parts, f"{said}\n\n{trailer}", at)
    git.lease_branch(proposal.branch, head, known, remote)
    return inbox.put_proposal(
        Proposal(
            proposal.key, proposal.base, proposal.title, proposal.body,
            head=head, is_draft=proposal.is_draft,
        )
    )  # fmt: skip


def _body(notebook: Notebook, work: Work, more: str) -> str:
    """What the proposal says, as Markdown; what a host told is shown as text."""
    lines = [more, ""] if more else []
    lines.append(f"Worked on in the deployment `{notebook.name}`: {len(work.parts)} files changed.")
    if work.errors:
        lines += ["", "`deepcat check` finds:", ""]
        lines += [f"- {code(f'{message} [{known}]'[:300])}" for known, message in work.errors[:50]]
    if work.left:
        lines += ["", "Left out:", ""]
        lines += [
            f"- {code(path[:300])}: {plain(why[:300])}"
            for path, why in sorted(work.left.items())[:50]
        ]
    return "\n".join(lines) + "\n"


def _stands_upon(git: Repository, tip: str, folder: str, before: Mapping[str, Part]) -> str:
    """The last commit whose module is what the work began with; the tip where none is."""
    shas = {path: part.sha for path, part in before.items()}
    rows = git("rev-list", f"--max-count={_MOST_COMMITS}", tip, "--", folder).decode().split()
    for commit in (tip, *rows):
        there = listed(git, f"{commit}:{folder}")
        if {path: part.sha for path, part in there.items()} == shas:
            return commit
    return tip


def listed(git: Repository, tree: str) -> Mapping[str, Part]:
    """The plain files of a tree by path; none where there is no such tree."""
    done = git.run("ls-tree", "-r", "-z", "--full-tree", tree)
    if done.returncode:
        return _NO_PARTS
    found: dict[str, Part] = {}
    for row in filter(None, done.stdout.split(b"\0")):
        facts, _, path = row.partition(b"\t")
        mode, kind, sha = facts.decode().split()
        if kind == "blob" and mode in ("100644", "100755"):
            found[path.decode("utf-8", "surrogateescape")] = Part(mode, kind, sha)
    return found
