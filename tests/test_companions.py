"""Theirs against ours: worlds and recipes of the second paper's companions, S8 and S9."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from protolib import measurements
from protolib.claims import further
from protolib.sparse import coding, companions, published, scores

STORED = Path(__file__).parents[1] / "book/_data/companions.csv.gz"


def test_their_recipe_in_their_world_meets_their_published_curve():
    world, first = companions.their_world(), companions.their_start(5)
    y, z = (v.expand(5, -1, -1) for v in world.tests["new samples"])
    signals = world.signals.expand(5, -1, -1)
    for step in (100, 300):
        recipe = companions.Recipe(steps=step + 1)  # they score after the step that they log
        net = companions.train(signals, first.dictionary, [0] * 5, recipe, first)
        found = scores.mcc(net(y), z).mean().item()
        assert found == pytest.approx(published.THEIR_PATH[step], abs=5e-5)


def test_a_world_of_theirs_has_their_shape_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    world = companions.their_world()
    assert torch.equal(torch.get_rng_state(), before)
    assert world.codes.shape == (1, 1024, 16)
    assert world.signals.shape == (1, 1024, 8)
    assert (world.codes > 0).sum(-1).eq(3).all()
    assert torch.allclose(world.dictionary.norm(dim=1), torch.ones(1, 16))


def test_halves_have_new_partners_for_the_first_feature_only():
    seen, new = (companions.halves([3], 4000, 12, 3, new=kind) for kind in (False, True))
    assert (seen > 0).sum(-1).eq(3).all()
    assert (new > 0).sum(-1).eq(3).all()
    assert (new[..., 0] > 0).all()
    assert not new[..., 1:6].any()
    first = seen[0, seen[0, :, 0] > 0]
    assert 0.45 < len(first) / 4000 < 0.55
    assert not first[:, 6:].any()
    together = (seen[0] > 0).float().T @ (seen[0] > 0).float()
    assert (together[1:, 1:] > 0).all()  # every pair of the others was trained
    assert seen.min() >= 0
    assert seen.max() <= 1
    other = companions.halves([3], 4000, 12, 3, new=False, part=1)
    assert not torch.equal(other, seen)
    with pytest.raises(ValueError, match="2 ≤ active ≤ 6"):
        companions.halves([0], 5, 12, 7, new=True)


def test_mcc_as_theirs_takes_features_that_occur_and_units_of_largest_variance():
    z = torch.rand(1, 50, 4)
    z[..., 3] = 0
    loud, quiet = 5 * torch.randn(1, 50, 3), 0.1 * z
    units = torch.cat([loud, quiet], -1)
    assert companions.of_active(z[..., [2, 0, 1]], z).item() == pytest.approx(1)
    assert companions.of_active(units, z).item() == scores.mcc(loud, z[..., :3]).item()
    assert scores.mcc(units, z[..., :3]).item() == pytest.approx(1)


def test_the_first_feature_is_asked_of_its_own_unit_where_it_occurs():
    rng = torch.Generator().manual_seed(0)
    seen, new = (torch.rand(2, 60, 3, generator=rng) for _ in range(2))
    seen[:, ::2, 0] = 0
    codes = {"seen": -seen[..., [1, 0, 2]], "new": new[..., [1, 0, 2]]}
    found = companions.first_feature(codes, {"seen": seen, "new": new})
    assert torch.allclose(found["seen"], torch.ones(2).double())
    codes["new"] = new[..., [0, 1, 2]]  # now another unit has it
    moved = companions.first_feature(codes, {"seen": seen, "new": new})
    by_hand = [abs(np.corrcoef(n[:, 0], n[:, 1])[0, 1]) for n in new.numpy()]
    assert np.allclose(moved["new"], by_hand, atol=1e-5)


@pytest.mark.parametrize(("n", "m"), [(16, 8), (64, 32)])
def test_multiplications_are_those_of_the_matrix_products(n, m):
    A, y = coding.random_dictionary([0], m, n), torch.randn(1, 7, m)
    lista = coding.lista_start(A, lam=0.1, layers=companions.LAYERS)
    wide = companions.OURS._replace(hidden=companions.WIDE * n)
    runs = {
        "one layer": lambda: companions.start(A, [0], companions.OURS)(y),
        "wide encoder": lambda: companions.start(A, [0], wide)(y),
        "LISTA": lambda: coding.run_lista(lista, y),
        "FISTA": lambda: coding.fista(y, A, lam=0.1, steps=companions.FULL),
        "few FISTA": lambda: coding.fista(y, A, lam=0.1, steps=companions.FEW),
    }
    for name, run in runs.items():
        with FlopCounterMode(display=False) as counter:
            run()
        once = n * m * n if "FISTA" in name else 0  # AᵀA, for all samples together
        counted = counter.get_total_flops() / 2
        assert counted == 7 * companions.multiplications(name, m, n) + once, name
    for name in companions.CHEAP:
        cost = companions.multiplications(name, m, n)
        assert cost <= 0.1 * companions.multiplications("FISTA", m, n)


def test_a_wide_encoder_starts_as_one_layer(monkeypatch):
    monkeypatch.setattr(companions, "JITTER", 0.0)
    A, y = coding.random_dictionary([0, 1], 4, 6), torch.randn(2, 9, 4)
    one, wide = (
        companions.start(A, [0, 1], companions.OURS._replace(hidden=h)) for h in (None, 24)
    )
    assert torch.allclose(one(y), torch.relu(y @ A))
    assert torch.allclose(wide(y), one(y), atol=1e-6)
    with pytest.raises(ValueError, match="multiple of 6"):
        companions.start(A, [0, 1], companions.OURS._replace(hidden=20))


def test_nets_never_mix_and_a_learned_dictionary_keeps_unit_columns():
    recipe = companions.Recipe(learn=True, hidden=12, steps=20, batch=32, lam=0.1)
    A = coding.random_dictionary([4, 5], 4, 6)
    y = coding.mix(coding.sparse_codes([4, 5], 100, 6, 2), A)
    both = companions.train(y, A, [4, 5], recipe)
    alone = companions.train(y[1:], A[1:], [5], recipe)
    assert torch.allclose(both.dictionary[1], alone.dictionary[0], atol=1e-5)
    assert torch.allclose(both.dictionary.norm(dim=1), torch.ones(2, 6))


def test_the_stored_table_is_what_the_functions_say():
    """What takes no training, for one seed of each world."""
    table = measurements.read(STORED).set_index(["world", "n", "score", "of", "seed"]).value
    n, m, k = companions.SIZES[1]
    world = companions.sizes_world([13], n, m, k)
    y, z = world.tests["new"]
    for of, steps in (("few FISTA", companions.FEW), ("FISTA", companions.FULL)):
        code = coding.fista(y, world.dictionary, lam=0.03, steps=steps, nonnegative=True)
        assert scores.mcc(code, z).item() == pytest.approx(
            table["sizes", n, "MCC", of, 13], abs=1e-4
        )
    n, m, k = companions.HALVES_SIZES[0]
    world = companions.halves_world([17], n, m, k)
    y, z = world.tests["new"]
    probe = coding.read(y, coding.ridge(world.signals, world.codes, penalty=1e-2))
    assert companions.of_active(probe, z).item() == pytest.approx(
        table["halves", n, "MCC, as theirs", "linear probe", 17], abs=1e-4
    )


def test_what_is_judged_follows_from_what_was_measured():
    """Nine tenths of the way, and the fall from seen to new."""
    stored = measurements.read(STORED).pivot_table("value", ["world", "n", "seed"], ["score", "of"])
    sizes, blocks = stored.loc["sizes"], stored.loc["blocks"]
    one, full = (sizes["MCC", of] for of in ("one layer", "FISTA"))
    for of in companions.CHEAP:
        beyond = sizes["MCC", of] - (0.1 * one + 0.9 * full)
        np.testing.assert_allclose(beyond, sizes[companions.BEYOND, of], atol=1e-5)
    for of in companions.READERS:
        fall = blocks["MCC, seen", of] - blocks["MCC, new", of]
        np.testing.assert_allclose(fall, blocks["fall", of], atol=1e-5)


def _table(score, values, world="sizes", n=16, seeds=12):
    rng = np.random.default_rng(0)
    made = [
        (world, n, score, of, seed, value + 0.002 * rng.normal())
        for of, value in values.items()
        for seed in range(seeds)
    ]
    return pd.DataFrame(made, columns=measurements.COLUMNS)


def _verdict(claim, table):
    found = {v.claim.id: v for v in further.ledger(table)}[claim]
    return found.verdict, [question.answer for question in found.questions]


def test_s8_asks_for_nine_tenths_of_the_gap():
    def beyond(*values):
        return _table(companions.BEYOND, dict(zip(companions.CHEAP, values)))

    assert _verdict("S8", beyond(0.02, 0.02, 0.02, 0.02)) == ("holds", ["yes"] * 4)
    assert _verdict("S8", beyond(-0.02, 0.02, -0.02, 0.0))[0] == "partly"
    assert _verdict("S8", beyond(-0.02, -0.02, -0.02, -0.02))[0] == "fails"
    one = {"FISTA on TopK's dictionary": -0.1}
    assert _verdict("S8", _table(companions.BEYOND, one, "halves", 50)) == ("fails", ["no"])


def test_s9_asks_for_a_fall():
    def falls(*values):
        return _table("fall", dict(zip(("TopK", "true dictionary"), values)), "blocks", 64)

    assert _verdict("S9", falls(0.2, 0.1)) == ("holds", ["yes", "yes"])
    assert _verdict("S9", falls(0.2, 0.0)) == ("partly", ["yes", "no"])
    assert _verdict("S9", falls(0.04, -0.1)) == ("fails", ["no", "no"])
    assert _verdict("S9", falls(0.05, 0.05))[0] == "undecided"
