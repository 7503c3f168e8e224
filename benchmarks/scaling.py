"""How the cost of training grows with N, to N = 1000: `python benchmarks/scaling.py`.

Four networks (one seed, four masks), one thread. Writes a chart and its data beside it.
"""

import argparse
import json
import time
from pathlib import Path

import matplotlib
import numpy as np
import torch

from protolib import data, model, plotting, training
from protolib.masks import MASKS, mask_name

HERE = Path(__file__).parent
SIZES = (3, 10, 30, 100, 200, 300, 500, 1000)
CHOSEN = (MASKS[0], MASKS[1], MASKS[2], MASKS[7])


def milliseconds_per_step(n: int, mask) -> float:
    """The best of three timings of one network of size n."""
    steps = max(20, min(500, 20_000_000 // n**2))
    x = data.uniform([0], n)
    y, weights = data.sine(x), torch.tensor([mask], dtype=x.dtype)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        training.train(model.initialise([0], n), x, y, weights, training.TrainConfig(steps=steps))
        best = min(best, (time.perf_counter() - start) / steps)
    return 1e3 * best


def plot_cost(cost: dict, ax) -> None:
    """Milliseconds per step against N, a line a mask, and a guide that grows like N²."""
    for mask, values in cost.items():
        look = plotting.LOOKS[mask]
        ax.loglog(SIZES, values, color=look.colour, marker=look.marker, label=mask_name(mask))
    guide = np.array([SIZES[-3], SIZES[-1]], dtype=float)
    ax.loglog(
        guide, 0.4 * cost[MASKS[0]][-1] * (guide / guide[-1]) ** 2, color=plotting.MUTED, ls=":",
        label="∝ N²",
    )  # fmt: skip
    plotting.size_axis(ax, SIZES)
    ax.set_ylabel("milliseconds per step")
    ax.legend()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=HERE / "results" / "scaling", type=Path)
    out = parser.parse_args().out
    with training.one_thread():
        cost = {mask: [milliseconds_per_step(n, mask) for n in SIZES] for mask in CHOSEN}
    for n, row in zip(SIZES, zip(*cost.values())):
        print(f"N = {n:5d}  " + "  ".join(f"{ms:8.3f} ms" for ms in row))
    plotting.use_style()
    matplotlib.rcParams["svg.fonttype"] = "path"  # no page around it to lend a font
    figure, ax = plotting.panel(6, 3.6)
    plot_cost(cost, ax)
    figure.savefig(out.with_suffix(".svg"), metadata={"Date": None})
    named = {"".join(map(str, mask)): values for mask, values in cost.items()}
    out.with_suffix(".json").write_text(
        json.dumps({"sizes": SIZES, "ms": named}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
