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


def _csv(folder, text, encoding="utf-8"):
    path = folder / "own.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_table_of_ones_own_becomes_samples(tmp_path):
    path = _csv(tmp_path, "a, y ,b\r\n1,5,10\r\n\r\n3,6,30\r\n2,7,20\r\n", "utf-8-sig")
    x, y = data.from_csv(path, rescale=False)
    assert x.tolist() == [[[1, 10], [3, 30], [2, 20]]]
    assert y.tolist() == [[5, 6, 7]]
    x, y = data.from_csv(path, "b", dtype=torch.float64)
    assert x.tolist() == [[[-1, -1], [1, 0], [0, 1]]]
    assert y.tolist() == [[-1, 1, 0]]
    written = "y,x\n" + "\n".join(f"{n},{n}" for n in range(data.MOST_ROWS))
    assert data.from_csv(_csv(tmp_path, written))[0].shape == (1, data.MOST_ROWS, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("x;y\n1;2\n", "found semicolons"),
        ("1,2\n3,4\n5,6\n", "names of the columns"),
        ("x,\n3,4\n5,6\n", "names of the columns"),
        ("x,x,y\n1,2,3\n4,5,6\n", "same name"),
        ("x,z\n1,2\n3,4\n", "a column 'y', the target; found .'x', 'z'"),
        ("y\n1\n2\n", "1 to 64 inputs beside 'y', got 0"),
        (",".join(f"x{n}" for n in range(65)) + ",y\n", "1 to 64 inputs beside 'y', got 65"),
        ("x,y\n1,2\n", "2 to 2000 samples, got 1"),
        ("x,y\n" + "1,2\n" * 2001, "2 to 2000 samples, got 2001"),
        ("x,y\n1,2\n3\n", "line 3: expected 2 values, got 1"),
        ("x,y\n1,2\n3,four\n", "line 3, column 'y': expected a number, got 'four'"),
        ("x,y\n1,2\nnan,4\n", "line 3, column 'x': expected a number, got 'nan'"),
        ("x,y\n1,2\n1,4\n", "every value of 'x' is the same"),
    ],
)
def test_a_bad_table_is_refused_by_line_and_column(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        data.from_csv(_csv(tmp_path, text))


def test_a_table_that_is_no_text_or_no_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        data.from_csv(tmp_path)
    with pytest.raises(ValueError, match="UTF-8"):
        data.from_csv(_csv(tmp_path, "größe,y\n1,2\n", "latin-1"))
