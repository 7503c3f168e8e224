"""Mistakes planted by hand in the browser's network: the parity tests must find every one.

    python tools/mutate.py --engine

Each is a text that stands exactly once in the scripts of the live figures, and what is written in
its place. A mistake is found when one of `PARITY` fails on a page with the mistaken script; needs a
Chromium. Not part of `make test`: a few minutes.
"""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
MISTAKES = {
    "SeedSequence: a multiplier": ("MULT_B = 0x58f38ded", "MULT_B = 0x58f38dee"),
    "SeedSequence: key words beyond the pool": (
        "for (let s = 4; s < entropy.length; s++)", "for (let s = 5; s < entropy.length; s++)"),
    "SeedSequence: seeds of 33 bits and more": (
        "Math.floor(n / 2 ** 32)", "Math.floor(n / 2 ** 31)"),
    "SeedSequence: the pool is padded only where there is a key": (
        "while (entropy.length < 4)", "while (entropy.length < 3)"),
    "PCG64: the multiplier": ("0x2360ed051fc65da4", "0x2360ed051fc65da5"),
    "PCG64: 53 bits of a draw": ("Number(out >> 11n) / 2 ** 53", "Number(out >> 12n) / 2 ** 52"),
    "PCG64: the rotation": ("turn = state >> 122n", "turn = state >> 121n & 63n"),
    "the streams of inputs and start": ("generator(seed, INITIALISATION, units, dims), bound",
                                        "generator(seed, INPUTS, units, dims), bound"),
    "the start of readouts": ("bound = units ** -0.5", "bound = units ** -1"),
    "targets: the mean over dimensions": ("return sum / dims;", "return sum;"),
    "the slope floor": ("SLOPE_FLOOR = 1e-4", "SLOPE_FLOOR = 1e-5"),
    "the sign of a floored slope": (
        "(w < 0 || Object.is(w, -0) ? -SLOPE_FLOOR : SLOPE_FLOOR)", "SLOPE_FLOOR"),
    "a prototype's sign": ("= -theta[units * (1 + d) + j] / safeSlope(theta[j]);",
                           "= theta[units * (1 + d) + j] / safeSlope(theta[j]);"),
    "a unit's bump in several dimensions": ("h[i * units + j] = Math.exp(-square);",
                                            "h[i * units + j] = Math.exp(-square / dims);"),
    "the Hungarian algorithm: potentials": (
        "{ u[owner[j]] += delta; v[j] -= delta; }", "{ u[owner[j]] += delta; v[j] += delta; }"),
    "matching by sorting": ("match[i] = byP[k];", "match[i] = byP[byP.length - 1 - k];"),
    "transport takes distances for squares": (
        "out[i * n + j] = squared ? s : Math.sqrt(s);", "out[i * n + j] = Math.sqrt(s);"),
    "a sample left alone is free": ("sum += j < 0 ? diameter :", "sum += j < 0 ? 0 :"),
    "the charge is half the box": ("diameter = Math.hypot(...high.map((h, d) => h - low[d]));",
                                   "diameter = Math.hypot(...high.map((h, d) => h - low[d])) / 2;"),
    "of equally near prototypes the last": ("if (s < least) { least = s; best = j; }",
                                            "if (s <= least) { least = s; best = j; }"),
    "usage is counted over samples": (
        "return used.size / (p.length / dims);", "return used.size / (x.length / dims);"),
    "the hull's corners turn the other way": ("q) <= 0) chain.pop();", "q) >= 0) chain.pop();"),
    "the hull in the plane: an edge has ends": (
        "Math.min(1, Math.max(0, along))", "Math.max(0, along)"),
    "the tolerance of outside": ("(d > 1e-6)", "(d > 1e-2)"),
    "R² against zero": ("(t - mean) ** 2;", "t ** 2;"),
    "chance: the stream": ("generator(0, CHANCE,", "generator(1, CHANCE,"),
    "chance: the box": ("(high[k % dims] - low[k % dims]) * t", "high[k % dims] * t"),
    "τ squared": ('t *= Math.exp(-s / tau);', 't *= Math.exp(-s / tau ** 2);'),
    "a force's steepness": ("imq: 2 / tau", "imq: 4 / tau"),
    "own pairs push back": (
        "if (own) force[k * dims + d] -= push;", "if (own) force[k * dims + d] += push;"),
    "coverage by midpoints": (
        "(p[sorted[m]] + p[sorted[m + 1]]) * 0.5 < x[i]", "p[sorted[m]] < x[i]"),
    "the fit's factor 2": ("(2 * fitWeight) / samples", "fitWeight / samples"),
    "overlap counts itself": ("quiet * (row - h[j])", "quiet * row"),
    "a floored slope is pushed": ("free = Math.abs(theta[j]) >= SLOPE_FLOOR", "free = true"),
    "the weight of separation": ("(-lam * masks[1]) / pairs", "(-lam) / pairs"),
    "the sign of ∂p/∂w": ("gradient[j] -= push * p[", "gradient[j] += push * p["),
    "arrows: the slope moves a prototype too": ("+ value * g[j]) / safeSlope", ") / safeSlope"),
    "Adam's bias correction, one step late": (
        "t += 1;\nconst correction", "const correction"),
    "Adam's second moment": ("* (1 - 0.999);", "* (1 - 0.99);"),
    "Adam's ε": ("epsilon = 1e-8 * correction", "epsilon = 1e-6 * correction"),
}  # fmt: skip
PARITY = (  # the quick ones first
    "the_page_draws_the_numbers_of_numpy",
    "chance_is_that_of_protolib",
    "force_arrows_are_the_velocities_of_gradient_descent",
    "ties_go_to_the_first_prototype",
    "the_edges_agree_with_protolib",
    "every_mask_and_size_agrees_with_protolib",
    "every_attractor_and_kernel_agrees_with_protolib",
)


def _remembering(function):
    """What protolib says does not change with the mistake: computed once."""
    known = {}

    def remembered(*arguments, **named):
        key = repr((arguments, sorted(named.items())))
        if key not in known:
            known[key] = function(*arguments, **named)
        return known[key]

    return remembered


def main(only: str = "") -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import browser
    import test_edges_engine
    import torch

    from protolib import live

    try:
        import test_live_engine as tests
    except ModuleNotFoundError:
        import test_live as tests

    torch.set_num_threads(1)
    torch.set_printoptions(precision=17, threshold=10**6)  # arguments are told apart by their repr
    parity = vars(tests) | vars(test_edges_engine)
    for name in ("_cases", "_golden"):
        setattr(tests, name, _remembering(getattr(tests, name)))
    whole = live.script(*live.LIVE)
    missed = []
    with browser.open_browser() as chromium, tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "page.html").write_text(test_edges_engine.PAGE, encoding="utf-8")

        def failing(script) -> str | None:
            """The first parity test that fails on a page with this script."""
            (folder / "live.js").write_text(script, encoding="utf-8")
            page = chromium.new_page()

            def open_page(*_, **__):
                page.goto((folder / "page.html").as_uri())
                page.wait_for_function("() => globalThis.protolib?.trainer", timeout=20_000)
                return page, None

            try:
                for name in PARITY:
                    try:
                        parity[f"test_{name}"](open_page)
                    except Exception:
                        return name
            finally:
                with suppress(Exception):
                    page.close()
            return None

        if found := failing(whole):
            print(f"{found} fails without any mistake", file=sys.stderr)
            return 1
        for what, (right, wrong) in MISTAKES.items():
            if only not in what:
                continue
            if whole.count(right) != 1:
                print(f"stale: {what}: its text stands {whole.count(right)} times", file=sys.stderr)
                missed.append(what)
                continue
            found = failing(whole.replace(right, wrong))
            print(f"{'found ' if found else 'MISSED'} {what:50} {found or ''}", flush=True)
            missed += [] if found else [what]
    tried = sum(only in what for what in MISTAKES)
    print(f"{tried - len(missed)} of {tried} planted mistakes found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
