"""What a module's own script may have on a host. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from deepcat.host.box.grant import Grant

# Of a deployment's place: the folder that its scripts work in, and alone may change.
OWN = "own"

_MiB, _GiB = 1 << 20, 1 << 30


def grant(
    place: str, module: str, output: str, private: str, folders: tuple[str, ...], *, connects: bool
) -> Grant:
    """The grant of one lifecycle operation.

    Args:
        place: the deployment's folder.
        module: the module's files, or the script alone.
        output: the file for its outputs.
        private: the file for addresses that not everybody may know.
        folders: of the host, which the catalog's owners let the module's scripts change.
        connects: whether they let them call out.
    """
    own = str(PurePosixPath(place, OWN))
    return Grant(
        name=f"operation {place}",
        reads=(module,),
        writes=(own, output, private),
        shared=folders,
        connects=connects,
        folder=own,
        memory_bytes=4 * _GiB,
        processes=512,
        file_bytes=20 * _GiB,
        disk_bytes=_GiB,
        open_files=4096,
        wall_s=3600,
        variables={"DEEPCAT_OUTPUT": output, "DEEPCAT_PRIVATE": private},
    )
