// <phase-map for="lab's id">: shares over τ and N, whose cells load their configuration into a lab.
// data: {taus, sizes, share: [size][tau], spread, seeds, length, settings}
(() => {
"use strict";
const { Figure, ramp, expect, numbers, make, short, percent, clamp, define, shared } = globalThis.protolib;

// 3·10⁻³ and the like: short enough for a telephone
function power(tau) {
  const exponent = Math.floor(Math.log10(tau) + 1e-9), mantissa = Math.round(tau / 10 ** exponent);
  if (exponent > -2) return short(tau, 1);
  return `${mantissa === 1 ? "" : `${mantissa}·`}10⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[-exponent]}`;
}

class PhaseMap extends Figure {
  style_ = `
.map{display:grid;gap:2px;position:relative} .map button{padding:0;min-height:2.3rem;border:0;border-radius:2px;font-size:.78rem;min-width:0}
.map button[aria-pressed=true]{outline:4px double var(--ink);outline-offset:1px;z-index:1}
.map button.between{box-shadow:inset 0 0 0 2.5px var(--separation)}
.head{text-align:center;color:var(--muted);font-size:.75rem;align-self:center;overflow:hidden} `;

  body = `<div class="muted">temperature τ, from left to right; samples and units N, upwards</div>
<div class="map" role="group" aria-label="Share of prototypes outside the hull by τ and N; arrow keys move, Enter loads the cell into the lab"></div>
<p class="row"><output aria-live="polite"></output></p>`;

  check({ taus, sizes, share, spread, seeds, length }) {
    const { tau, size } = shared.lab.ranges;
    expect(numbers(taus, ...tau), "its temperatures are not numbers in range");
    expect(numbers(sizes, ...size), "its sizes are not numbers in range");
    for (const table of [share, spread])
      expect(Array.isArray(table) && table.length === sizes.length && table.every((row) => numbers(row, 0, 1) && row.length === taus.length),
        "its shares do not fit its sizes and temperatures");
    expect(seeds > 0 && length > 0, "it has no seeds or no length");
  }

  build() {
    const { taus, sizes, share } = this.data, map = this.$(".map");
    map.style.gridTemplateColumns = `2rem repeat(${taus.length}, minmax(0, 1fr))`;
    this.cells = [];
    for (let r = sizes.length - 1; r >= 0; r--) {
      map.append(make("div", { className: "head", textContent: sizes[r] }));
      taus.forEach((tau, c) => {
        const cell = make("button", { type: "button", textContent: Math.round(100 * share[r][c]) });
        const crowding = this.crowding(r, c);
        [cell.style.background, cell.style.color] = ramp(share[r][c] / 0.9);
        cell.className = crowding >= 0.5 && crowding < 1 ? "between" : "";
        cell.setAttribute("aria-label", this.words(r, c));
        cell.setAttribute("aria-pressed", "false");
        cell.tabIndex = this.cells.length ? -1 : 0;
        cell.addEventListener("click", () => this.choose(r, c));
        cell.addEventListener("focus", () => this.say(r, c));
        cell.addEventListener("pointerenter", () => this.say(r, c));
        cell.addEventListener("keydown", (event) => {
          const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
          if (!move) return;
          event.preventDefault();
          const to = this.cell(clamp(r + move[0], 0, sizes.length - 1), clamp(c + move[1], 0, taus.length - 1));
          cell.tabIndex = -1;
          to.tabIndex = 0;
          to.focus();
        });
        map.append(cell);
        this.cells.push({ r, c, cell });
      });
    }
    map.append(make("div"), ...taus.map((tau) => make("div", { className: "head", textContent: power(tau) })));
    this.$("output").textContent =
      `Numbers are percent outside, means of ${this.data.seeds} seeds. Outlined: the packing estimate, s from ½ to 1. Choose a cell.`;
  }

  cell(r, c) { return this.cells.find((o) => o.r === r && o.c === c).cell; }

  crowding(r, c) { return (this.data.sizes[r] * Math.sqrt(this.data.taus[c])) / this.data.length; }

  words(r, c) {
    const { taus, sizes, share, spread } = this.data;
    return `${percent(share[r][c])} outside at N = ${sizes[r]}, τ = ${short(taus[c], 1)}, crowding s = `
      + `${short(this.crowding(r, c), 2)}; seeds differ by ± ${percent(spread[r][c])}`;
  }

  say(r, c) { this.$("output").textContent = `${this.words(r, c)}.`; }

  // From a button: the cell of a size and a temperature.
  attempt({ size, tau }) {
    this.choose(this.data.sizes.indexOf(size), this.data.taus.indexOf(tau));
  }

  choose(r, c) {
    for (const o of this.cells) o.cell.setAttribute("aria-pressed", String(o.r === r && o.c === c));
    const lab = document.getElementById(this.getAttribute("for"));
    lab?.set({ ...this.data.settings, size: this.data.sizes[r], tau: this.data.taus[c], restart: true });
    lab?.play?.();
    lab?.scrollIntoView({ block: "nearest" });
    this.$("output").textContent = `${this.words(r, c)}. It now runs in the lab, seed ${lab?.state?.seed ?? ""}.`;
  }

  draw() {}
}
define("phase-map", PhaseMap);
})();
