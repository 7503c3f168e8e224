"""Prototypes on their way through training, one small panel a network; several chapters use it."""

from collections.abc import Sequence

from IPython.display import HTML
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from protolib import model, plotting
from protolib.hull import TOLERANCE, hull_distance
from protolib.masks import Mask
from protolib.training import TrainResult


def panels(
    result: TrainResult,
    x: Float[Tensor, "nets samples 1"],
    masks: Sequence[Mask],
    titles: Sequence[str],
    *,
    reach: float,
    dots: bool = False,
) -> tuple[list[Figure], list[str]]:
    """A panel for each network of a stack, and in words where its prototypes end.

    The picture shows [−reach, reach]; `dots` marks the samples at the right edge.
    """
    paths = model.prototypes(result.snapshots)[..., 0].numpy()
    ends = model.prototypes(result.parameters)
    outside = (hull_distance(ends, x) > TOLERANCE).sum(1).tolist()
    near = (x - ends.mT).abs().amin(-1).mean(1).tolist()
    beyond = (ends[..., 0].abs() > reach).sum(1).tolist()
    steps = result.snapshot_steps.numpy()
    figures, words = [], []
    for r, title in enumerate(titles):
        figure, ax = plotting.panel(3.0, 2.4)
        hull = x[r].min().item(), x[r].max().item()
        plotting.plot_trajectories(steps, paths[r], ax=ax, mask=masks[r], hull=hull, reach=reach)
        if dots:
            at_end = [steps[-1]] * x.shape[1]
            ax.plot(at_end, x[r, :, 0], "o", color=plotting.INK, ms=4, clip_on=False)
        ax.set_title(title)
        figures.append(figure)
        far = f", {beyond[r]} of them beyond the picture" if beyond[r] else ""
        words.append(
            f"{title}: of {ends.shape[1]} prototypes {outside[r]} end outside the hull{far}; "
            f"the mean distance from a sample to its nearest prototype is then {near[r]:.2f}."
        )
    return figures, words


@plotting.styled
def by_size(
    runs: dict[int, tuple[Tensor, TrainResult]], seeds: Sequence[int], *, mask: Mask, reach: float
) -> HTML:
    """A row of panels for each N: its samples (nets, N, 1) and the stack trained on them."""
    drawn, words = [], []
    for n, (x, result) in runs.items():
        titles = [f"N = {n}, seed {seed}" for seed in seeds]
        figures, said = panels(result, x, [mask] * len(seeds), titles, reach=reach)
        drawn, words = drawn + figures, words + said
    return plotting.show(*drawn, alt=words)
