"""What a plug-in's node asks for, and a plug-in as it runs, as values. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.deepaas.package import Plugin

LOOPBACK = "127.0.0.1"
# In a deployment's place.
FOLDER = "plugins"
# Ends the name of a plug-in's program, which so is no server's and no job's.
SUFFIX = "~plugin"


@dataclass(frozen=True)
class Wanted:
    """What a plug-in's node asks for.

    Attributes:
        node: its name, fit for a folder's.
        server: the node of the model server that it asks, the same.
        folder: the author's package, among the files of the run.
        plugin: what that is.
        address: to listen on.
        port: 0 for any.
        fixed: ports that the wish itself names.
        environment: variables of its process.
        memory_MiB: what the wish asks a host for.
        unboxed: whether it may run without a box where the host gives none.
        brought: where its environment lies, if it was brought along.
        index: the package index by which it is made else; empty for the one that is set up there.
    """

    node: str
    server: str
    folder: Path
    plugin: Plugin
    address: str
    port: int
    fixed: tuple[int, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    memory_MiB: int = 0
    unboxed: bool = False
    brought: str = ""
    index: str = ""


@dataclass(frozen=True)
class Running:
    """A plug-in as it runs, or shall run.

    Attributes:
        program: its supervised program's name.
        folder: of its own, relative to the deployment's.
        model: its name in DEEPaaS' API.
        server: the node of its model server.
        port: of the loopback, that it listens on.
        calls: the one of the loopback that it may call.
        address: that its door listens on, once it has proved itself.
        final: the same, the port.
        environment: the name of that which it runs in, or where it was brought to.
        goal: what it stands for: all but where it listens.
    """

    program: str
    folder: str
    model: str
    server: str
    port: int
    calls: int
    address: str
    final: int
    environment: str
    goal: str


def running(data: Mapping[str, Any] | None) -> Running | None:
    """From plain data."""
    return Running(**data) if data else None


def door_of(port: int) -> str:
    """What a door is called, of those of its node."""
    return f"at-{port}"


def held(doors: Collection[str]) -> tuple[int, ...]:
    """The ports of a node's doors, which are its own whether what they lead to runs or not."""
    return tuple(sorted(int(name.removeprefix("at-")) for name in doors))


def program_of(deployment: str, node: str, name: object) -> str:
    """What the program of a plug-in, or of its door, is called."""
    return f"{deployment}~{node}~{name}{SUFFIX}"
