"""A node image for kind, built where none can be pulled: of Debian's packages and Go's modules.

Kind's own Dockerfile makes its base; the parts are those of `cluster.built`. Debian 12 is the last
one whose systemd runs below version 1 of control groups, too.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cluster import built

SOURCES = Path(__file__).with_name("image")
_TOOLS = "kind"
_DEBIAN = "bookworm"


def node_image(runtime: str, environment: Mapping[str, str]) -> str:
    """The name of the image, built if it is not there yet.

    Args:
        runtime: `docker` or `podman`.
        environment: in which it is called.

    Raises:
        subprocess.CalledProcessError: a step of the build fails.
    """
    parts, tools = built.programs(), built.tools(_TOOLS)
    texts = [each.read_bytes() for each in sorted(SOURCES.iterdir())]
    content = b"".join([*texts, parts.name.encode(), tools.name.encode()])
    tag = f"{built.version()}-{hashlib.sha256(content).hexdigest()[:12]}"
    debian, base, packed, node = (
        f"localhost/deepcat/{each}:{tag}" for each in ("debian", "kind-base", "parts", "kind-node")
    )

    def call(*words: str | Path) -> None:
        subprocess.run([runtime, *words], env=environment, check=True)

    asked = subprocess.run(
        [runtime, "image", "inspect", node], env=environment, capture_output=True, check=False
    )
    if asked.returncode == 0:
        return node
    with tempfile.TemporaryDirectory() as scratch:
        folder, root = Path(scratch, "image"), Path(scratch, "debian.tar")
        shutil.copytree(SOURCES, folder)
        _lay(folder, parts, tools)
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", _DEBIAN, root], check=True)
        call("import", root, debian)
        theirs = built.source(_TOOLS, "sigs.k8s.io/kind") / "images" / "base"
        build = ("build", "--network=host")
        call(*build, f"--build-arg=BASE_IMAGE={debian}", "--target=base", f"--tag={base}", theirs)
        build += (f"--build-arg=DEBIAN={debian}", f"--build-arg=BASE={base}")
        build += (f"--file={folder / 'Containerfile'}",)
        call(*build, "--target=parts", f"--tag={packed}", folder)
        call("save", f"--output={folder / 'parts.tar'}", packed)
        call(*build, "--target=node", f"--tag={node}", folder)
    return node


def _lay(folder: Path, parts: Path, tools: Path) -> None:
    """What the image takes besides its own files: each program once, and the parts' names."""
    (folder / "parts").mkdir()
    (folder / "tools").mkdir()
    shutil.copy(parts / "cluster", folder / "parts")
    for each in built.PARTS:
        (folder / "parts" / each).symlink_to("cluster")
    for each in ("kubeadm", "kubectl"):
        shutil.copy(tools / each, folder / "tools")
    (folder / "version").write_text(built.version())
