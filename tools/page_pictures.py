"""Photograph a figure of every chapter of the built book: 840 × 441 pixels, at most 20 KB.

    python tools/page_pictures.py [CHAPTER…]

`book/_ext/page_pictures.py` puts the pictures on cards and into previews of links. Which figure
stands for a chapter is said below, by the function that draws it (and the panels to show; all,
where none are named).
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "book" / "_ext")]

from browser import open_browser  # noqa: E402
from page_pictures import PICTURES, SIZE  # noqa: E402

HTML = ROOT / "_build" / "html" / "book"
CHOSEN = {
    "index": ("dimensions.sheets",),
    "model": ("model.fit_and_units",),
    "reconstruction": ("reconstruction.links",),
    "by-hand": ("by_hand.matchings",),
    "coverage": ("coverage.push",),
    "separation": ("separation.fields",),
    "overlap": ("overlap.fields",),
    "experiment": ("experiment.every_mask",),
    "expulsion": ("expulsion.maps",),
    "packing": ("packing.collapse",),
    "attractors": ("attractors.circles",),
    "robustness": ("robustness.verdicts",),
    "generalisation": ("generalisation.fits",),
    "coefficients": ("coefficients.window",),
    "dimensions": ("dimensions.sheets",),
    "scale": ("scale.sheets",),
    "privacy": ("privacy.sheets",),
    "identifiability": ("identifiability.axes_found",),
    "sparse-codes": ("sparse_codes.blocks",),
    "scores": ("scores.nine",),
    "chain": ("chain.meanings",),
    "universality": ("universality.two_runs",),
    "companions": ("companions.theirs_and_ours",),
    "bridge": ("bridge.plane",),
}

# The panels flow anew at some widths; the one that fills the picture best is taken.
STAGE = """([call, panels, width, height]) => {
  const cells = [...document.querySelectorAll("div.cell:has(.fig-panels)")];
  const cell = cells.find((one) => one.textContent.includes(`figures.${call}(`));
  const row = (cell ?? cells[0]).querySelector(".fig-panels");
  const all = [...row.children];
  all.filter((_, k) => panels.length && !panels.includes(k)).forEach((one) => one.remove());
  document.body.replaceChildren(row);
  document.body.style.cssText = "margin:0;padding:0;background:#fff;overflow:hidden;display:block";
  document.documentElement.style.overflow = "hidden";
  const place = (room, scale) => Object.assign(row.style, {
    position: "absolute", left: 0, top: 0, width: `${room}px`, overflow: "visible",
    justifyContent: "center", transformOrigin: "0 0", transform: `scale(${scale})` });
  let best = [0];
  for (let room = 240; room <= 1000; room += 20) {
    place(room, 1);
    const boxes = [...row.querySelectorAll("svg")].map((one) => one.getBoundingClientRect());
    const [left, top] = ["left", "top"].map((side) => Math.min(...boxes.map((b) => b[side])));
    const [right, bottom] = ["right", "bottom"].map((s) => Math.max(...boxes.map((b) => b[s])));
    const scale = Math.min((width - 50) / (right - left), (height - 42) / (bottom - top));
    const area = scale * (right - left) * scale * (bottom - top);
    if (area > best[0]) best = [area, room, scale, left, right, top, bottom];
  }
  const [, room, scale, left, right, top, bottom] = best;
  place(room, scale);
  row.style.left = `${(width - scale * (left + right)) / 2}px`;
  row.style.top = `${(height - scale * (top + bottom)) / 2}px`;
  return Boolean(cell);
}"""


def photograph(page, slug: str, call: str, *panels: int) -> int:
    """Write a chapter's picture; its size in bytes."""
    home = call.partition(".")[0].replace("_", "-")  # the page of the figure
    page.goto((HTML / f"{home}.html").as_uri())
    page.evaluate("() => document.fonts.ready")
    if not page.evaluate(STAGE, [call, panels, *SIZE]):
        print(f"{slug}: no figure by figures.{call}, so its first one; see CHOSEN", file=sys.stderr)
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    for colours in (64, 32, 16, 8):
        image.quantize(colours, dither=Image.Dither.NONE).save(
            PICTURES / f"{slug}.png", optimize=True
        )
        if (size := (PICTURES / f"{slug}.png").stat().st_size) <= 20_000:
            return size
    raise SystemExit(f"{slug}: the picture is too heavy; choose another figure")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with open_browser() as browser:
        width, height = SIZE
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="light",
            reduced_motion="reduce",
        )
        for slug in sys.argv[1:] or CHOSEN:
            print(f"{photograph(page, slug, *CHOSEN[slug]):6} bytes  {slug}")
