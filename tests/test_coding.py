"""Sparse coding: against closed forms, brute force, other libraries and its own looped twins."""

import itertools
import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import Lasso

from protolib import data, streams
from protolib.sparse import coding, world

SIGNED_OR_NOT = pytest.mark.parametrize("nonnegative", [False, True])


def _world(seeds, samples, m, n, k, *, signed=False, dtype=torch.float64):
    """(dictionary, codes, signals)"""
    A = coding.random_dictionary(seeds, m, n, dtype=dtype)
    z = coding.sparse_codes(seeds, samples, n, k, signed=signed, dtype=dtype)
    return A, z, coding.mix(z, A)


def _matched_cosine(found, true):
    """mean |cos| of the best one-to-one assignment of columns, per net"""
    tables = (found.mT @ true).abs().numpy()
    return [t[linear_sum_assignment(-t)].mean() for t in tables]


# ------------------------------------------------------------------------------ the world


def test_dictionaries_have_unit_columns_and_codes_are_k_sparse():
    A, z, y = _world([0, 1], 50, 6, 10, 3)
    assert torch.allclose(A.norm(dim=1), torch.ones(2, 10).double())
    assert ((z > 0).sum(-1) == 3).all()
    assert (z >= 0).all()
    assert torch.allclose(y[1, 7], A[1] @ z[1, 7])
    signed = coding.sparse_codes([0], 200, 10, 3, signed=True)
    assert ((signed != 0).sum(-1) == 3).all()
    assert (signed < 0).any()
    unsigned = coding.sparse_codes([0], 200, 10, 3)
    assert torch.equal(signed.abs(), unsigned)


def test_blocks_forbid_combinations_and_keep_every_feature_as_frequent():
    z = coding.sparse_codes([0], 6000, 12, 2, blocks=3)[0] > 0
    together = z.T.float() @ z.float()
    block = torch.arange(12) // 4
    same = block[:, None] == block
    assert (together[~same] == 0).all()
    assert (together[same] > 0).all()
    share = z.float().mean(0)
    assert ((share - 2 / 12).abs() < 5 * (1 / 6 * 5 / 6 / 6000) ** 0.5).all()


def test_seeds_decide_and_not_the_size_of_the_stack():
    for draw in (
        lambda s: coding.random_dictionary(s, 4, 7),
        lambda s: coding.sparse_codes(s, 5, 8, 2, blocks=2),
    ):
        whole = draw([3, 1, 2])
        assert torch.equal(whole, draw([3, 1, 2]))
        assert torch.equal(whole[1:2], draw([1]))
        assert not torch.equal(whole[0], whole[1])


def test_streams_of_random_numbers_do_not_collide():
    """All keys stand in one place, and no generator gets a number that stands elsewhere."""
    keys = {name: value for name, value in vars(streams).items() if name.isupper()}
    assert len(keys) >= 16
    assert len(set(keys.values())) == len(keys)
    package = Path(streams.__file__).parent
    used = set()
    for path in [*package.rglob("*.py"), package.parent / "tools" / "make_keys.py"]:
        text = path.read_text(encoding="utf-8")
        called = {*re.findall(r"(?:generator|drawn)\(\w+, (?:\w+\.)*([A-Z]\w*)", text)}
        assert called <= {*keys}, path
        used |= called
        own = re.search(rf"^({'|'.join(keys)})\b.* = (?:\d|range)", text, re.MULTILINE)
        assert path.name == "streams.py" or not own, path
    assert used == {*keys}


# ------------------------------------------------------------------------------ the lasso


@SIGNED_OR_NOT
def test_soft_threshold_minimises_its_definition(nonnegative):
    v = torch.linspace(-3, 3, 25).double()
    grid = torch.linspace(0 if nonnegative else -4, 4, 8001 - 4000 * nonnegative).double()
    cost = 0.5 * (grid - v[:, None]).square() + 0.7 * grid.abs()
    found = coding.soft_threshold(v, 0.7, nonnegative=nonnegative)
    assert torch.allclose(found, grid[cost.argmin(-1)], atol=1e-3)


def test_soft_threshold_passes_gradcheck():
    v = torch.tensor([-2.0, -0.3, 0.4, 1.5]).double().requires_grad_()
    for nonnegative in (False, True):
        assert torch.autograd.gradcheck(
            lambda t, n=nonnegative: coding.soft_threshold(t, 0.5, nonnegative=n), v
        )


@SIGNED_OR_NOT
def test_an_orthonormal_dictionary_has_a_closed_form(nonnegative):
    Q = torch.linalg.qr(coding.random_dictionary([0, 1], 6, 6, dtype=torch.float64)).Q
    y = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0)).double()
    expected = coding.soft_threshold(y @ Q, 0.3, nonnegative=nonnegative)
    for solve in (coding.ista, coding.fista):
        found = solve(y, Q, lam=0.3, steps=30, nonnegative=nonnegative)
        assert torch.allclose(found, expected, atol=1e-12)


@SIGNED_OR_NOT
@pytest.mark.parametrize("solve", [coding.ista, coding.fista])
def test_both_solvers_agree_with_scikit_learn(solve, nonnegative):
    A, _, y = _world([0, 1], 4, 8, 12, 2, signed=not nonnegative)
    found = solve(y, A, lam=0.05, steps=4000, nonnegative=nonnegative)
    for r, i in itertools.product(range(2), range(4)):
        # scikit-learn minimises ‖·‖²/(2n) + α ‖z‖₁ over n measurements
        other = Lasso(
            alpha=0.05 / 8, fit_intercept=False, positive=nonnegative, tol=1e-12, max_iter=100_000
        ).fit(A[r].numpy(), y[r, i].numpy())
        assert found[r, i].numpy() == pytest.approx(other.coef_, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.booleans(), st.sampled_from([0.02, 0.1, 1.0]))
def test_minima_satisfy_the_kkt_conditions_and_others_do_not(seed, nonnegative, lam):
    A, _, y = _world([seed], 3, 6, 9, 2, signed=True)
    best = coding.fista(y, A, lam=lam, steps=3000, nonnegative=nonnegative)
    rest = coding.kkt_residual(best, y, A, lam=lam, nonnegative=nonnegative)
    assert rest.max() < 1e-5
    assert (coding.kkt_residual(best + 0.01, y, A, lam=lam, nonnegative=nonnegative) > 1e-3).all()
    # no random neighbour is lower
    noise = data.generator(seed, 0).standard_normal((50, *best.shape)) * 1e-2
    near = (best + torch.tensor(noise)).clamp(min=0 if nonnegative else -torch.inf)
    floor = coding.lasso(best, y, A, lam=lam)
    for other in near:
        assert (coding.lasso(other, y, A, lam=lam) >= floor - 1e-9).all()


def test_kkt_charges_negative_entries_where_none_are_allowed():
    A, y = torch.eye(2)[None], torch.tensor([[[-3.0, 0.5]]])
    negative = torch.tensor([[[-2.0, 0.0]]])
    assert coding.kkt_residual(negative, y, A, lam=1.0).item() == 0
    assert coding.kkt_residual(negative, y, A, lam=1.0, nonnegative=True).item() == 2
    assert coding.kkt_residual(0 * negative, y, A, lam=1.0, nonnegative=True).item() == 0


def test_the_lasso_is_its_definition():
    A, z, y = _world([0, 1], 3, 4, 6, 2)
    shifted = z + 0.1
    found = coding.lasso(shifted, y, A, lam=0.2)
    for r, i in itertools.product(range(2), range(3)):
        error = y[r, i] - A[r] @ shifted[r, i]
        assert found[r, i].item() == pytest.approx(
            0.5 * sum(e**2 for e in error.tolist()) + 0.2 * sum(map(abs, shifted[r, i].tolist()))
        )


def test_ista_never_climbs_and_fista_needs_fewer_steps():
    A, _, y = _world([0, 1, 2], 10, 16, 32, 3)
    paths = {
        solve: solve(y, A, lam=0.02, steps=300, nonnegative=True, path=True)
        for solve in (coding.ista, coding.fista)
    }
    cost = {
        solve: torch.stack([coding.lasso(z, y, A, lam=0.02) for z in path])
        for solve, path in paths.items()
    }
    assert (cost[coding.ista].diff(dim=0) <= 1e-12).all()
    exact = coding.fista(y, A, lam=0.02, steps=5000, nonnegative=True)
    floor = coding.lasso(exact, y, A, lam=0.02)
    steps = {s: ((c - floor) > 1e-5).sum(0).double().mean().item() for s, c in cost.items()}
    assert steps[coding.fista] < steps[coding.ista]
    last = coding.fista(y, A, lam=0.02, steps=300, nonnegative=True)
    assert torch.equal(paths[coding.fista][-1], last)
    assert len(paths[coding.ista]) == 301


@SIGNED_OR_NOT
def test_a_stack_equals_a_loop_over_nets(nonnegative):
    A, z, y = _world([0, 1, 2], 5, 6, 10, 2)
    whole = coding.fista(y, A, lam=0.1, steps=50, nonnegative=nonnegative, start=z)
    for r in range(3):
        own = slice(r, r + 1)
        alone = coding.fista(
            y[own], A[own], lam=0.1, steps=50, nonnegative=nonnegative, start=z[own]
        )
        assert torch.allclose(whole[own], alone, atol=1e-13)
    assert torch.allclose(
        coding.lipschitz(A), torch.stack([torch.linalg.eigvalsh(a.T @ a)[-1] for a in A])
    )


# ------------------------------------------------------------------------------ exact recovery


def _sparsest(A, y, active):
    """The code with fewest non-zeros that explains y, by trying all supports."""
    for count in range(1, active + 1):
        for support in itertools.combinations(range(A.shape[1]), count):
            part, *_ = np.linalg.lstsq(A[:, support], y, rcond=None)
            if np.linalg.norm(A[:, support] @ part - y) < 1e-9:
                z = np.zeros(A.shape[1])
                z[list(support)] = part
                return z
    return None


def test_below_the_transition_l1_finds_what_brute_force_finds():
    A, z, y = _world([0, 1, 2], 4, 8, 10, 2, signed=True)
    assert coding.statistical_dimension(10, 2) < 8
    found = coding.basis_pursuit(y, A)
    agree = []
    for r, i in itertools.product(range(3), range(4)):
        sparsest = _sparsest(A[r].numpy(), y[r, i].numpy(), 2)
        assert sparsest == pytest.approx(z[r, i].numpy(), abs=1e-8)
        agree.append(np.allclose(found[r, i], sparsest, atol=1e-6))
    assert np.mean(agree) >= 0.8


@SIGNED_OR_NOT
def test_the_linear_programme_succeeds_where_it_must_and_fails_where_it_must(nonnegative):
    A, z, y = _world([0, 1], 5, 16, 20, 1, signed=not nonnegative)
    found = coding.basis_pursuit(y, A, nonnegative=nonnegative)
    assert coding.recovered(found, z).all()
    A, z, y = _world([0, 1], 5, 10, 20, 20, signed=not nonnegative)
    dense = coding.basis_pursuit(y, A, nonnegative=nonnegative)
    assert not coding.recovered(dense, z).any()
    assert torch.allclose(coding.mix(dense, A), y, atol=1e-6)
    assert (dense.abs().sum(-1) <= z.abs().sum(-1) + 1e-6).all()
    assert ((dense.abs() > 1e-9).sum(-1) <= 10).all()  # a vertex: at most M non-zeros


def test_what_no_code_explains_is_not_a_number_and_not_recovered():
    A = coding.unit_columns(torch.tensor([[[1.0, 2.0], [1.0, 1.0]]]))
    found = coding.basis_pursuit(torch.tensor([[[-1.0, 0.0]]]), A, nonnegative=True)
    assert torch.isnan(found).all()
    assert not coding.recovered(found, torch.ones(1, 1, 2)).any()


@SIGNED_OR_NOT
def test_the_statistical_dimension_bounds_its_monte_carlo_value(nonnegative):
    """δ = E min_t dist²(g, t ∂‖x‖₁), with the minimum inside; the formula exchanges the two."""
    n, k, draws = 40, 5, 3000
    g = np.random.default_rng(0).standard_normal((draws, n))
    t = np.linspace(0, 4, 201)[:, None]
    on = ((g[:, None, :k] - t) ** 2).sum(-1)
    off = g[:, k:] if nonnegative else np.abs(g[:, k:])
    beyond = np.stack([(np.maximum(off - step, 0) ** 2).sum(-1) for step in t[:, 0]], axis=1)
    inside = (on + beyond).min(1).mean()
    bound = coding.statistical_dimension(n, k, nonnegative=nonnegative)
    assert inside <= bound <= inside + 2 * (n / k) ** 0.5


def test_the_statistical_dimension_has_its_limits_and_grows_with_k():
    for nonnegative in (False, True):
        values = [coding.statistical_dimension(64, k, nonnegative=nonnegative) for k in range(65)]
        assert values[0] == 0
        assert values[64] == 64
        assert all(a < b for a, b in itertools.pairwise(values[: 64 if nonnegative else 65]))
    assert coding.statistical_dimension(64, 8, nonnegative=True) < (
        coding.statistical_dimension(64, 8)
    )
    # nothing but the share matters
    assert coding.statistical_dimension(128, 16) == pytest.approx(
        2 * coding.statistical_dimension(64, 8)
    )


def test_recovery_changes_where_the_statistical_dimension_says():
    n, k = 24, 3
    centre = round(coding.statistical_dimension(n, k))
    share = []
    for m in (centre - 6, centre + 6):
        A, z, y = _world(range(10), 3, m, n, k, signed=True)
        share.append(coding.recovered(coding.basis_pursuit(y, A), z).double().mean().item())
    assert share[0] < 0.3
    assert share[1] > 0.7


# ------------------------------------------------------------------------------ spark, coherence


def _dictionary(seed):
    """A small dictionary with more columns than rows; every second one full of dependencies."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 6))
    n = m + int(rng.integers(1, 4))
    A = rng.integers(-1, 2, size=(m, n)) if seed % 2 else rng.normal(size=(m, n))
    A = A + 0.0
    A[rng.integers(m), ~A.any(axis=0)] = 1.0  # no column of zeros
    return coding.unit_columns(torch.tensor(A)[None])


def _fitting(A, y, count):
    """All codes with at most `count` non-zeros that explain y, by trying all supports."""
    found = []
    for size in range(count + 1):
        for support in itertools.combinations(range(A.shape[1]), size):
            z = np.zeros(A.shape[1])
            if size:
                z[[*support]] = np.linalg.lstsq(A[:, support], y)[0]
            new = all(np.abs(z - other).max() > 1e-6 for other in found)
            if np.linalg.norm(A @ z - y) < 1e-9 and new:
                found.append(z)
    return found


def test_spark_and_coherence_of_dictionaries_that_are_known():
    identity = torch.eye(4, dtype=torch.float64)
    signs = torch.tensor([[1.0, 1], [1, -1]], dtype=torch.float64)
    hadamard = torch.kron(signs, signs) / 2
    both = torch.cat([identity, hadamard], dim=1)[None]
    assert coding.coherence(both).tolist() == pytest.approx([0.5])
    assert coding.spark(both) == [4]  # two spikes are two waves; the bound says 3 or more
    assert coding.spark(identity[None]) == [5]
    assert coding.coherence(identity[None]).tolist() == [0]
    copies = torch.tensor([[[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]])
    assert coding.spark(copies) == [2]
    assert coding.coherence(copies).tolist() == [1]
    assert coding.spark(torch.tensor([[[0.0, 1.0], [0.0, 0.0]]])) == [1]
    A = coding.random_dictionary([0, 1, 2], 5, 9, dtype=torch.float64)
    assert coding.spark(A) == [6, 6, 6]
    with pytest.raises(ValueError, match="too many sets"):
        coding.spark(coding.random_dictionary([0], 30, 60))


@given(seed=st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_spark_is_the_smallest_dependent_set_and_coherence_bounds_it(seed):
    A = _dictionary(seed)
    (spark,), mu = coding.spark(A), coding.coherence(A).item()
    columns = A[0].numpy()
    ranks = {
        size: min(
            np.linalg.matrix_rank(columns[:, support], tol=1e-6)
            for support in itertools.combinations(range(columns.shape[1]), size)
        )
        for size in range(1, columns.shape[0] + 2)
    }
    assert spark == min(size for size, rank in ranks.items() if rank < size)
    assert spark >= 1 + 1 / mu - 1e-9


@given(seed=st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_below_half_the_spark_a_code_is_the_only_one_and_from_there_on_it_need_not_be(seed):
    A = _dictionary(seed)
    (spark,), columns = coding.spark(A), A[0].numpy()
    rng, n = np.random.default_rng(seed), columns.shape[1]
    unique = (spark - 1) // 2  # the largest K with K < spark/2
    if unique:
        z = np.zeros(n)
        z[rng.choice(n, unique, replace=False)] = rng.normal(size=unique)
        (only,) = _fitting(columns, columns @ z, unique)
        assert only == pytest.approx(z, abs=1e-6)
    for support in itertools.combinations(range(n), spark):  # a dependency, cut in two halves
        values, null = np.linalg.svd(columns[:, support])[1:]
        if len(values) == spark and values[-1] > 1e-6:
            continue
        h = np.zeros(n)
        h[[*support]] = null[-1]
        first = np.where(np.isin(np.arange(n), support[: unique + 1]), h, 0.0)
        assert columns @ first == pytest.approx(columns @ (first - h), abs=1e-6)
        assert max(np.count_nonzero(np.abs(c) > 1e-9) for c in (first, first - h)) <= unique + 1
        break


@given(seed=st.integers(0, 100_000), nonnegative=st.booleans())
@settings(max_examples=25, deadline=None)
def test_what_coherence_promises_l1_keeps(seed, nonnegative):
    """K < (1 + 1/μ)/2 on spikes and turned waves (K up to 2), and on random dictionaries."""
    signs = torch.tensor([[1.0, 1], [1, -1]], dtype=torch.float64)
    waves = torch.kron(torch.kron(signs, signs), torch.kron(signs, signs)) / 4
    spikes = torch.cat([torch.eye(16, dtype=torch.float64), waves], dim=1)[None]
    for A in (spikes, coding.random_dictionary([seed], 24, 30, dtype=torch.float64)):
        # the largest whole number below (1 + 1/μ)/2
        K = math.ceil((1 + 1 / coding.coherence(A).item()) / 2 - 1e-9) - 1
        assert A is not spikes or K == 2
        z = coding.sparse_codes([seed], 5, A.shape[2], K, signed=not nonnegative, dtype=A.dtype)
        found = coding.basis_pursuit(coding.mix(z, A), A, nonnegative=nonnegative)
        assert coding.recovered(found, z).all()


# ------------------------------------------------------------------------------ linear read-outs


def test_ridge_solves_its_normal_equations():
    _, z, y = _world([0, 1], 40, 4, 6, 2)
    weights = coding.ridge(y, z, penalty=0.3).requires_grad_()
    cost = (z - coding.read(y, weights)).square().sum() + 0.3 * weights[:, :-1].square().sum()
    cost.backward()
    assert weights.grad.abs().max() < 1e-10


# ------------------------------------------------------------------------------ dictionaries


def test_a_planted_dictionary_is_found_with_unit_columns_throughout():
    A, _, y = _world([0, 1], 600, 8, 12, 2)
    found = coding.learn_dictionary(
        y, 12, [0, 1], lam=0.1, rounds=60, steps=10, restarts=4, nonnegative=True
    )
    assert torch.allclose(found.dictionary.norm(dim=1), torch.ones(2, 12).double())
    assert min(_matched_cosine(found.dictionary, A)) > 0.95
    assert found.curve.shape == (2, 60)
    assert (found.curve[:, -1] < found.curve[:, 0]).all()


def test_dead_and_repeated_atoms_are_revived():
    A, _, y = _world([0], 400, 6, 6, 1)
    start = A.clone()
    start[..., 3] = start[..., 2]  # a twin
    start[..., 4] = -y.sum(1)  # points away from everything: nobody uses it
    found = coding.learn_dictionary(
        y, 6, [0], lam=0.05, rounds=80, steps=20, nonnegative=True, start=start
    )
    assert min(_matched_cosine(found.dictionary, A)) > 0.99


def test_nothing_to_learn_stays_finite():
    zeros = torch.zeros(1, 20, 4)
    found = coding.learn_dictionary(zeros, 6, [0], lam=0.1, rounds=6)
    assert torch.isfinite(found.dictionary).all()
    _, _, y = _world([0], 20, 4, 6, 2)
    silent = coding.learn_dictionary(y, 6, [0], lam=1e3, rounds=6, nonnegative=True)
    assert torch.allclose(silent.dictionary.norm(dim=1), torch.ones(1, 6).double())


def test_restarts_never_make_the_objective_worse_and_stacks_equal_loops():
    _, _, y = _world([0, 1], 100, 6, 9, 2)
    settings = {"lam": 0.1, "rounds": 15, "steps": 10, "nonnegative": True}
    one = coding.learn_dictionary(y, 9, [0, 1], **settings)
    more = coding.learn_dictionary(y, 9, [0, 1], restarts=3, **settings)
    assert (more.curve[:, -1] <= one.curve[:, -1] + 1e-12).all()
    for r in range(2):
        alone = coding.learn_dictionary(y[r : r + 1], 9, [r], restarts=3, **settings)
        assert torch.allclose(more.dictionary[r], alone.dictionary[0], atol=1e-8)


# ------------------------------------------------------------------------------ encoders


@pytest.mark.parametrize("learn", [False, True])
def test_autoencoders_learn_alone_as_in_a_stack(learn):
    _, _, y = _world([0, 1], 200, 4, 8, 2)
    start = coding.random_dictionary([5, 6], 4, 8, dtype=torch.float64)
    lams = torch.tensor([0.05, 0.2]).double()
    settings = {"learn": learn, "steps": 120, "batch": 32}
    whole = coding.train_autoencoder(y, start, [0, 1], lam=lams, **settings)
    for r in range(2):
        alone = coding.train_autoencoder(
            y[r : r + 1], start[r : r + 1], [r], lam=lams[r].item(), **settings
        )
        for one, other in zip(whole, alone):
            assert torch.allclose(one[r], other[0], atol=1e-9)
    assert torch.allclose(whole.dictionary.norm(dim=1), torch.ones(2, 8).double())
    assert torch.allclose(whole.dictionary, start, atol=1e-9) is not learn


def test_training_an_autoencoder_lowers_the_lasso():
    A, z, y = _world([0, 1], 500, 6, 10, 2)
    before = coding.Autoencoder(A.mT, torch.zeros(2, 10).double(), A)
    after = coding.train_autoencoder(y, A, [0, 1], lam=0.1, steps=400)
    cost = [coding.lasso(coding.encode(net, y), y, A, lam=0.1).mean(-1) for net in (before, after)]
    assert (cost[1] < cost[0]).all()
    floor = coding.lasso(
        coding.fista(y, A, lam=0.1, steps=1000, nonnegative=True), y, A, lam=0.1
    ).mean(-1)
    assert (floor < cost[1]).all()  # the amortisation gap, in the objective itself
    taught = coding.train_autoencoder(y, A, [0, 1], lam=0.1, codes=z, steps=400)
    miss = [(coding.encode(net, y) - z).square().mean() for net in (after, taught)]
    assert miss[1] < miss[0]


def test_untrained_lista_is_ista_and_training_improves_it():
    A, z, y = _world([0, 1], 300, 6, 10, 2)
    start = coding.lista_start(A, lam=0.1, layers=5)
    for nonnegative in (False, True):
        same = coding.ista(y, A, lam=0.1, steps=5, nonnegative=nonnegative)
        assert torch.allclose(coding.run_lista(start, y, nonnegative=nonnegative), same)
    settings = {"lam": 0.1, "layers": 5, "nonnegative": True, "steps": 150}
    net = coding.train_lista(y, A, [0, 1], **settings)
    cost = [
        coding.lasso(coding.run_lista(n, y, nonnegative=True), y, A, lam=0.1).mean(-1)
        for n in (start, net)
    ]
    assert (cost[1] < cost[0]).all()
    alone = coding.train_lista(y[1:], A[1:], [1], **settings)
    assert torch.allclose(net.mutual[1], alone.mutual[0], atol=1e-9)
    taught = coding.train_lista(y, A, [0, 1], codes=z, **settings)
    miss = [(coding.run_lista(n, y, nonnegative=True) - z).square().mean() for n in (start, taught)]
    assert miss[1] < miss[0]


def test_encoder_and_lista_pass_gradcheck():
    A, _, y = _world([0], 2, 3, 4, 1)
    W = (A.mT + 0.1).clone().requires_grad_()
    b = torch.full((1, 4), 0.05).double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda W, b: coding.encode(coding.Autoencoder(W, b, A), y), (W, b)
    )
    *leaves, _ = coding.lista_start(A, lam=0.03, layers=3)
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]
    assert torch.autograd.gradcheck(
        lambda *leaves: coding.run_lista(coding.Lista(*leaves, 3), y), leaves
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.integers(2, 4))
def test_no_affine_relu_encoder_inverts_sparse_codes(seed, k):
    """The proposition's step: exact on all supports of size K forces W A = I, of rank ≤ M < N."""
    n, m = 6, 4
    A = coding.random_dictionary([seed], m, n, dtype=torch.float64)[0]
    # where the code is positive, the ReLU is open: w_i·(A s) + b_i = s_i, linear in (w_i, b_i)
    rng = data.generator(seed, 0)
    rows, right = [], []
    for support in itertools.combinations(range(n), k):
        if 0 in support:
            s = np.zeros((k + 1, n))
            s[:, support] = rng.uniform(1, 2, (k + 1, k))
            rows.append(np.hstack([s @ A.numpy().T, np.ones((k + 1, 1))]))
            right.append(s[:, 0])
    rows, right = np.vstack(rows), np.concatenate(right)
    best, *_ = np.linalg.lstsq(rows, right, rcond=None)
    assert np.abs(rows @ best - right).max() > 1e-6


# ------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: coding.sparse_codes([0], 3, 6, 4, blocks=2), "blocks of equal size"),
        (lambda: coding.sparse_codes([0], 3, 6, 1, blocks=4), "blocks of equal size"),
        (lambda: coding.sparse_codes([0], 3, 6, 0), "blocks of equal size"),
        (lambda: coding.statistical_dimension(4, 5), "0 ≤ active ≤ features"),
        (
            lambda: coding.ista(torch.ones(1, 1, 2), torch.ones(1, 2, 3), lam=-1.0, steps=1),
            "lam must be ≥ 0",
        ),
        (
            lambda: coding.learn_dictionary(torch.ones(2, 3, 2), 3, [0], lam=0.1),
            "one seed for each net",
        ),
        (
            lambda: coding.train_autoencoder(
                torch.ones(1, 3, 2), torch.ones(1, 2, 3), [0, 1], lam=0.1
            ),
            "one seed for each net",
        ),
        (
            lambda: coding.train_lista(
                torch.ones(1, 3, 2), torch.ones(1, 2, 3), [0], lam=0.1, layers=0
            ),
            "layers must be ≥ 1",
        ),
    ],
)
def test_bad_input_is_named(call, words):
    with warnings.catch_warnings(), pytest.raises(ValueError, match=words):
        call()


def test_shapes_that_disagree_are_named():
    with pytest.raises(ValueError, match="expected signals"):
        world.check(torch.ones(1, 3, 2), torch.ones(1, 3, 3))
