"""What the shell completes besides commands and options: names that the catalog knows.

Names are read from folders, and from one listing by Git: no document is parsed, so that it is quick
also in a large catalog, and also where its files are wrong. Nothing ever fails: who presses the
key sees names, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from deepcat import git
from deepcat.cli.context import Context, started_in
from deepcat.errors import DeepcatError

_MOST = 500
# What is completed stands on the line as it is, and the shell reads it: the name of a file in
# somebody's pull request may be `$(touch x)`, and that of a tag, too.
_PLAIN = re.compile(r"[\w.@:+%=/^~][\w.@:+%=/^~-]*\Z")
_RECORDS = ("refs/heads/records", "refs/remotes/origin/records")
_REFS = ("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")


_Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def plain(names: Iterable[str]) -> Iterator[str]:
    """Those of the names that mean nothing but themselves to every shell and terminal."""
    return (each for each in names if _PLAIN.match(each))


def _completer(names: Callable[[click.Context, Path], Iterable[str]]) -> _Complete:
    """The names of a catalog that begin as what was typed; none outside a catalog."""

    @wraps(names)
    def complete(
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG001 - click's interface
        incomplete: str,
    ) -> list[CompletionItem]:
        with suppress(DeepcatError, OSError, ValueError):
            found = names(ctx, Context(started_in(ctx)).root)
            begun = sorted({each for each in plain(found) if each.startswith(incomplete)})
            return [CompletionItem(each) for each in begun[:_MOST]]
        return []

    return complete


@_completer
def deployments(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Deployments that are wished or recorded."""
    yield from _stems(root / "deployments")
    for ref in _RECORDS:
        listed = git.says(root, "ls-tree", "-r", "--name-only", ref).decode(errors="replace")
        paths = map(Path, listed.splitlines())
        yield from (path.stem for path in paths if path.parts[0] == "deployments")


@_completer
def locked(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Deployments that somebody works on."""
    from deepcat.records.clone import open_store
    from deepcat.records.locks import locks

    return [each.deployment for each in locks(open_store(root, offline=True).read_all())]


@_completer
def modules(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Modules."""
    return modules_in(root)


@_completer
def cloud_names(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Clouds."""
    return _stems(root / "clouds")


@_completer
def datasets(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Data sets."""
    return _stems(root / "datasets")


@_completer
def commits(_ctx: click.Context, root: Path) -> Iterable[str]:
    """Branches and tags, which name commits."""
    return git.says(root, *_REFS).decode(errors="replace").split()


@_completer
def versions(ctx: click.Context, root: Path) -> Iterable[str]:
    """The version of the module that the line names, alone and with its like."""
    name = _given(ctx, "module_name", "name")
    there = _line(root / "modules" / name / "module.yaml", "version")
    return (there, f"^{there}", f"~{there}") if there else ()


@_completer
def carried(ctx: click.Context, root: Path) -> Iterable[str]:
    """The versions that history has of the module that the deployment on the line wishes."""
    from deepcat.catalog.past import past_of
    from deepcat.catalog.reading.open_tree import work_tree

    module = _line(root / "deployments" / f"{_given(ctx, 'name')}.yaml", "module")
    past = past_of(work_tree(root), {}) if module else None
    known = past.of((module,)).get(module, ()) if past else ()
    return [each.version for each in known if each.version]


@_completer
def samples(ctx: click.Context, root: Path) -> Iterable[str]:
    """The names of the samples of the module that the deployment on the line wishes."""
    wish = root / "deployments" / f"{_given(ctx, 'name')}.yaml"
    folder = root / "modules" / (_line(wish, "module") or "none")
    text = (folder / "module.yaml").read_text("utf-8", "replace")
    _, _, below = text.partition("\nsamples:")
    block = re.split(r"^[^\s#-]", below, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^[ ]*-?[ ]*name:[ ]*[\"']?([\w.-]+)", block, re.MULTILINE)


@_completer
def inputs_of(ctx: click.Context, root: Path) -> Iterable[str]:
    """The inputs of the template that the line names, each with its sign."""
    name = _given(ctx, "template")
    text = (root / "modules" / name / "tosca.yaml").read_text("utf-8", "replace")
    _, _, below = text.partition("\n  inputs:")
    block = re.split(r"^ {0,2}\S", below, maxsplit=1, flags=re.MULTILINE)[0]
    return (f"{each}=" for each in re.findall(r"^ {4}(\w+):", block, re.MULTILINE))


def rule_codes(
    ctx: click.Context,  # noqa: ARG001 - click's interface
    param: click.Parameter,  # noqa: ARG001 - click's interface
    incomplete: str,
) -> list[CompletionItem]:
    """Stable codes, each with what it holds."""
    from deepcat.catalog.judging.codes import explained

    return [
        CompletionItem(code, help=rule.title)
        for code, rule in explained().items()
        if code.startswith(incomplete)
    ]


def gpus(
    ctx: click.Context,  # noqa: ARG001 - click's interface
    param: click.Parameter,  # noqa: ARG001 - click's interface
    incomplete: str,
) -> list[CompletionItem]:
    """Models of accelerators, written as people like."""
    from deepcat.clouds.accelerators import table

    named = {name for row in table().values() for name in (row.family, row.name)}
    typed = incomplete.casefold()
    return [CompletionItem(name) for name in sorted(named) if name.casefold().startswith(typed)]


def catalog_paths(
    ctx: click.Context,
    param: click.Parameter,  # noqa: ARG001 - click's interface
    incomplete: str,
) -> list[CompletionItem]:
    """Files and folders: the shell's own, or those of the folder that `-C` names."""
    start = started_in(ctx)
    if start == Path():
        return [CompletionItem(incomplete, type="file")]
    folder, _, begun = incomplete.rpartition("/")
    with suppress(OSError):
        found = sorted((start / folder).iterdir())[:_MOST]
        named = [f"{each.name}/" if each.is_dir() else each.name for each in found]
        before = f"{folder}/" if folder else ""
        shown = [each for each in named if each.startswith(begun) and (begun or each[0] != ".")]
        return [CompletionItem(each) for each in plain(before + name for name in shown)]
    return []


def modules_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Modules; files where no module begins like this."""
    return modules(ctx, param, incomplete) or catalog_paths(ctx, param, incomplete)


def _given(ctx: click.Context, *names: str) -> str:
    """What the line gives for the first of these parameters that it gives.

    Where the line ends with an option that has no value yet, click has made no arguments of what
    stands before it.
    """
    values = [ctx.params.get(name) for name in names]
    return str(next(filter(None, values), None) or next(iter(ctx.args), ""))


def modules_in(root: Path) -> Iterable[str]:
    """The modules of a catalog, by their folders."""
    with suppress(OSError):
        for each in (root / "modules").iterdir():
            if (each / "module.yaml").is_file():
                yield each.name


def _stems(folder: Path) -> Iterable[str]:
    with suppress(OSError):
        yield from (each.stem for each in folder.iterdir() if each.suffix == ".yaml")


def _line(path: Path, key: str) -> str:
    """A text at the top of a document, without parsing it."""
    with suppress(OSError):
        pattern = rf"^{key}:[ ]*[\"']?([^\s\"'#]+)"
        found = re.search(pattern, path.read_text("utf-8", "replace"), re.MULTILINE)
        return found[1] if found else ""
    return ""
