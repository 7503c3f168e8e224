"""The figures of the chapter `by-hand`: one small network, and one training in plain torch."""

import itertools
from collections.abc import Sequence

import torch
from IPython.display import HTML
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from protolib import claims, matching, model, plotting


@plotting.styled
def matchings(x: Float[Tensor, "1 samples 1"], p: Float[Tensor, "1 samples 1"]) -> HTML:
    """Every one-to-one matching of a few samples with as many prototypes, and its cost.

    The cheapest first. Meant for three: the number of panels is the factorial.
    """
    samples, prototypes = x[0, :, 0].tolist(), p[0, :, 0].tolist()
    costs = {
        order: [abs(samples[i] - prototypes[j]) for i, j in enumerate(order)]
        for order in itertools.permutations(range(len(prototypes)))
    }
    orders = sorted(costs, key=lambda order: sum(costs[order]))

    def draw(ax: Axes, k: int) -> None:
        order, least = orders[k], k == 0
        links = (range(len(samples)), order)
        plotting.plot_matching(samples, prototypes, links, ax=ax)
        for line in ax.get_lines()[: len(samples)]:
            line.set(color=plotting.INK if least else plotting.MUTED, lw=2 if least else 0.9)
        words = " + ".join(f"{cost:.1f}" for cost in costs[order])
        ax.set_title(f"{words} = {sum(costs[order]):.1f}", fontsize=9.5,
                     fontweight=600 if least else 400)  # fmt: skip
        ax.set(xlabel="", ylim=(-0.3, 1.3))

    sums = ", ".join(f"{sum(costs[order]):.1f}" for order in orders)
    words = (
        f"{len(orders)} small panels, each with {len(samples)} samples above, as many prototypes "
        f"below and one link from each sample to a prototype of its own. The sums of the "
        f"distances are {sums}."
    )
    return plotting.multiples(
        draw, len(orders), columns=3, size=(2.85, 1.35), labels=("input x", ""), alt=words
    )


@plotting.styled
def training(
    path: Sequence[Float[Tensor, " units"]],
    net: Sequence[Tensor],
    x: Float[Tensor, " samples"],
    y: Float[Tensor, " samples"],
) -> HTML:
    """A training under coverage: prototypes at every step, and what the network computes at last.

    net: w, b, v (units,) and c (1,) after the last step.
    """
    w, b, v, c = (tensor.detach() for tensor in net)
    trained = model.Parameters(w[None], b[None, :, None], v[None], c.reshape(1))
    ways, hull = torch.stack([*path, -b / w]), (x.min().item(), x.max().item())
    seen = range(0, len(ways), 10)
    stack = x[None, :, None]
    error = matching.reconstruction_error(ways[-1][None, :, None], stack).item()
    r2 = matching.fit_r2(model.predict(trained, stack), y[None]).item()

    left, ax = plotting.panel(4.2, 2.9)
    plotting.plot_trajectories(seen, ways[seen], ax=ax, mask=claims.COVERAGE, hull=hull, reach=1.3)
    ax.plot([1.03] * len(x), x, "o", color=plotting.INK, ms=4, clip_on=False,
            transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set_title(f"Error {error:.2f} after {len(path)} steps")
    right, ax = plotting.panel(4.2, 2.9)
    plotting.plot_fit(trained, stack, y[None], ax=ax, reach=1.3)
    ax.set_title(f"The fit explains R² = {r2:.4f}")
    outside = int(((ways[-1] < hull[0]) | (ways[-1] > hull[1])).sum())
    words = [
        f"The paths of {ways.shape[1]} prototypes through {len(path)} steps; {outside} of them end "
        f"outside the hull of the {len(x)} samples, and the reconstruction error is {error:.2f}.",
        f"The network's output runs through the {len(x)} samples: R² = {r2:.4f}.",
    ]
    return plotting.show(left, right, alt=words)
