"""Every stream of random numbers, pinned: another key, size or law, and the book shows other runs.

One number for each: the draws weighted by their place, so that order counts too.
"""

import numpy as np
import pytest
import torch

from protolib import data, matching, model, sweep
from protolib.sparse import bridge, coding, identifiability, scores

F64 = {"dtype": torch.float64}
WORLD = identifiability.World(dims=3, classes=4, uneven=2.0, shuffled=0.3)
SMALL = identifiability.Training(widths=(4,), outputs=2)


def _print(values) -> float:
    flat = np.asarray(values, dtype=float).ravel()
    return float(flat @ np.cos(np.arange(1, len(flat) + 1)))


def _codes(seed):
    return torch.tensor(np.random.default_rng(seed).normal(size=(1, 12, 3)))


STREAMS = {
    "uniform": lambda: data.uniform([3, 8], 5, 2, **F64),
    "clustered": lambda: data.clustered([3, 8], 5, 2, **F64),
    "skewed": lambda: data.skewed([3, 8], 5, 2, **F64),
    "duplicated": lambda: data.duplicated([3, 8], 5, 2, **F64),
    "noise": lambda: data.noise([3, 8], 5, 2, **F64),
    "labels": lambda: data.labels([3, 8], 9, **F64),
    "digits": lambda: data.digits([3, 8], 4, **F64)[0],
    "classes": lambda: data.digits([3, 8], 4, **F64)[1],
    **{
        f"{start} {name}": lambda start=start, name=name: getattr(
            model.initialise([3, 8], 4, 2, outputs=2, start=start, **F64), name
        )
        for start in ("uniform", "pytorch", "glorot")
        for name in ("slope", "bias", "readout", "offset")
    },
    "chance": lambda: matching.chance_prototypes(data.uniform([3], 4, 2, **F64), 5, seed=6),
    "noisy setting": lambda: sweep.Setting(noise=0.5, dims=2, dtype="float64").draw([3, 8], 4)[2],
    "random dictionary": lambda: coding.random_dictionary([3, 8], 3, 4, **F64),
    "sparse codes": lambda: coding.sparse_codes([3, 8], 4, 6, 2, blocks=2, **F64),
    "signed codes": lambda: coding.sparse_codes([3, 8], 4, 6, 2, signed=True, **F64),
    "drawn atoms": lambda: (
        coding.learn_dictionary(_codes(0), 4, [3], lam=0.1, rounds=1, restarts=2).dictionary
    ),
    "minibatches": lambda: (
        coding.train_autoencoder(
            _codes(0), coding.random_dictionary([1], 3, 4, **F64), [3], lam=0.1, steps=5, batch=2
        ).weight
    ),
    "k-means": lambda: bridge.kmeans(_codes(0), 4, [3], restarts=1),
    "directions": lambda: identifiability.directions([3, 8], WORLD),
    "mixing": lambda: identifiability.mixing([3, 8], WORLD),
    "latents": lambda: identifiability.draw([3, 8], 6, WORLD, part=1).latents,
    "inputs": lambda: identifiability.draw([3, 8], 6, WORLD, part=1).inputs,
    "shuffled labels": lambda: identifiability.draw([3, 8], 40, WORLD).labels,
    "classifier": lambda: identifiability.initialise([3, 8], 3, 4, SMALL).weights[1],
    "head": lambda: identifiability.initialise([3, 8], 3, 4, SMALL).head,
    "permuted": lambda: scores.permuted(scores.mcc, _codes(0), _codes(1), draws=3, seed=2),
    "recovery chance": lambda: scores.recovery_chance(3, 4, 2, draws=3, seed=2),
    "mcc chance": lambda: scores.mcc_chance(6, 4, 2, draws=3, seed=2),
    "rotations": lambda: scores.mcc_of_rotations(3, draws=3, seed=2),
    "dci chance": lambda: scores.dci_chance(20, 3, 2, draws=3, seed=2).completeness,
    "lasso chance": lambda: (
        scores.dci_chance(
            20, 3, 2, importance="lasso", penalty=0.1, draws=3, seed=2
        ).disentanglement
    ),
    "mig chance": lambda: scores.mig_chance(20, 3, 2, bins=3, draws=3, seed=2),
}

PINNED = {
    "uniform": 3.969661016,
    "clustered": 1.842792831,
    "skewed": 3.319579837,
    "duplicated": 2.053071659,
    "noise": -1.266556045,
    "labels": 3.388260894,
    "digits": 0.07861584364,
    "classes": 1.0905995,
    "uniform slope": 0.4991310668,
    "uniform bias": -0.171117125,
    "uniform readout": 1.891718489,
    "uniform offset": 0.5092971427,
    "pytorch slope": 1.022344743,
    "pytorch bias": -0.2036286722,
    "pytorch readout": 1.891718489,
    "pytorch offset": 0.5092971427,
    "glorot slope": 1.445813801,
    "glorot bias": 0.0,
    "glorot readout": 1.891718489,
    "glorot offset": 0.5092971427,
    "chance": -0.06646397269,
    "noisy setting": 2.723281519,
    "random dictionary": 0.9296532826,
    "sparse codes": -0.3429842537,
    "signed codes": -0.3777197175,
    "drawn atoms": -1.960703819,
    "minibatches": -0.07515423088,
    "k-means": -0.6626821069,
    "directions": 1.040611182,
    "mixing": 0.460105059,
    "latents": -0.07475917358,
    "inputs": -0.8231332917,
    "shuffled labels": 1.25139297,
    "classifier": 0.476054259,
    "head": -0.09159008532,
    "permuted": -0.2608367648,
    "recovery chance": -0.7002633742,
    "mcc chance": -0.6058997283,
    "rotations": -0.7179400375,
    "dci chance": -0.3095919218,
    "lasso chance": -0.8763829373,
    "mig chance": -0.02757753392,
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_gives_the_numbers_of_the_book(name):
    assert _print(STREAMS[name]()) == pytest.approx(PINNED[name], rel=1e-6, abs=1e-9)
