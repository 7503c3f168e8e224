"""Train a classifier on all 1797 digits and keep its prototypes: `python benchmarks/scale.py`.

Writes book/_data/scale-digits.csv.gz; half a minute of one core. With `--device cuda`, there.
The other numbers of that chapter are made by `python -m protolib measure scale`.
"""

import argparse
import time
from pathlib import Path

from protolib import data, model, scale

OUT = Path(__file__).parents[1] / "book" / "_data" / "scale-digits.csv.gz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=OUT, type=Path)
    parser.add_argument("--device", default=None)
    options = parser.parse_args()
    clock = time.perf_counter()
    net = scale.all_digits(device=options.device)
    p = model.prototypes(net)[0]
    scale.write_prototypes(p, options.out)
    (x,), (y,) = data.digits([0], 1797)
    print(
        f"{scale.found(p, x):.2%} of {len(x)} digits shown, "
        f"accuracy {scale.accuracy(net, x, y):.3f}, {time.perf_counter() - clock:.0f} s"
    )


if __name__ == "__main__":
    main()
