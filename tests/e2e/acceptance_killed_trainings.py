"""Three trainings are hit ten times each, by what chance chooses, at moments that it chooses."""

from __future__ import annotations

import random
from typing import Any

import pytest
from killed_trainings import WHILE_IT_IS_PROPOSED, WHILE_IT_LEARNS, attack

pytestmark = [pytest.mark.starts("Ansible, and a training that is killed"), pytest.mark.slow]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_checkpoint_is_lost_and_one_whole_model_is_proposed(hub: Any, seed: int) -> None:
    chance = random.Random(seed)
    learning = [*WHILE_IT_LEARNS, *chance.choices(WHILE_IT_LEARNS, k=3)]
    chance.shuffle(learning)
    attack(hub, seed, learning, [*WHILE_IT_IS_PROPOSED, "proposer"])
