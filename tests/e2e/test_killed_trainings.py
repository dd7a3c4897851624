"""A training is hit while it learns and while it is proposed; `make killed` does so thirty times."""

from __future__ import annotations

from typing import Any

import pytest
from killed_trainings import WHILE_IT_IS_PROPOSED, WHILE_IT_LEARNS, attack

pytestmark = [pytest.mark.starts("Ansible, and a training that is killed"), pytest.mark.slow]


def test_no_checkpoint_is_lost_and_one_whole_model_is_proposed(hub: Any) -> None:
    attack(hub, 1, WHILE_IT_LEARNS, WHILE_IT_IS_PROPOSED)
