"""The figures of the first page."""

from IPython.display import HTML
from jaxtyping import Float
from torch import Tensor

from protolib import data, live, matching, model, plotting
from protolib.training import TrainResult

FRAMES = [*range(13), 14, 16, 18, 20, 23, 26, 30, 36, 45, 60, 100, 150]  # more early than late
SHOWN = 40  # of the digits


@plotting.styled
def opening(
    run: TrainResult, x: Float[Tensor, "1 images 64"], y: Float[Tensor, "1 images 10"]
) -> HTML:
    """Digits out of noise: the prototypes along a training, beside the digits they end matched to.

    run has a snapshot every 20 of 3000 steps; the still is its end.
    """
    nets = model.Parameters(*(part[0, FRAMES] for part in run.snapshots))
    p, many = model.prototypes(nets), x.expand(len(FRAMES), -1, -1)
    ((_, order),) = matching.assign(p[-1:], x)
    hits = model.predict(nets, many).argmax(-1) == y.argmax(-1)
    others = data.digits([0], 2 * x.shape[1])[0][:, x.shape[1] :]  # digits it has not seen
    error = matching.reconstruction_error(p, many).numpy()
    truth, read = x[0, :SHOWN].double().numpy(), p[:, order[:SHOWN]].clamp(0, 1).double().numpy()
    figure, ax = plotting.panel(4.2, 2.8)
    plotting.plot_images(read[-1], ax=ax, columns=8)
    far = [error[-1], matching.reconstruction_error(others, x).item()]
    ax.set_title("read out of the weights, {:.2g} away (other digits: {:.2g})".format(*far))
    gap = abs(read[-1] - truth).mean()
    alt = (
        f"{SHOWN} handwritten digits read out of the weights of a classifier after "
        f"{run.snapshot_steps[-1]} steps: a pixel differs from the training digit's by {gap:.1g} "
        "on average, on a scale from 0 to 1."
    )
    return live.digits_viewer(
        run.snapshot_steps[FRAMES].tolist(), truth,
        {"energy": {"frames": read, "error": error, "accuracy": hits.double().mean(-1).numpy()}},
        others=far[1], columns=8, phone=10,
        autoplay=True, still=figure, alt=alt,
    )  # fmt: skip
