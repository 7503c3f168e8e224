"""Energies of atoms, descents and reconstructions: closed forms, propositions, other libraries."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from protolib import data
from protolib.sparse import bridge, coding, scores


def _atoms(seed, m, n, nets=2):
    return torch.tensor(np.random.default_rng(seed).normal(size=(nets, m, n)))


def test_incoherence_equals_its_double_sum():
    A = _atoms(0, 4, 6)
    for net, value in zip(A, bridge.incoherence(A)):
        pairs = [(net[:, j] @ net[:, k]) ** 2 for j in range(6) for k in range(6) if j != k]
        assert value == pytest.approx(float(sum(pairs)) / 30)
    assert bridge.incoherence(_atoms(0, 4, 1)).tolist() == [0, 0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(1, 6), st.integers(2, 9))
def test_incoherence_shortens_every_atom_and_squares_with_its_norms(seed, m, n):
    """The two propositions on collapse."""
    A = _atoms(seed, m, n).requires_grad_()
    (slope,) = torch.autograd.grad(bridge.incoherence(A).sum(), A)
    with torch.no_grad():
        gram = A.mT @ A
        others = gram.square().sum(-1) - gram.diagonal(dim1=1, dim2=2).square()
        c = 1 / (n * (n - 1))
        assert torch.allclose((A * slope).sum(1), 4 * c * others)  # so −2 of it is ≤ 0
        norms = (A.square().sum(1) - 1).square().sum(-1)
        assert torch.allclose(bridge.gram_square(A), bridge.incoherence(A) + c * norms)
        assert (bridge.gram_square(A) >= c * max(n - m, 0) - 1e-12).all()


def test_a_tight_frame_is_a_minimum_of_the_square():
    frame = torch.linalg.qr(_atoms(0, 7, 3)).Q.mT  # three orthonormal rows
    assert torch.allclose(bridge.gram_square(frame), torch.tensor(4 / 42).double())
    assert torch.allclose(frame.square().sum((1, 2)), torch.tensor(3.0).double())


def test_a_minimum_of_the_square_may_hold_zero_atoms():
    """(I, 0): as low as any, with N − M atoms of length zero; only their mean square is fixed."""
    A = torch.cat([torch.eye(3), torch.zeros(3, 4)], dim=1).double()[None]
    assert torch.allclose(bridge.gram_square(A), torch.tensor(4 / 42).double())
    assert torch.allclose(A.square().sum((1, 2)), torch.tensor(3.0).double())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(1, 5), st.integers(0, 4))
def test_for_unit_columns_incoherence_is_the_frame_potential(seed, m, more):
    """Up to constants; least, N²/M, exactly for tight frames (Benedetto and Fickus 2003)."""
    n = m + more + 1
    A = coding.unit_columns(_atoms(seed, m, n))
    potential = (A.mT @ A).square().sum((1, 2))
    assert torch.allclose(potential, n * (n - 1) * bridge.incoherence(A) + n)
    apart = (A @ A.mT - n / m * torch.eye(m)).square().sum((1, 2))
    assert torch.allclose(potential - n**2 / m, apart)  # so zero where A Aᵀ = (N/M) I, and only


def test_incoherence_is_no_fence_for_orthogonal_atoms():
    """Orthogonal atoms pay nothing, so L1 inflates them whatever the weight of incoherence."""
    A = torch.eye(4).double()[None]
    fit = bridge.SparseFit(coding.mix(coding.sparse_codes([0], 30, 4, 2).double(), A), lam=0.1)
    values = [(fit(t * A) + 100 * bridge.incoherence(t * A)).item() for t in (1.0, 3.0, 30.0)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] / 10


def test_incoherence_alone_leaves_at_most_as_many_atoms_as_dimensions():
    path = bridge.descend(bridge.incoherence, _atoms(1, 3, 8), steps=1000, learning_rate=0.3)
    lengths = path.norm(dim=2)
    assert (lengths.diff(dim=0) <= 1e-9).all()
    assert ((lengths[-1] > 0.2).sum(-1) <= 3).all()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 99), st.floats(1.1, 5))
def test_longer_atoms_are_a_smaller_penalty(seed, t):
    """The proposition on inflation, at the minimum over codes."""
    A = coding.random_dictionary([seed], 4, 6, dtype=torch.float64)
    y = coding.mix(coding.sparse_codes([seed], 8, 6, 2, dtype=torch.float64), A)

    def energy(dictionary, lam):
        z = coding.fista(y, dictionary, lam=lam, steps=1000, nonnegative=True)
        return coding.lasso(z, y, dictionary, lam=lam).mean()

    assert energy(t * A, 0.1) == pytest.approx(energy(A, 0.1 / t).item(), abs=1e-6)
    assert energy(t * A, 0.1) < energy(A, 0.1)


def test_with_unit_norm_the_dictionary_is_found_and_without_it_atoms_inflate():
    A = coding.random_dictionary([0], 4, 6)
    y = coding.mix(coding.sparse_codes([0], 100, 6, 1), A)
    start, how = coding.random_dictionary([9], 4, 6), {"learning_rate": 2e-2, "adam": True}
    free, unit = (
        bridge.descend(bridge.SparseFit(y, lam=0.05), start, steps=400, constrain=c, **how)[-1]
        for c in (None, coding.unit_columns)
    )
    assert free.norm(dim=1).mean() > 2
    assert torch.allclose(unit.norm(dim=1), torch.ones(1, 6))
    assert scores.dictionary_recovery(unit, A) > 0.95 > scores.dictionary_recovery(start, A)


def test_descents_of_a_stack_do_not_mix_and_keep_their_stations():
    A = _atoms(2, 3, 5, nets=3)
    how = {"steps": 40, "learning_rate": 1e-2, "frames": 4}
    for adam in (False, True):
        together = bridge.descend(bridge.incoherence, A, adam=adam, **how)
        alone = bridge.descend(bridge.incoherence, A[1:2], adam=adam, **how)
        assert together.shape == (5, 3, 3, 5)
        assert torch.allclose(together[:, 1:2], alone)
    assert torch.equal(together[0], A)
    whole = bridge.descend(bridge.incoherence, A, constrain=coding.unit_columns, **how)
    assert torch.allclose(whole.norm(dim=2), torch.ones(5, 3, 5).double())
    with pytest.raises(ValueError, match="frames"):
        bridge.descend(bridge.incoherence, A, steps=3, learning_rate=0.1, frames=4)


def test_reconstructions_equal_their_loops():
    y, p = _atoms(3, 30, 4), _atoms(4, 7, 4)
    for net, points, found in zip(y, p, bridge.nearest(y, p)):
        for signal, answer in zip(net, found):
            assert torch.equal(answer, points[(points - signal).square().sum(-1).argmin()])
    A = _atoms(5, 4, 7)
    for net, atoms, found in zip(y, A, bridge.one_atom(y, A)):
        for signal, answer in zip(net, found):
            unit = atoms / atoms.norm(dim=0)
            best = min(
                (signal - max(float(signal @ unit[:, j]), 0.0) * unit[:, j]).norm()
                for j in range(7)
            )
            assert (signal - answer).norm() == pytest.approx(best.item())
    assert (bridge.unexplained(y, y) == 0).all()
    mean = y.mean(1, keepdim=True).expand_as(y)
    assert torch.allclose(bridge.unexplained(y, mean), torch.ones(2).double())


def test_k_means_and_principal_components_are_the_libraries():
    y = data.clustered([0], 60, 3, clusters=4, dtype=torch.float64)
    ours = bridge.unexplained(y, bridge.nearest(y, bridge.kmeans(y, 4, [0])))
    theirs = KMeans(4, n_init=10, random_state=0).fit(y[0].numpy())
    centres = torch.tensor(theirs.cluster_centers_)[None]
    assert ours <= bridge.unexplained(y, bridge.nearest(y, centres)) + 1e-9
    fresh = data.uniform([5], 10, 3, dtype=torch.float64)
    pca = PCA(2).fit(y[0].numpy())
    expected = pca.inverse_transform(pca.transform(fresh[0].numpy()))
    assert np.allclose(bridge.principal(y, 2, fresh)[0], expected)
    assert torch.allclose(bridge.principal(y, 3), y)


def test_kmeans_drops_no_net():
    y = torch.randn(3, 20, 2, generator=torch.Generator().manual_seed(0))
    assert len(bridge.kmeans(y, 4, [0, 1, 2])) == 3
    for seeds in ([0], [0, 1, 2, 3]):
        with pytest.raises(ValueError, match=f"one seed for each net, got {len(seeds)} for 3"):
            bridge.kmeans(y, 4, seeds)
    with pytest.raises(ValueError, match="units and restarts must be ≥ 1, got 0 and 5"):
        bridge.kmeans(y, 0, [0, 1, 2])
