"""The figures of the first page."""

from collections.abc import Sequence

from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import matching, plotting
from protolib.masks import Mask, mask_name


@plotting.styled
def three_ways(
    x: Float[Tensor, "nets samples 1"], p: Float[Tensor, "nets units 1"], masks: Sequence[Mask]
) -> HTML:
    """A panel for each network: its samples, its prototypes, and the links of the assignment."""
    drawn, words = [], []
    errors = matching.reconstruction_error(p, x).tolist()
    for r, (mask, pairs) in enumerate(zip(masks, matching.assign(p, x))):
        figure, ax = plotting.panel(3.0, 1.9)
        colour, title = plotting.LOOKS[mask].colour, f"{mask_name(mask)}: error {errors[r]:.2f}"
        plotting.plot_matching(x[r, :, 0], p[r, :, 0], pairs, ax=ax, colour=colour)
        ax.set(xlim=(-2.2, 2.2), title=title)
        drawn.append(figure)
        far = int((p[r].abs() > 2.2).sum())
        words.append(
            f"{title} after the best matching of {p.shape[1]} prototypes with the samples; "
            f"{far or 'no'} prototypes lie outside the picture."
        )
    return plotting.show(*drawn, alt=words)


@plotting.styled
def digits(images: Float[Tensor, "images 64"], read: Float[Tensor, "images 64"]) -> HTML:
    """The first forty training images, and the prototypes matched with them."""
    drawn = []
    for title, sheet in (("training digits", images), ("read out of the weights, −b/w", read)):
        figure, ax = plotting.panel(3.5, 1.5)
        plotting.plot_images(sheet[:40].clamp(0, 1), ax=ax)
        ax.set_title(title)
        drawn.append(figure)
    off = (images - read)[:40].abs().mean()
    words = [
        "Forty handwritten digits that a classifier was trained on.",
        f"Forty images read out of its weights, each below its digit: a pixel differs by {off:.3f} "
        "on average, on a scale from 0 to 1.",
    ]
    return plotting.show(*drawn, alt=words)
