"""What the chapters of Part V train in bulk: all reconstructions of `bridge`, and a sweep of λ."""

import numpy as np
import pytest
import torch

from protolib import data, matching
from protolib.sparse import bridge, coding, compare, tuning


@pytest.fixture(scope="module")
def world():
    A = coding.random_dictionary([0, 1], 4, 6)
    return coding.mix(coding.sparse_codes([0, 1], 80, 6, 1), A), A


@pytest.fixture(scope="module")
def methods(world):
    y, A = world
    labels = data.labels([0, 1], 80)
    return compare.methods(y, labels, 6, [0, 1], lam=0.05, true=A, steps=60, rounds=10)


def test_every_method_rebuilds_from_its_own_vectors_and_counts_its_numbers(world, methods):
    y, A = world
    rebuilt = {name: method.rebuild(y) for name, method in methods.items()}
    for name in ("random points", "baseline", "coverage", "energy", "k-means centres"):
        again, reals = rebuilt[name]
        columns = methods[name].vectors[0].T
        nearest = np.linalg.norm(y[0][:, None] - columns[None], axis=-1).argmin(1)
        assert torch.equal(again[0], columns[nearest]), name
        assert reals == 0
    z = coding.fista(y, A, lam=0.05, steps=200, nonnegative=True)
    again, reals = rebuilt["true atoms"]
    assert torch.allclose(again, z @ A.mT)
    assert reals == pytest.approx((z > 1e-4).sum() / 160)
    again, k = rebuilt["principal components"]
    spread = np.linalg.svd(y[0] - y[0].mean(0), compute_uv=False) ** 2
    missing = bridge.unexplained(y, again)[0].item()
    assert missing == pytest.approx(spread[k:].sum() / spread.sum(), abs=1e-5)


def test_what_is_fitted_beats_what_is_random(world, methods):
    y, A = world
    left = {m: bridge.unexplained(y, f.rebuild(y)[0]).max() for m, f in methods.items()}
    assert left["k-means centres"] < left["coverage"] < left["random points"]
    assert left["learned atoms"] < left["random atoms"]
    corner = matching.chance_prototypes(y, 6, seed=0)
    assert torch.equal(methods["random points"].vectors, corner.mT)
    assert torch.equal(methods["random signals"].vectors, y[:, :6].mT)
    assert torch.equal(methods["random atoms"].vectors, coding.random_dictionary([50, 51], 4, 6))
    assert torch.equal(methods["true atoms"].vectors, A)


def test_a_sweep_of_penalties_is_each_of_them_alone(world):
    y, A = world
    how = {"steps": 30, "batch": 16, "learning_rate": 1e-2}
    swept = tuning.for_each_penalty(y, A, [3, 4], (0.01, 0.5), **how)
    assert len(swept) == 2
    for lam, net in zip((0.01, 0.5), swept):
        alone = coding.train_autoencoder(y, A, [3, 4], lam=lam, **how)
        for found, expected in zip(net, alone):
            assert torch.allclose(found, expected, atol=1e-5)
    with pytest.raises(ValueError, match="one λ or more"):
        tuning.for_each_penalty(y, A, [3, 4], ())
