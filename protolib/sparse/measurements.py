"""The measurements that S1 to S4 are judged on (`protolib.claims.sparse`).

`measure` makes the table of all of them; the one that the book shows is shipped, and `python -m
protolib sparse` makes it anew.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from protolib.data import noise
from protolib.measurements import COLUMNS, Row, rows
from protolib.sparse import coding, identifiability, scores
from protolib.sweep.grid import check_numbers
from protolib.training import one_thread

SEEDS = range(10, 20)  # the chapters use 0, 1, 2

DIMS = (3, 5, 8)  # of the latents, S1
TRAINING = identifiability.Training(batch=512)
SPARSE = ((16, 8, 3), (64, 32, 5), (64, 32, 10), (64, 16, 2))  # N, M, K: on the good side, S2
DEEP = SPARSE[:2]  # where encoders and dictionaries are trained too, S2 and S3
LAM = 0.03
LAMS = (0.01, 0.03, 0.1, 0.2, 0.4)  # the autoencoder is given its best, S3
NOISE = ((100, 6), (1000, 6), (1000, 200))  # samples, units, S4
FEATURES = 6


def measure_latents(seeds: Sequence[int]) -> list[Row]:
    """S1: linear R² (also in reverse) and MCC of a classifier's codes, and of their controls."""
    found = []
    for dims in DIMS:
        world = identifiability.World(dims=dims)
        training = identifiability.Training(
            TRAINING.widths, dims, steps=TRAINING.steps, batch=TRAINING.batch
        )
        train = identifiability.draw(seeds, 20_000, world)
        test = identifiability.draw(seeds, 4000, world, part=1)
        start = identifiability.initialise(seeds, dims, world.classes, training)
        end = identifiability.train(seeds, train, world.classes, training)
        codes = {
            "raw input": test.inputs,
            "untrained": identifiability.encode(start, test.inputs),
            "trained": identifiability.encode(end, test.inputs),
        }
        r2 = {name: scores.linear_r2(c, test.latents) for name, c in codes.items()}
        reverse = {name: scores.reverse_r2(c, test.latents) for name, c in codes.items()}
        mcc = {name: scores.mcc(c, test.latents) for name, c in codes.items()}
        mcc["random rotation"] = scores.mcc_of_rotations(dims).mean().expand(len(seeds))
        for score, values in (("R²", r2), ("reverse R²", reverse), ("MCC", mcc)):
            found += rows("sphere", dims, score, seeds, values)
    return found


def measure_codes(seeds: Sequence[int]) -> list[Row]:
    """S2 and S3: MCC of sparse inference, of linear read-outs and of autoencoders."""
    found, seeds = [], [*seeds]
    fresh = [seed + 1000 for seed in seeds]
    for n, m, k in SPARSE:
        A = coding.random_dictionary(seeds, m, n)
        z, z_test = coding.sparse_codes(seeds, 4000, n, k), coding.sparse_codes(fresh, 1000, n, k)
        y, y_test = coding.mix(z, A), coding.mix(z_test, A)

        def infer(dictionary, y_test=y_test):
            return coding.fista(y_test, dictionary, lam=LAM, steps=200, nonnegative=True)

        codes = {
            "sparse inference": infer(A),
            "linear read-out": coding.read(y_test, coding.ridge(y, z, penalty=1e-2)),
            "shuffled": z_test.roll(1, dims=1),
        }
        if (n, m, k) in DEEP:
            learned = coding.learn_dictionary(
                y[:, :2000], n, seeds, lam=0.1, rounds=100, steps=10, nonnegative=True,
                restarts=10 if n == 16 else 1,
            )  # fmt: skip
            codes["learned dictionary"] = infer(learned.dictionary)
        values = {name: scores.mcc(c, z_test) for name, c in codes.items()}
        if (n, m, k) in DEEP:
            values |= _encoders(seeds, A, y, z, y_test, z_test, infer)
        found += rows(f"M = {m}, K = {k}", n, "MCC", seeds, values)
    return found


def _encoders(seeds, A, y, z, y_test, z_test, infer) -> dict[str, Tensor]:
    """One layer, three ways: on the true dictionary, taught the true codes, with its own atoms.

    Where λ is swept, every net is given the one that scores best on the test codes: more help than
    anybody without the truth could have.
    """
    how = {"steps": 1000, "batch": 128}

    def score(net):
        return scores.mcc(coding.encode(net, y_test), z_test)

    def train(start, **more):  # all λ in one stack: a net for every λ and seed
        lams, every = torch.tensor(LAMS).repeat_interleave(len(seeds)), [*seeds] * len(LAMS)
        stack = (values.repeat(len(LAMS), 1, 1) for values in (y, start))
        nets = coding.train_autoencoder(*stack, every, lam=lams, **how, **more)
        return [coding.Autoencoder(*p) for p in zip(*(t.split(len(seeds)) for t in nets))]

    taught = coding.train_autoencoder(y, A, seeds, lam=0.0, codes=z, learning_rate=1e-2, **how)
    known = torch.stack([score(net) for net in train(A, learning_rate=1e-2)])
    blind = coding.random_dictionary([seed + 2000 for seed in seeds], *A.shape[1:])
    nets = train(blind, learn=True, learning_rate=2e-2)
    own = torch.stack([score(net) for net in nets])
    again = torch.stack([scores.mcc(infer(net.dictionary), z_test) for net in nets])
    best = own.argmax(0)[None]
    return {
        "SAE": known.amax(0),
        "one layer, taught": score(taught),
        "SAE with its own dictionary": own.gather(0, best)[0],
        "sparse inference on that dictionary": again.gather(0, best)[0],
    }


def measure_noise(seeds: Sequence[int]) -> list[Row]:
    """S4: scores of units that know nothing, and of an honest code beside an empty one."""
    found, seeds = [], [*seeds]

    def normal(samples, columns, shift):
        return noise([seed + shift for seed in seeds], samples, columns, dtype=torch.float64)

    table = {
        "MCC": scores.mcc,
        "R²": scores.linear_r2,
        "DCI: D": lambda a, b: scores.dci(a, b).disentanglement,
        "MIG": scores.mig,
    }
    for samples, units in NOISE:
        a, b = normal(samples, units, 3000), normal(samples, FEATURES, 4000)
        for name, score in table.items():
            found += rows("noise", samples, name, seeds, {f"{units} units": score(a, b)})
    c = normal(100, FEATURES, 4000)
    codes = {"honest": c + 2 * normal(100, FEATURES, 5000), "empty": normal(100, 2000, 6000)}
    raw = {name: scores.mcc(units, c) for name, units in codes.items()}
    above = {
        name: raw[name] - scores.permuted(scores.mcc, units, c, draws=5).mean(0)
        for name, units in codes.items()
    }
    found += rows("rivals", 100, "MCC", seeds, raw)
    return found + rows("rivals", 100, "MCC above chance", seeds, above)


def measure(seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """All measurements that decide S1 to S4: one row a seed, score and thing scored.

    Some three minutes for the ten seeds of the book on one core.

    Raises
    ------
    ValueError
        before any work, if seeds are none, not whole numbers ≥ 0, or not all different.
    """
    check_numbers("seeds", seeds, 0)
    with one_thread():
        parts = [part(seeds) for part in (measure_latents, measure_codes, measure_noise)]
    return pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)
