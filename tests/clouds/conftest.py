"""Property tests of this room are the same on every run."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deepcat", derandomize=True, database=None, deadline=None)
settings.load_profile("deepcat")
