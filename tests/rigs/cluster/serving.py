"""Our own image on a cluster's real nodes, by its digest."""

from __future__ import annotations

from pathlib import Path

from runtimes import runtimes

from cluster.control_plane import Cluster
from cluster.images import BUSYBOX
from cluster.kind.whole import Kind
from deepcat.remote.agent import agent
from deepcat.runtime.image import Whole, oci

NAME = "registry.example/deepcat/serving"


SHELL = "docker.io/library/busybox"


def shell(cluster: Cluster | Kind) -> str:
    """An image with a shell that all real nodes have, by its digest."""
    named = ""
    for node in cluster.real.values():
        told = node.images("ls", f"name=={BUSYBOX}").split()
        named = f"{SHELL}@{next(each for each in told if each.startswith('sha256:'))}"
        node.images("tag", "--force", BUSYBOX, named)
    return named


def image(cluster: Cluster | Kind, folder: Path) -> str:
    """Make it, and give it to all real nodes.

    Args:
        cluster: with real nodes.
        folder: an empty one.
    """
    made, file = runtimes(), folder / "image.tar"
    whole = Whole(made, agent(folder).archive, "1", False)
    digest = oci(whole, next(iter(made.site.packed)), file)
    for node in cluster.real.values():
        node.load(file, NAME)
    file.unlink()
    return f"{NAME}@{digest}"
