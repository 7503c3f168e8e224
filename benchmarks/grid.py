"""Time the paper's 480 runs three ways, side by side (`make benchmark`).

Each contestant runs in a process of its own, in turn, three times. Seconds are wall-clock, JAX's
compilation included and everybody's imports excluded (they are shown beside). Memory is the highest
sum over the process and its children of proportional set sizes, sampled ten times a second.

The obvious loop takes minutes, so it is timed on one seed (48 of the 480 runs) and multiplied by
ten; `--full` runs it all. JAX is optional: `pip install -e .[benchmark]`.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import torch

HERE = Path(__file__).parent


def _memory(process: psutil.Process) -> int:
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += one.memory_full_info().pss
    return total


def measure(name: str, seeds: list[int]) -> dict:
    """Run one contestant once; its own report and its peak memory in megabytes."""
    command = [sys.executable, str(HERE / "contestants.py"), name, *map(str, seeds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watched, peak, done = psutil.Process(process.pid), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                peak[0] = max(peak[0], _memory(watched))
            except psutil.NoSuchProcess:
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return json.loads(output.splitlines()[-1]) | {"megabytes": peak[0] / 2**20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="time the loop on all ten seeds")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", default=HERE / "results" / "grid.json", type=Path)
    options = parser.parse_args()
    ten = list(range(10))
    plan = {"loop": (ten if options.full else [0]), "protolib": ten, "jax": ten}
    try:
        import jax  # noqa: F401
    except ImportError:
        print("JAX is not installed, so (c) is left out: pip install -e .[benchmark]")
        del plan["jax"]

    reports = {name: [] for name in plan}
    for repeat in range(options.repeats):
        for name, seeds in plan.items():
            if name == "loop" and repeat and not options.full:
                continue
            reports[name].append(measure(name, seeds))
            print(f"{name:>9}  {reports[name][-1]['seconds']:7.1f} s", flush=True)

    rows = []
    for name, seeds in plan.items():
        factor = 10 / len(seeds)
        seconds = [report["seconds"] * factor for report in reports[name]]
        rows.append(
            {
                "contestant": name,
                "seconds": statistics.median(seconds),
                "least": min(seconds),
                "most": max(seconds),
                "imports": statistics.median(r["imports"] for r in reports[name]),
                "megabytes": max(r["megabytes"] for r in reports[name]),
                "seeds_timed": len(seeds),
                "median_errors": reports[name][0]["errors"],
            }
        )
    base = next(row["seconds"] for row in rows if row["contestant"] == "protolib")
    print(
        f"\n{'':>9} {'seconds':>9} {'range':>15} {'vs protolib':>12} {'imports':>8} {'peak MB':>8}"
    )
    for row in rows:
        spread = f"{row['least']:.1f} – {row['most']:.1f}"
        print(
            f"{row['contestant']:>9} {row['seconds']:9.1f} {spread:>15} "
            f"{row['seconds'] / base:11.1f}× {row['imports']:8.1f} {row['megabytes']:8.0f}"
        )
    options.out.parent.mkdir(exist_ok=True)
    machine = {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "instructions": torch.backends.cpu.get_cpu_capability(),
    }
    report = {"date": time.strftime("%Y-%m-%d"), "machine": machine, "rows": rows}
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {options.out}")


if __name__ == "__main__":
    main()
