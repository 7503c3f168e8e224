"""The table of repulsions and attractors, all of it: `python benchmarks/attractors.py`.

4 repulsions × 5 attractors × 5 temperatures × 6 sizes × 10 seeds = 6000 runs. Prints how long that
takes and writes the medians to results/attractors.json.
"""

import argparse
import json
import time
from pathlib import Path

import pandas as pd

from protolib import pairs, sweep
from protolib.sweep import Grid

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=HERE / "results" / "attractors.json", type=Path)
    out = parser.parse_args().out
    cells = [cell for cell in pairs.CELLS if cell[1] != "transport"]
    grids = [pairs.grid(*cell, sizes=Grid.sizes) for cell in cells]
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
