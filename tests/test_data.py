import inspect

import numpy as np
import pytest
import torch
from scipy import stats

from protolib import data


def test_a_network_gets_the_same_data_whatever_surrounds_it():
    alone, among = data.uniform([7], 20), data.uniform([3, 7, 1], 20)
    assert torch.equal(alone[0], among[1])
    assert not torch.equal(among[0], among[1])


def test_streams_for_different_purposes_are_independent():
    draws = [data.generator(0, key).random(2000) for key in (data.INPUTS, data.INITIALISATION)]
    assert abs(np.corrcoef(draws)[0, 1]) < 0.08  # 3.5 standard errors


def test_inputs_are_uniform_on_the_interval():
    x = data.uniform(range(200), 50).flatten().numpy()
    assert stats.kstest(x, stats.uniform(-1, 2).cdf).pvalue > 0.01


def test_float32_and_float64_share_their_data():
    single, double = (data.uniform([4], 9, 2, dtype=t) for t in (torch.float32, torch.float64))
    assert torch.equal(single, double.float())


def test_skewed_inputs_have_the_distribution_they_promise():
    x = data.skewed(range(100), 50).flatten().numpy()
    assert stats.kstest(x, lambda t: np.sqrt((np.clip(t, -1, 1) + 1) / 2)).pvalue > 0.01


def test_clustered_inputs_stay_near_their_centres():
    x = data.clustered([0], 3000, clusters=3, spread=0.05)[0, :, 0]
    for k in range(3):  # samples take the clusters in turn
        own = x[k::3]
        assert own.std().item() == pytest.approx(0.05, rel=0.1)
        assert abs(own.mean()) < 0.95


def test_noise_and_labels_are_what_they_say():
    assert stats.kstest(data.noise(range(50), 20, 2).flatten().numpy(), "norm").pvalue > 0.01
    tossed = data.labels(range(200), 20)
    assert tossed.mean().item() == pytest.approx(0, abs=0.06)  # 3.8 standard errors


def test_digits_are_the_published_ones():
    """Counts of the ten classes in the UCI test part, and images that classes tell apart."""
    x, y = data.digits([0, 1], 1797)
    assert y[0].sum(0).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (x.min(), x.max()) == (0.0, 1.0)
    assert torch.equal(x * 16, (x * 16).round())
    assert not torch.equal(x[0], x[1])  # another order
    fewer, _ = data.digits([0], 10)
    assert torch.equal(fewer[0], x[0, :10])
    means = torch.stack([x[0][y[0, :, k] == 1].mean(0) for k in range(10)])
    nearest = torch.cdist(x[0], means).argmin(-1)
    assert (nearest == y[0].argmax(-1)).float().mean() > 0.85


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.generator(-1), "≥ 0, got -1"),
        (lambda: data.uniform([0], 0), "got samples=0"),
        (lambda: data.uniform([0], 1, 0), "dims=0"),
        (lambda: data.digits([0], 2000), "between 1 and 1797, got 2000"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("seed", [1.7, 1.0, True, np.float64(2), "1", None])
def test_a_seed_is_a_whole_number(seed):
    """Without the types that the tests check, as readers call it."""
    with pytest.raises(ValueError, match=r"a seed must be a whole number ≥ 0, got"):
        inspect.unwrap(data.generator)(seed, data.INPUTS)
    same = [inspect.unwrap(data.generator)(s).random() for s in (7, np.int64(7), np.uint8(7))]
    assert len({*same}) == 1
