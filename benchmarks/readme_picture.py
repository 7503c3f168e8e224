"""Draw the README's picture anew (`make picture`): the book's first figure, as one file."""

from pathlib import Path

import matplotlib
import torch
from matplotlib.figure import Figure

from protolib import claims, data, matching, model, plotting, sweep, training

OUT = Path(__file__).parents[1] / "book" / "_assets" / "readme.svg"


def main() -> None:
    plotting.use_style()
    matplotlib.rcParams["svg.fonttype"] = "path"  # no page around it to lend a font
    chosen = (claims.BASELINE, claims.COVERAGE, claims.OVERLAP)
    x = data.uniform([5] * 3, 10)
    masks = torch.tensor(chosen).float()
    trained = training.train(model.initialise([5] * 3, 10), x, data.sine(x), masks).parameters
    p = model.prototypes(trained)
    errors = matching.reconstruction_error(p, x)
    figure = Figure(figsize=(9.6, 2.2))
    pairs = matching.assign(p, x)
    for r, ax in enumerate(figure.subplots(1, 3)):
        colour = plotting.LOOKS[chosen[r]].colour
        plotting.plot_matching(x[r, :, 0], p[r, :, 0], pairs[r], ax=ax, colour=colour)
        ax.set(xlim=(-2.2, 2.2), title=f"{sweep.mask_name(chosen[r])}: error {errors[r]:.2f}")
    figure.savefig(OUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
