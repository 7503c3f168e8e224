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


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.generator(-1), "≥ 0, got -1"),
        (lambda: data.uniform([0], 0), "got samples=0"),
        (lambda: data.uniform([0], 1, 0), "dims=0"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
