"""What Optuna says of a sweep: which inputs it tries next, and which trial is not worth it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from deepcat.catalog.judging.sweeping import Axis, Sweep
from deepcat.extras import needed
from deepcat.plan import sweeping
from deepcat.plan.sweeping import Point, Trial, key

# So often a point that is known already is asked away before none is found any more.
_STALE = 200
# So many have ended before one is held against them.
_ENDED = 3


def following(
    sweep: Sweep, tried: Sequence[Trial], running: Sequence[Point], most: int
) -> list[Point]:
    """As `deepcat.plan.sweeping.following`, of every method.

    Raises:
        DeepcatError: the method is Optuna's, which is not installed.
    """
    if sweep.method != "tpe":
        return sweeping.following(sweep, tried, running, most)
    left = min(most, sweep.trials - len(tried) - len(running))
    return _proposed(sweep, tried, running, left) if left > 0 else []


def worse(
    ended: Sequence[Sequence[tuple[float, float]]],
    running: Iterable[Sequence[tuple[float, float]]],
    *,
    higher: bool,
) -> list[bool]:
    """Which trainings have come to less than the median of those that ended had at their step.

    Args:
        ended: curves of the metric, as points of step and value, of those that ended well.
        running: of those that go on.
        higher: whether more of the metric is better.

    Returns:
        For each that runs whether Optuna's `MedianPruner` would stop it.

    Raises:
        DeepcatError: Optuna is not installed.
    """
    with needed():
        import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return [_is_worse(optuna, ended, each, higher=higher) for each in running]


def _is_worse(
    optuna: Any,
    ended: Sequence[Sequence[tuple[float, float]]],
    curve: Sequence[tuple[float, float]],
    *,
    higher: bool,
) -> bool:
    """Steps are counted by the points of the one that runs: curves are thinned as they grow."""
    study = optuna.create_study(
        direction="maximize" if higher else "minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_ENDED, n_warmup_steps=0),
    )
    for other in ended:
        if held := [value for step, value in other if curve and step <= curve[-1][0]]:
            study.add_trial(
                optuna.trial.create_trial(
                    value=other[-1][1], intermediate_values={len(curve) - 1: held[-1]}
                )
            )
    trial = study.ask()
    for number, (_, value) in enumerate(curve):
        trial.report(value, number)
    return bool(curve) and bool(trial.should_prune())


def _proposed(
    sweep: Sweep, tried: Sequence[Trial], running: Sequence[Point], most: int
) -> list[Point]:
    """What Optuna asks for, which is told all that is known; what runs counts as a bad one."""
    with needed():
        import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds = {each.name: _distribution(optuna, each) for each in sweep.axes}
    begun = len(tried) + len(running)
    sampler = optuna.samplers.TPESampler(seed=sweep.seed + begun, constant_liar=True)
    study = optuna.create_study(
        direction="maximize" if sweep.higher else "minimize", sampler=sampler
    )
    for each in tried:
        study.add_trial(_told(optuna, each, kinds))
    for point in running:
        study.enqueue_trial(point)
        study.ask(kinds)
    known = {key(each.point) for each in tried} | {key(each) for each in running}
    found: list[Point] = []
    for _ in range(_STALE):
        point = {name: _plain(value) for name, value in study.ask(kinds).params.items()}
        if key(point) not in known:
            known.add(key(point))
            found.append(point)
        if len(found) == most:
            break
    return found


def _told(optuna: Any, trial: Trial, kinds: Any) -> Any:
    states, value = optuna.trial.TrialState, trial.value
    if value is None and trial.pruned is not None:
        return optuna.trial.create_trial(
            state=states.PRUNED,
            params=trial.point,
            distributions=kinds,
            intermediate_values={0: trial.pruned},
        )
    if value is None or not math.isfinite(value):
        return optuna.trial.create_trial(state=states.FAIL, params=trial.point, distributions=kinds)
    return optuna.trial.create_trial(
        state=states.COMPLETE, params=trial.point, distributions=kinds, value=value
    )


def _plain(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _distribution(optuna: Any, each: Axis) -> Any:
    kinds = optuna.distributions
    if each.values:
        return kinds.CategoricalDistribution(each.values)
    if each.whole:
        return kinds.IntDistribution(int(each.low), int(each.high), log=each.log)
    return kinds.FloatDistribution(each.low, each.high, log=each.log)
