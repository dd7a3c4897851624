"""A training is hit as it learns and as it is proposed; `make killed` does so thirty times."""

from __future__ import annotations

from typing import Any

import pytest
from killed_trainings import attack

pytestmark = [pytest.mark.starts("Ansible, and a training that is killed"), pytest.mark.slow]


def test_no_checkpoint_is_lost_and_one_whole_model_is_proposed(hub: Any) -> None:
    attack(hub, 1, ("script", "keeper", "controller"), ("proposer", "storage"))
