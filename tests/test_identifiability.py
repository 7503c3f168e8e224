"""The cluster-centric world and its classifier: draws, mixing, training, and the theorem itself."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import special, stats

from protolib import data, streams
from protolib.sparse import identifiability as ident
from protolib.sparse import scores

SMALL = ident.World(dims=3, classes=6)
QUICK = ident.Training(widths=(16, 16), outputs=3, steps=20, batch=64)


def _random(seed=0):
    return data.generator(seed, streams.GENERATIVE)


# ------------------------------------------------------------------------------ the sphere


@pytest.mark.parametrize("dims", [2, 3, 5])
@pytest.mark.parametrize("kappa", [0.0, 1.0, 10.0, 300.0])
def test_draws_have_scipys_distribution(dims, kappa):
    """The part along the centre, and the mean; the rest is even around the centre."""
    count = 4000
    centre = np.zeros(dims)
    centre[-1] = 1.0
    z = ident.von_mises_fisher(np.tile(centre, (count, 1)), kappa, _random())
    assert np.allclose((z**2).sum(-1), 1)
    if kappa == 0:
        twin = np.random.default_rng(0).normal(size=(count, dims))
        twin /= np.linalg.norm(twin, axis=-1, keepdims=True)
    else:
        twin = stats.vonmises_fisher(centre, kappa, seed=0).rvs(count)
        mean = special.ive(dims / 2, kappa) / special.ive(dims / 2 - 1, kappa)
        assert z[:, -1].mean() == pytest.approx(mean, abs=4 * z[:, -1].std() / math.sqrt(count))
    assert stats.ks_2samp(z[:, -1], twin[:, -1]).pvalue > 1e-3
    assert stats.ks_2samp(z[:, 0], twin[:, 0]).pvalue > 1e-3
    around = z[:, :-1].mean(0)
    assert np.abs(around).max() < 4 / math.sqrt(count)


def test_every_sample_has_its_own_centre_and_concentration():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3000, 4))
    centres /= np.linalg.norm(centres, axis=-1, keepdims=True)
    kappa = np.where(np.arange(3000) < 1500, 2.0, 200.0)
    along = (ident.von_mises_fisher(centres, kappa, _random()) * centres).sum(-1)
    for part, value in ((along[:1500], 2.0), (along[1500:], 200.0)):
        mean = special.ive(2, value) / special.ive(1, value)
        assert part.mean() == pytest.approx(mean, abs=4 * part.std() / math.sqrt(1500))


def test_bad_centres_are_named():
    with pytest.raises(ValueError, match="length 1"):
        ident.von_mises_fisher(np.ones((2, 3)), 1.0, _random())
    with pytest.raises(ValueError, match="two dimensions"):
        ident.von_mises_fisher(np.ones((2, 1)), 1.0, _random())
    with pytest.raises(ValueError, match="κ ≥ 0"):
        ident.von_mises_fisher(np.eye(3), -1.0, _random())


# ------------------------------------------------------------------------------ the world


def test_the_mixing_is_well_conditioned_and_invertible():
    matrices = ident.mixing([0, 1], ident.World(condition=4.0))
    singular = torch.linalg.svdvals(matrices)
    assert torch.allclose(singular[..., 0], torch.tensor(2.0, dtype=torch.float64))
    assert torch.allclose(singular[..., -1], torch.tensor(0.5, dtype=torch.float64))
    assert torch.allclose(singular.prod(-1), torch.tensor(1.0, dtype=torch.float64))
    z = torch.tensor(np.random.default_rng(0).normal(size=(2, 50, 5)))
    x = ident.mix(z, matrices)
    assert torch.allclose(ident.unmix(x, matrices), z, atol=1e-12)
    looped = torch.stack([ident.mix(z[r : r + 1], matrices[r : r + 1])[0] for r in range(2)])
    assert torch.allclose(x, looped)
    # and it is not linear: no linear map explains it
    assert scores.linear_r2(x, z).max() < 0.999
    assert torch.equal(ident.mix(z, matrices[:, :0]), z)


def test_data_of_a_world():
    world = ident.World(dims=4, classes=7)
    train, test = ident.draw([3], 3000, world), ident.draw([3], 3000, world, part=1)
    assert torch.allclose(train.latents.norm(dim=-1), torch.tensor(1.0), atol=1e-6)
    counts = torch.bincount(train.labels[0], minlength=7)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    # latents lie around their class, and in both parts around the same one
    centres = ident.directions([3], world)[0].float()
    for part in (train, test):
        means = torch.stack([part.latents[0, part.labels[0] == c].mean(0) for c in range(7)])
        assert (torch.nn.functional.cosine_similarity(means, centres) > 0.99).all()
    unmixed = ident.unmix(train.inputs.double(), ident.mixing([3], world))
    assert torch.allclose(unmixed.float(), train.latents, atol=1e-5)
    assert not torch.equal(train.latents, test.latents)


def test_a_world_does_not_depend_on_its_neighbours():
    alone, stack = ident.draw([5], 40, SMALL), ident.draw([2, 5], 40, SMALL)
    assert all(torch.equal(a[0], s[1]) for a, s in zip(alone, stack))


def test_shuffled_labels_are_a_share_of_all():
    world = dataclasses.replace(SMALL, shuffled=0.5)
    clean, noisy = ident.draw([0], 6000, SMALL), ident.draw([0], 6000, world)
    assert torch.equal(clean.latents, noisy.latents)
    kept = (clean.labels == noisy.labels).double().mean().item()
    assert kept == pytest.approx(0.5 + 0.5 / 6, abs=0.03)


def test_uneven_worlds_have_tight_and_wide_classes():
    world = dataclasses.replace(SMALL, uneven=10.0, classes=20)
    sample = ident.draw([0], 8000, world)
    centres = ident.directions([0], world)[0].float()
    along = (sample.latents[0] * centres[sample.labels[0]]).sum(-1)
    means = [along[sample.labels[0] == c].mean().item() for c in range(20)]
    assert max(means) > 0.95
    assert min(means) < 0.75


@pytest.mark.parametrize(
    "wrong",
    [{"dims": 1}, {"classes": 1}, {"concentration": -1.0}, {"uneven": 0.5}, {"shuffled": 2.0},
     {"condition": 0.5}, {"slope": 0.0}],
)  # fmt: skip
def test_impossible_worlds_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        ident.World(**wrong)


# ------------------------------------------------------------------------------ the classifier


def _looped(net, x, y, r, slope=0.2):
    """The cross-entropy of net r, sample by sample, with plain matrices."""
    total = 0.0
    for xi, yi in zip(x[r], y[r]):
        h = xi
        for place, (weight, bias) in enumerate(zip(net.weights, net.biases)):
            if place:
                h = torch.where(h > 0, h, slope * h)
            h = h @ weight[r] + bias[r, 0]
        z = h @ net.head[r] + net.head_bias[r, 0]
        total += (torch.logsumexp(z, 0) - z[yi]).item()
    return total / len(y[r])


def test_the_loss_of_a_stack_equals_a_loop_over_samples():
    sample = ident.draw([0, 1], 30, SMALL)
    net = ident.initialise([0, 1], 3, 6, QUICK)
    for bias in (*net.biases, net.head_bias):
        bias += 0.1 * torch.arange(bias.shape[-1])
    found = ident.cross_entropy(net, sample.inputs, sample.labels)
    for r in range(2):
        expected = _looped(net, sample.inputs, sample.labels, r)
        assert found[r].item() == pytest.approx(expected, rel=1e-5)


def test_networks_never_mix():
    seeds = [0, 1, 2]
    sample = ident.draw(seeds, 200, SMALL)
    stack = ident.train(seeds, sample, 6, QUICK)
    for r in seeds:
        own = ident.Sample(*(tensor[r : r + 1] for tensor in sample))
        alone = ident.train([r], own, 6, QUICK)
        for a, s in zip((*alone.weights, alone.head), (*stack.weights, stack.head)):
            # float32: twenty steps of Adam, batched products rounded in another order
            assert torch.allclose(a[0], s[r], atol=2e-4)
    net = ident.initialise(seeds, 3, 6, QUICK)
    net.head.requires_grad_()
    ident.cross_entropy(net, sample.inputs, sample.labels)[0].backward()
    assert net.head.grad[0].abs().max() > 0
    assert (net.head.grad[1:] == 0).all()


def test_training_leaves_its_start_alone_and_repeats_itself():
    sample = ident.draw([0], 200, SMALL)
    one, other = (ident.train([0], sample, 6, QUICK) for _ in range(2))
    assert torch.equal(one.head, other.head)
    assert not one.head.requires_grad
    assert (one.head_bias == 0).all()
    biased = ident.train([0], sample, 6, dataclasses.replace(QUICK, head_bias=True))
    assert (biased.head_bias != 0).any()


def test_an_untrained_classifier_knows_nothing():
    sample = ident.draw([0, 1, 2], 2000, SMALL)
    net = ident.initialise([0, 1, 2], 3, 6)
    loss = ident.cross_entropy(net, sample.inputs, sample.labels)
    assert loss.mean().item() == pytest.approx(math.log(6), abs=0.1)
    codes = ident.encode(net, sample.inputs)
    assert 0.3 < codes.std() < 3  # what passes through keeps its size


def test_bad_data_are_named():
    sample = ident.draw([0, 1], 20, SMALL)
    with pytest.raises(ValueError, match="one per seed"):
        ident.train([0], sample, 6, QUICK)
    with pytest.raises(ValueError, match="labels must be"):
        ident.train([0, 1], sample, 2, QUICK)
    with pytest.raises(ValueError, match="steps"):
        ident.Training(steps=0)


# ------------------------------------------------------------------------------ the theorem


def test_centred_logits_of_the_posterior_are_linear_in_the_latent():
    """log p(c | z), less its mean over classes, is κ (v_c − v̄)·z, whatever the normaliser."""
    world = ident.World(dims=3, classes=5, concentration=7.0)
    centres = ident.directions([0], world)[0].numpy()
    z = ident.draw([0], 50, world).latents[0].double().numpy()
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    density = np.stack([stats.vonmises_fisher(v, 7.0).pdf(z) for v in centres], axis=-1)
    log_posterior = np.log(density / density.sum(-1, keepdims=True))
    centred = log_posterior - log_posterior.mean(-1, keepdims=True)
    assert centred == pytest.approx(7.0 * z @ (centres - centres.mean(0)).T, abs=1e-9)


def test_a_minimiser_gives_the_latents_back_by_the_formula():
    """z = (1/κ) Ṽ⁺ W̃ f(x) for f = A⁻¹z and W = κVA, and no other classifier scores better."""
    world = ident.World(dims=3, classes=8, concentration=5.0)
    sample = ident.draw([0], 4000, world)
    z, labels = sample.latents.double(), sample.labels
    centres = ident.directions([0], world)
    a = torch.tensor(np.random.default_rng(0).normal(size=(3, 3)))
    codes, head = z @ torch.linalg.inv(a).mT, 5.0 * centres @ a
    centred = head - head.mean(1, keepdim=True)
    spread = centres - centres.mean(1, keepdim=True)
    back = codes @ centred.mT @ torch.linalg.pinv(spread).mT / 5.0
    assert torch.allclose(back, z, atol=1e-9)
    best = torch.nn.functional.cross_entropy((codes @ head.mT)[0], labels[0])
    for seed in range(5):
        other = head + 0.3 * torch.tensor(np.random.default_rng(seed).normal(size=head.shape))
        assert torch.nn.functional.cross_entropy((codes @ other.mT)[0], labels[0]) > best


def test_training_makes_latents_linear_and_leaves_them_rotated():
    world = ident.World(dims=3, classes=30, concentration=4.0)
    training = ident.Training(widths=(64, 64, 64), outputs=3, steps=1000, batch=256)
    sample, test = ident.draw([0], 20_000, world), ident.draw([0], 2000, world, part=1)
    start = ident.initialise([0], 3, 30, training)
    end = ident.train([0], sample, 30, training)
    before, after = (
        scores.linear_r2(ident.encode(net, test.inputs), test.latents).item()
        for net in (start, end)
    )
    raw = scores.linear_r2(test.inputs, test.latents).item()
    assert after > max(before, raw, 0.9)
    assert scores.mcc(ident.encode(end, test.inputs), test.latents).item() < 0.97
