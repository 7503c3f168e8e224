"""What 64 dimensions cost: handwritten digits, one network, to N = 1000, on one thread.

`python benchmarks/dimensions.py` trains each network in a process of its own, so that the peak
memory is its own, and writes results/dimensions.json; the chapter on dimensions refers to it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

SIZES = (100, 200, 500, 1000)
STEPS = 2000
FORMS = {
    "baseline": ((0, 0, 0), {}),
    "coverage": ((1, 0, 0), {}),
    "energy": ((1, 1, 0), {"attractor": "energy", "kernel": "energy"}),
}
HERE = Path(__file__).parent


def one(n: int, form: str) -> dict:
    """Train and score one network; what the child process runs."""
    import torch

    from protolib import data, matching, model, training

    torch.set_num_threads(1)
    mask, options = FORMS[form]
    x, y = data.digits([0], n)
    start = model.initialise([0], n, 64, outputs=10, slope=0.3)
    centres = matching.chance_prototypes(x, n, seed=0)
    start = start._replace(bias=-0.3 * centres)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    config = training.TrainConfig(steps=STEPS, lam=1.0, **options)
    clock = time.perf_counter()
    net = training.train(start, x, y, torch.tensor([mask]).float(), config).parameters
    seconds = time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    p = model.prototypes(net)
    hits = model.predict(net, x).argmax(-1) == y.argmax(-1)
    return {
        "n": n,
        "form": form,
        "seconds": seconds,
        "ms_per_step": 1e3 * seconds / STEPS,
        "megabytes": peak - before,
        "error": matching.reconstruction_error(p, x).item(),
        "specialization": matching.specialization_ratio(p, x).item(),
        "accuracy": hits.double().mean().item(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=HERE / "results" / "dimensions.json", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("N", "FORM"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(int(options.one[0]), options.one[1])))
        return
    rows = []
    for n in SIZES:
        for form in FORMS:
            command = [sys.executable, __file__, "--one", str(n), form]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append(json.loads(done.stdout))
            print("  ".join(f"{k} {v:.4g}" if k != "form" else v for k, v in rows[-1].items()))
    report = {"date": time.strftime("%Y-%m-%d"), "steps": STEPS, "dims": 64, "rows": rows}
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
