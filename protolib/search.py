"""The best (λ_C, λ_S, λ_O) by Optuna, beside random search with equal budgets; and the surface.

Many studies go in lockstep: each asks for its next trial, all are trained in one stack, and each is
told its own result. So every study is strictly sequential and the trainer has a full stack.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch

from protolib import coefficients, measurements
from protolib.measurements import Row

SEEDS = range(20)
CHOOSING = SEEDS[:10]  # settings are chosen on these, and judged on the rest of them
NAMES = ("λ coverage", "λ separation", "λ overlap")
RANGE = (1e-3, 1e3)
TOGETHER = ALONE = (5, 10, 20)  # sizes tuned for at once, and one by one
TRIALS, REPETITIONS, ALONE_REPETITIONS = 40, 10, 2
LEVELS = (0.0, 0.1, 1.0, 10.0, 100.0)  # of the surface
SURFACE, USED = (5, 10, 20), (5, 10, 20, 50, 100)  # sizes; those that settings are used at


def objective(
    settings: Sequence[Sequence[float]], sizes: Sequence[int], seeds: Sequence[int]
) -> np.ndarray:
    """Mean over sizes and seeds of log₁₀ error, (settings,): sizes count alike, tails little."""
    logs = [coefficients.tried(settings, n, seeds)["error"].log10().mean(-1) for n in sizes]
    return torch.stack(logs).mean(0).numpy()


def samplers() -> dict[str, Callable[[int], object]]:
    """Optuna's tree-structured Parzen estimator, as it comes, and random search, by their seed."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return {
        "TPE": lambda seed: optuna.samplers.TPESampler(seed=seed),
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    }


def search(
    sizes: Sequence[int],
    seeds: Sequence[int] = CHOOSING,
    *,
    kinds: Sequence[str] = ("TPE", "random"),
    repetitions: int = REPETITIONS,
    trials: int = TRIALS,
) -> dict[str, np.ndarray]:
    """Look for the setting with the least `objective`, each λ log-uniform in `RANGE`.

    Returns for every kind of sampler (repetitions, trials, 4): the three λ and the objective, in
    the order of the trials. A repetition is the seed of its sampler.
    """
    import optuna

    make = samplers()
    studies = [
        optuna.create_study(sampler=make[kind](r)) for kind in kinds for r in range(repetitions)
    ]
    found = np.empty((len(studies), trials, 4))
    for t in range(trials):
        asked = [study.ask() for study in studies]
        for k, trial in enumerate(asked):
            found[k, t, :3] = [trial.suggest_float(name, *RANGE, log=True) for name in NAMES]
        found[:, t, 3] = objective(found[:, t, :3].tolist(), sizes, seeds)
        for study, trial, value in zip(studies, asked, found[:, t, 3]):
            study.tell(trial, float(value))
    return dict(zip(kinds, found.reshape(len(kinds), repetitions, trials, 4)))


def best(found: np.ndarray) -> np.ndarray:
    """The setting with the least objective among trials (…, 4), (3,)."""
    flat = found.reshape(-1, 4)
    return flat[flat[:, 3].argmin(), :3]


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The surface, the trials of every search, and what their best settings score elsewhere.

    Settings are chosen on the first half of the seeds and judged, in the worlds "transfer" and
    "fresh", on the other half.
    Some six minutes on one core. Columns: `measurements.COLUMNS`; by world:

    - "surface": error and fit at size n, of a setting "λ_C λ_S λ_O", a value a seed
    - "trials": n counts trials; the three λ and the objective, of a sampler; seed: its repetition
    - "best for N": the three λ and the objective of each search for the one size n
    - "transfer": the error at size n, of the best setting for N, a value a fresh seed
    - "fresh": the objective at size n on fresh seeds, of a sampler's best setting, by repetition
    """
    half = len(seeds) // 2
    seeds, fresh = [*seeds][:half], [*seeds][half:]
    found = [*_surface(seeds)]
    together = search(TOGETHER, seeds)
    for kind, trials in together.items():
        for t in range(TRIALS):
            found += _described("trials", t, kind, trials[:, t])
        winners = np.stack([best(one) for one in trials])
        for n in TOGETHER:
            logs = coefficients.tried(winners.tolist(), n, fresh)["error"].log10().mean(-1)
            found += measurements.rows("fresh", n, "objective", range(len(logs)), {kind: logs})
    for tuned in ALONE:
        (alone,) = search((tuned,), seeds, kinds=("TPE",), repetitions=ALONE_REPETITIONS).values()
        ends = np.stack([one[one[:, 3].argmin()] for one in alone])
        found += _described("best for N", tuned, "TPE", ends)
        for n in USED:
            errors = coefficients.tried([best(alone).tolist()], n, fresh)["error"]
            found += measurements.rows("transfer", n, "error", fresh, {f"N = {tuned}": errors[0]})
    return pd.DataFrame(found, columns=measurements.COLUMNS)


def _surface(seeds: Sequence[int]) -> list[Row]:
    cube, found = [*product(LEVELS, repeat=3)], []
    names = [" ".join(f"{value:g}" for value in setting) for setting in cube]
    for n in SURFACE:
        scores = coefficients.tried(cube, n, seeds)
        for score in ("error", "fit"):
            values = dict(zip(names, scores[score]))
            found += measurements.rows("surface", n, score, seeds, values)
    return found


def _described(world: str, n: int, kind: str, values: np.ndarray) -> list[Row]:
    """Three λ and the objective of several repetitions, (repetitions, 4)."""
    return [
        Row(world, n, name, kind, repetition, float(value))
        for name, column in zip((*NAMES, "objective"), values.T)
        for repetition, value in enumerate(column)
    ]
