"""The table of repulsions and attractors, all of it: `python benchmarks/attractors.py`.

4 repulsions × 5 attractors × 5 temperatures × 6 sizes × 10 seeds = 6000 runs. Prints how long that
takes and writes the medians to results/attractors.json.
"""

import argparse
import json
import time
from pathlib import Path

import pandas as pd

from protolib import sweep
from protolib.sweep import Grid, Mask
from protolib.training import TrainConfig

HERE = Path(__file__).parent
KERNELS = ("gaussian", "imq", "energy")
TAUS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)


def grid(repulsion: str, attractor: str, tau: float) -> Grid:
    """The six sizes with one repulsion and one attractor; overlap is given the whole square."""
    mask = Mask(int(attractor != "none"), int(repulsion != "overlap"), int(repulsion == "overlap"))
    kernel = "gaussian" if repulsion == "overlap" else repulsion
    if repulsion == "overlap" and attractor in KERNELS:
        mask, kernel = Mask(1, 1, 1), attractor
    pull = "coverage" if attractor == "none" else attractor
    config = TrainConfig(tau=tau, kernel=kernel, attractor=pull)
    return Grid(masks=(mask,), config=config, alone=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=HERE / "results" / "attractors.json", type=Path)
    out = parser.parse_args().out
    cells = [
        (repulsion, attractor, tau)
        for repulsion in (*KERNELS, "overlap")
        for attractor in ("none", "coverage", *KERNELS)
        for tau in TAUS
    ]
    grids = [grid(*cell) for cell in cells]
    clock = time.perf_counter()
    tables = sweep.run_many(grids, progress=True)
    seconds = time.perf_counter() - clock
    print(f"{sum(map(len, grids))} runs in {seconds:.0f} s")
    rows = []
    for cell, table in zip(cells, tables):
        medians = table.groupby("n")[["reconstruction_error", "expelled_share"]].median()
        rows += [
            {"repulsion": cell[0], "attractor": cell[1], "tau": cell[2], "n": int(n), **row}
            for n, row in medians.round(4).to_dict("index").items()
        ]
    print(
        pd.DataFrame(rows)
        .query("n == 50 and tau == 1")
        .pivot(index="repulsion", columns="attractor", values="reconstruction_error")
    )
    report = {"date": time.strftime("%Y-%m-%d"), "seconds": round(seconds, 1), "rows": rows}
    out.write_text(json.dumps(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
