"""Draw the README's picture anew (`make picture`): the book's first figure, as one file."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from protolib import data, matching, model, plotting, privacy

OUT = Path(__file__).parents[1] / "book" / "_assets" / "readme.svg"
STEPS = (0, 120, 3000)


def main() -> None:
    plotting.use_style()
    matplotlib.rcParams["svg.fonttype"] = "path"  # no page around it to lend a font
    x, y = data.digits([0], 100)
    run = privacy.classifier([0], x, y, "energy", snapshot_every=20)
    at = [run.snapshot_steps.tolist().index(step) for step in STEPS]
    p = model.prototypes(model.Parameters(*(part[0, at] for part in run.snapshots)))
    ((_, order),) = matching.assign(p[-1:], x)
    errors = matching.reconstruction_error(p, x.expand(len(at), -1, -1)).tolist()
    sheets = {"training digits": x[0]}
    for step, read, error in zip(STEPS, p[:, order], errors):
        sheets[f"weights at step {step}: {error:.2g} away"] = read
    figure = Figure(figsize=(9.6, 1.7))
    for ax, (title, sheet) in zip(figure.subplots(1, len(sheets)), sheets.items()):
        plotting.plot_images(sheet[:40].clamp(0, 1), ax=ax, columns=10)
        ax.set_title(title)
    figure.savefig(OUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
