"""The figure on the page of formulas: three forces at a glance."""

from IPython.display import HTML
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from protolib import plotting
from protolib.masks import Mask

MASKS = {"coverage": Mask(1, 0, 0), "separation": Mask(0, 1, 0), "overlap": Mask(0, 0, 1)}


@plotting.styled
def forces(
    positions: Float[Tensor, " points"],
    pushes: dict[str, Float[Tensor, " points"]],
    others: Float[Tensor, " units"],
) -> HTML:
    """The push of each loss on one prototype by its place, each on a scale of its own.

    pushes: name of the loss → (points,); the hull of the samples is that of the others.
    """
    low, high = others.min().item(), others.max().item()
    right, words, titles = positions > high + 0.1, [], {}
    for name, push in pushes.items():
        beyond = push[right] / push.abs().max()
        way = "out" if beyond.max() > 0.05 else "in" if beyond.min() < -0.05 else "nowhere"
        titles[name] = f"{name.capitalize()}: beyond the rim {way}"
        felt = (push.abs() > 0.01 * push.abs().max()).double().mean()
        words.append(f"{titles[name]}; felt on {felt:.0%} of the way shown.")

    def draw(figure: Figure, phone: bool) -> None:
        axes = figure.subplots(*((3, 1) if phone else (1, 3)), sharex=True)
        for ax, (name, push) in zip(axes, pushes.items()):
            plotting.plot_field(
                positions.numpy(), (push / push.abs().max()).numpy(), ax=ax, mask=MASKS[name],
                hull=(low, high),
            )  # fmt: skip
            ax.plot(others, [1.0] * len(others), "v", color=plotting.INK, ms=3.5, clip_on=False,
                    transform=ax.get_xaxis_transform())  # fmt: skip
            ax.set_title(titles[name], fontsize=9.5, pad=8)
            ax.set(xlabel="", ylabel="", yticks=[0], yticklabels=[""])
        figure.supxlabel("where one prototype stands", fontsize=9.5)
        figure.supylabel("← push →", fontsize=9.5)

    return plotting.both(draw, (8.6, 1.9), (3.6, 4.6), " ".join(words))
