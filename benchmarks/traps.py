"""Does the energy distance have traps off the line? `python benchmarks/traps.py`, a minute.

Looks for states of rest with as many prototypes as samples, none standing on a sample, from random
starts, and writes to results/traps.csv how many it found and the highest of their lowest
curvatures, in units in which a prototype's own term is ‖p − x‖: a positive one would be a trap.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
import torch

from protolib import data, landscape

CLOUDS = {
    "uniform": lambda x: x,
    "grid": lambda x: (4 * x).round() / 4,
    "nearly a line": lambda x: x * torch.tensor([1.0] + [0.05] * (x.shape[-1] - 1)),
    "two clumps": lambda x: 0.1 * x + (torch.arange(x.shape[1]) % 2)[:, None],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", default=1000, type=int, help="for each kind and size")
    parser.add_argument("--out", default=Path(__file__).parent / "results" / "traps.csv", type=Path)
    chosen, rows = parser.parse_args(), []
    for n, dims in [(2, 2), (3, 2), (4, 2), (5, 2), (6, 2), (3, 3), (4, 3)]:
        for name, cloud in CLOUDS.items():
            clock, seeds = time.perf_counter(), range(chosen.starts)
            x = cloud(data.uniform(seeds, n, dims, dtype=torch.float64))
            apart = torch.cdist(x, x) + torch.eye(n)
            x = x[apart.amin((1, 2)) > 1e-3]
            p = data.uniform(range(10**6, 10**6 + len(x)), n, dims, dtype=torch.float64)
            middle, spread = x.mean(1, keepdim=True), x.std(1, keepdim=True)
            at = landscape.rests(x, middle + 2 * spread * p)
            rest = (at.slope < 1e-9) & (torch.cdist(at.place, x).amin((1, 2)) > 1e-5)
            highest = at.curvature[rest].max().item() * n**2 / 2
            rows.append([name, n, dims, len(x), int(rest.sum()), round(highest, 4)])
            print(*rows[-1], f"{time.perf_counter() - clock:.0f} s", flush=True)
    columns = ["samples", "n", "dims", "starts", "rests", "highest"]
    pd.DataFrame(rows, columns=columns).to_csv(chosen.out, index=False)


if __name__ == "__main__":
    main()
