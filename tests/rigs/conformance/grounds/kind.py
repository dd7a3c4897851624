"""The kind `kubernetes` on a cluster that kind makes by Docker or Podman."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cluster.kind.whole import Kind, Unpulled, runtime

from conformance.grounds.kubernetes import Kubernetes


class OnKind(Kubernetes):
    """Nothing differs but how the cluster begins."""

    _lacks = ""

    def _begin(self) -> None:
        try:
            if not self._lacks:
                super()._begin()
        except Unpulled as error:
            self._lacks = str(error)
        if self._lacks:
            pytest.skip(self._lacks)

    def _cluster(self, folder: Path) -> Kind:
        return Kind(folder, self.scratch)


GROUND = OnKind
PROGRAMS = ("busybox", runtime() or "podman", "kind" if shutil.which("kind") else "go")
