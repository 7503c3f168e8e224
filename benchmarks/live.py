"""How fast the page's own network is, in headless Chromium: steps a second, frames a second, first frame.

    make book && python benchmarks/live.py

Compares with `protolib.training` for the same single network in the same run. Writes
results/live.json.
"""

import gzip
import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402
from browser import open_browser  # noqa: E402

from protolib import data, live, model, training  # noqa: E402

SIZES = (10, 30, 60)
MASKS = {"baseline": [0, 0, 0], "all three": [1, 1, 1]}

STEPS = """([n, masks, count]) => { const P = protolib, x = P.uniform(0, n), y = P.sine(x);
  const step = P.trainer(P.initialise(0, n)), config = { ...P.DEFAULTS, masks, tau: 1 };
  step(200, x, y, 1, config);
  const begin = performance.now(); step(count, x, y, 1, config);
  return count / (performance.now() - begin) * 1000; }"""

FRAMES = """([n, speed]) => new Promise((done) => {
  lab.set({ preset: "baseline" }); lab.set({ size: n, masks: [1, 1, 1], tau: 1, speed, forces: true });
  lab.scrollIntoView(); lab.play();
  setTimeout(() => { const first = lab.step, begin = performance.now(); let frames = 0;
    const count = () => { frames++; if (performance.now() - begin < 3000) requestAnimationFrame(count);
      else { const seconds = (performance.now() - begin) / 1000; lab.pause();
        done([frames / seconds, (lab.step - first) / seconds]); } };
    requestAnimationFrame(count); }, 500); })"""

FIRST = """() => new Promise((done) => { const look = () => {
  const canvas = document.querySelector("prototype-lab")?.shadowRoot?.querySelector("canvas");
  if (canvas && canvas.width > 300 && canvas.getContext("2d").getImageData(0, 0, canvas.width, 60).data.some(v => v))
    done(performance.now()); else requestAnimationFrame(look); }; look(); })"""


def python_steps(n: int, masks: list[int], count: int = 2000) -> float:
    x = data.uniform([0], n)
    net, weights = model.initialise([0], n), torch.tensor([masks]).float()
    config = training.TrainConfig(steps=count, tau=1.0)
    begin = time.perf_counter()
    training.train(net, x, data.sine(x), weights, config)
    return count / (time.perf_counter() - begin)


def main() -> None:
    index = ROOT / "_build" / "html" / "book" / "index.html"
    rows, result = [], {}
    with open_browser() as browser, training.one_thread():
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(index.as_uri())
        page.wait_for_function("() => globalThis.protolib?.PRESETS")
        page.evaluate("() => lab.pause()")
        for n in SIZES:
            for name, masks in MASKS.items():
                count = 200_000 // n
                there = statistics.median(page.evaluate(STEPS, [n, masks, count]) for _ in range(5))
                here = statistics.median(python_steps(n, masks) for _ in range(5))
                rows.append({"n": n, "mask": name, "page": there, "python, one network": here})
                print(
                    f"N = {n}, {name}: {there:,.0f} steps a second in the page, {here:,.0f} in Python"
                )
        result["steps a second"] = rows
        for n in SIZES:
            frames, steps = page.evaluate(FRAMES, [n, 10])
            result[f"N = {n}, playing at 10 steps a frame"] = {"frames": frames, "steps": steps}
            print(f"N = {n}, playing: {frames:.0f} frames and {steps:.0f} steps a second")
        times = []
        for _ in range(7):
            fresh = browser.new_page(viewport={"width": 1280, "height": 900})
            fresh.goto(index.as_uri(), wait_until="commit")
            times.append(fresh.evaluate(FIRST) / 1000)
            fresh.close()
        result["first live frame on index, seconds"] = {
            "median": statistics.median(times),
            "worst": max(times),
        }
    print(f"first live frame after {statistics.median(times):.2f} s, at worst {max(times):.2f} s")
    text = live.script(*live.LIVE, *live.DIGITS).encode()  # of the first page
    result["script, bytes"], result["compressed"] = len(text), len(gzip.compress(text))
    out = ROOT / "benchmarks" / "results" / "live.json"
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
