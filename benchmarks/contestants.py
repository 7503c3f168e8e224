"""The three ways to run the paper's grid that `grid.py` times. Each trains the very same networks.

Called as `python contestants.py NAME SEEDS…`, prints one JSON line: seconds, and the median errors,
so that the timing can be seen to be of the same work.
"""

import json
import sys
import time

started = time.perf_counter()

import torch  # noqa: E402

from protolib import data, losses, matching, model, sweep  # noqa: E402
from protolib.training import TrainConfig  # noqa: E402

GRID = sweep.Grid()


def loop(seeds: list[int], config: TrainConfig) -> dict:
    """(a) One network at a time: autograd, `torch.optim.Adam`, only the losses that are on."""
    torch.set_num_threads(1)
    errors = {}
    for n in GRID.sizes:
        found = []
        for mask in GRID.masks:
            for seed in seeds:
                x = data.uniform([seed], n)
                y = data.sine(x)
                start = [t.clone().requires_grad_() for t in model.initialise([seed], n)]
                net = model.Parameters(*start)
                optimiser = torch.optim.Adam(net, lr=config.learning_rate)
                for _ in range(config.steps):
                    optimiser.zero_grad()
                    loss = losses.fit(model.predict(net, x), y)
                    if mask.coverage:
                        loss = loss + config.lam * losses.coverage(x, model.prototypes(net))
                    if mask.separation:
                        p = model.prototypes(net)
                        loss = loss + config.lam * losses.separation(p, tau=config.tau)
                    if mask.overlap:
                        loss = loss + config.lam * losses.overlap(model.respond(net, x))
                    loss.sum().backward()
                    optimiser.step()
                found.append(matching.reconstruction_error(model.prototypes(net), x))
        errors[n] = torch.cat(found).median().item()
    return errors


def protolib(seeds: list[int], config: TrainConfig) -> dict:
    """(b) This package, two workers."""
    grid = sweep.Grid(seeds=seeds, config=config)
    table = sweep.run(grid, workers=2)
    return {n: float(part.reconstruction_error.median()) for n, part in table.groupby("n")}


def jax(seeds: list[int], config: TrainConfig) -> dict:
    """(c) JAX: `jit(vmap(fori_loop))` over the networks of a size, the same losses by autodiff."""
    import jax
    import jax.numpy as jnp

    def objective(net, x, y, mask):
        w, b, v, c = net
        n = w.shape[0]
        pairs = max(n * (n - 1), 1)
        h = jnp.exp(-jnp.square(w * x[:, None] + b))
        p = -b / jnp.where(jnp.abs(w) < model.SLOPE_FLOOR, model.SLOPE_FLOOR, w)
        fit = jnp.mean(jnp.square(h @ v + c - y))
        coverage = jnp.mean(jnp.min(jnp.square(x[:, None] - p), axis=1))
        kernel = jnp.exp(-jnp.square(p[:, None] - p) / config.tau)
        separation = (kernel.sum() - n) / pairs
        overlap = jnp.mean(jnp.square(h.sum(1)) - jnp.square(h).sum(1)) / pairs
        structural = jnp.stack([coverage, separation, overlap])
        return fit + config.lam * (mask * structural).sum()

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def train(net, x, y, mask):
        zeros = jax.tree.map(jnp.zeros_like, net)

        def step(t, state):
            net, mean, square = state
            g = jax.grad(objective)(net, x, y, mask)
            mean = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, mean, g)
            square = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g * g, square, g)
            rate = config.learning_rate / (1 - beta1**t)
            correction = jnp.sqrt(1 - beta2**t)
            net = jax.tree.map(
                lambda p, m, s: p - rate * m / (jnp.sqrt(s) / correction + epsilon),
                net,
                mean,
                square,
            )
            return net, mean, square

        return jax.lax.fori_loop(1, config.steps + 1, step, (net, zeros, zeros))[0]

    run = jax.jit(jax.vmap(train))
    errors = {}
    for n in GRID.sizes:
        pairs = [(mask, seed) for mask in GRID.masks for seed in seeds]
        each = [seed for _, seed in pairs]
        x = data.uniform(each, n)
        w, b, v, c = model.initialise(each, n)
        start = tuple(jnp.asarray(t.numpy()) for t in (w, b[..., 0], v, c))
        masks = jnp.asarray([mask for mask, _ in pairs], dtype=jnp.float32)
        inputs, targets = (jnp.asarray(t.numpy()) for t in (x[..., 0], data.sine(x)))
        w, b, v, c = (torch.tensor(jax.device_get(t)) for t in run(start, inputs, targets, masks))
        p = model.prototypes(model.Parameters(w, b[..., None], v, c))
        errors[n] = matching.reconstruction_error(p, x).median().item()
    return errors


if __name__ == "__main__":
    name, *seeds = sys.argv[1:]
    contestant = {"loop": loop, "protolib": protolib, "jax": jax}[name]
    imported = time.perf_counter()
    errors = contestant([int(seed) for seed in seeds], TrainConfig())
    print(
        json.dumps(
            {
                "imports": imported - started,
                "seconds": time.perf_counter() - imported,
                "errors": errors,
            }
        )
    )
