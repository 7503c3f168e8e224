// <transition-map>: the edge of L1 recovery over K and M; a chosen cell solves one problem of its size.
// data: {features, seeds, samples, signs: [{nonnegative, theory: [δ of K = 1 … N], cells: [[K, M, mean, low, high]]}]}
(() => {
"use strict";
const P = globalThis.protolib, { Linked, expect, numbers, ramp, make, short, clamp, percent } = P;
const { mix, minus, norm, l1, basisPursuit, recoveryProblem } = P.sparse;
const { seed: SEEDS, recovered: RIGHT } = P.shared.map;
const MOST = 128; // features
const UNIT = 8; // pixels of one M
const count = (z) => z.reduce((sum, v) => sum + (Math.abs(v) > 1e-9), 0);

class TransitionMap extends Linked {
  style_ = `
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:.6rem 1.2rem;align-items:start}
.two>*{min-width:0} .say{min-height:2.9em;margin:.4rem 0}
.map{position:relative;margin:0 0 1.6rem 2.2rem;border-left:1px solid var(--muted);border-bottom:1px solid var(--muted);cursor:crosshair}
.map button{position:absolute;padding:0;min-height:0;height:22px;border:0;border-radius:2px;font-size:.78rem;min-width:0;outline-offset:1px}
.map button span{position:relative;padding:1px 4px;color:inherit;font-size:inherit;z-index:3} .map button[aria-pressed=true]{box-shadow:0 0 0 3px var(--pick)}
.map svg{position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:2;overflow:visible}
.map span{position:absolute;color:var(--muted);font-size:.75rem;line-height:1;pointer-events:none} .ring{width:16px;height:16px;margin:-8px 0 0 -8px;border:3px solid var(--pick);border-radius:50%;z-index:4}`;

  body = `<fieldset class="row"><legend>codes</legend></fieldset>
<div class="row"><label>K <input type="number" class="k" min="1" step="1"></label><label>M <input type="number" class="m" min="1" step="1"></label>
<label>problem <input type="number" class="seed" min="0" max="${SEEDS[1]}" step="1"></label><button type="button" class="next">Next problem</button></div>
<p class="hint" role="status"></p>
<div class="two"><div><div class="muted">percent recovered, by active features K (across) and units M (up); line: the prediction δ</div>
<div class="map" role="group" aria-label="Share of codes recovered by K and M; arrow keys move, Enter solves one problem of that size"></div></div>
<div><div class="muted">one problem, solved here</div><canvas class="stems" role="img"></canvas>
<label class="slider"><span><span>path of the lasso</span><output class="where" aria-live="off"></output></span><input type="range" class="way" min="0" step="1"></label>
<div class="row"><button type="button" class="main play">Play</button></div><canvas class="gone" role="img"></canvas></div></div>
<p class="say"><output class="said" aria-live="polite"></output></p>${P.COPY}`;

  hint = "";

  check({ features: N, seeds, samples, signs }) {
    expect(N >= 2 && N <= MOST && N % 1 === 0 && seeds > 0 && samples > 0, "its sizes are not whole numbers in range");
    expect(Array.isArray(signs) && signs.length > 0 && signs.every(({ theory, cells }) => numbers(theory) && theory.length === N
      && Array.isArray(cells) && new Set(cells.map(([k]) => k)).size > 1
      && cells.every((cell) => numbers(cell, 0, N) && cell.length === 5 && cell[0] >= 1 && cell[1] >= 1)),
      "its cells do not fit its features");
  }

  build() {
    super.build();
    this.data.signs.forEach(({ nonnegative }, k) => {
      const radio = make("input", { type: "radio", name: "signs", value: k });
      radio.addEventListener("change", () => this.user({ signs: k }));
      this.$("fieldset").append(make("label", {}, radio, nonnegative ? "z ≥ 0, and known to be" : "of both signs"));
    });
    for (const name of ["k", "m", "seed"]) this.on(`.${name}`, "change", (e) => this.user({ [name]: e.target.value }));
    for (const name of ["k", "m"]) this.$(`.${name}`).max = this.data.features;
    this.on(".next", "click", () => this.user({ seed: this.s.seed + 1 }));
    this.on(".way", "input", (e) => { this.stop(); this.go(Number(e.target.value)); });
    this.on(".play", "click", () => (this.timer ? this.stop() : this.play()));
    this.on(".map", "click", (event) => {
      if (event.target.closest("button")) return;
      const frame = this.$(".map").getBoundingClientRect(), column = Math.floor(((event.clientX - frame.left) / frame.width) * this.ks.length);
      this.user({ k: this.ks[clamp(column, 0, this.ks.length - 1)], m: Math.round((frame.bottom - event.clientY) / UNIT) });
    });
    const cells = this.data.signs[0].cells, [k, m] = cells[Math.floor(cells.length / 2)];
    this.s = { signs: 0, k, m, seed: 0 };
    this.set({}, undefined, false);
  }

  get world() { return this.data.signs[this.s.signs]; }
  get state() {
    const { k, m, seed } = this.s, { nonnegative } = this.world;
    return { k, m, seed, nonnegative, recovered: this.distance(this.end) <= RIGHT, found: Array.from(this.end.z), truth: Array.from(this.problem.truth),
      excess: this.excess, step: this.at, steps: this.path.length - 1, playing: Boolean(this.timer) };
  }
  get end() { return this.path.at(-1); }

  set(change, input = new P.Input(), animate = true) {
    this.stop();
    const has = (name) => change[name] !== undefined && change[name] !== null;
    const s = this.s, N = this.data.features, before = this.map === s.signs;
    const put = (name, word, range) => { if (has(name)) s[name] = input.number(word, change[name], range, true) ?? s[name]; };
    put("k", "K", [1, N]);
    put("m", "M", [1, N]);
    put("seed", "problem", SEEDS);
    put("signs", "signs", [0, this.data.signs.length - 1]);
    if (!before || this.map !== s.signs) this.drawMap();
    const { nonnegative } = this.world;
    this.problem = recoveryProblem(s.seed, s.m, N, s.k, nonnegative);
    ({ path: this.path, excess: this.excess } = basisPursuit(this.problem.A, mix(this.problem.A, this.problem.truth), nonnegative));
    this.controls();
    this.go(this.path.length - 1);
    this.$(".said").textContent = this.words();
    this.told(input);
    if (animate && !P.calm()) this.play();
  }

  distance({ z }) { return norm(minus(z, this.problem.truth)) / norm(this.problem.truth); }

  get query() { return `k=${this.s.k}&m=${this.s.m}&problem=${this.s.seed}&signs=${this.world.nonnegative ? "positive" : "both"}`; }

  // From a button: one problem of a size.
  attempt(change) { this.user(change); }

  open(text) {
    const input = new P.Input();
    this.set(this.parse(text, input), input, false);
  }

  parse(text, input) {
    const { k, m, problem: seed, signs: said } = P.words(text, ["k", "m", "problem", "signs"], input);
    const which = said === undefined ? undefined : input.choice("signs", said, ["positive", "both"]);
    const signs = which && this.data.signs.findIndex((o) => o.nonnegative === (which === "positive"));
    return { k, m, seed, signs: signs < 0 ? undefined : signs };
  }

  get python() {
    const { k, m, seed } = this.s, sign = this.world.nonnegative ? "True" : "False";
    return `from protolib.live.sparse import recovery_problem
from protolib.sparse import coding

A, z = recovery_problem(${seed}, ${m}, ${this.data.features}, ${k}, nonnegative=${sign})
found = coding.basis_pursuit(coding.mix(z, A), A, nonnegative=${sign})
print("recovered", coding.recovered(found, z).item())
print("norms", found.abs().sum().item(), z.abs().sum().item())
`;
  }

  // ------------------------------------------------------------ running

  go(step) {
    this.at = clamp(step, 0, this.path.length - 1);
    const { lam, z } = this.path[this.at], active = count(z);
    this.$(".way").value = this.at;
    this.$(".where").textContent = `${this.at} of ${this.path.length - 1}: λ = ${short(lam, 2)}, ${active} active`;
    this.$(".way").setAttribute("aria-valuetext", this.$(".where").textContent);
    this.draw();
  }

  play() {
    if (this.at >= this.path.length - 1) this.go(0);
    this.$(".play").textContent = "Pause";
    const wait = clamp(2000 / this.path.length, 20, 250);
    this.timer = setInterval(() => {
      this.go(this.at + 1);
      if (this.at >= this.path.length - 1) this.stop();
    }, wait);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.$(".play").textContent = "Play";
  }

  // ------------------------------------------------------------ the map

  X(k) { // percent of the width: columns in equal steps, straight lines between
    const ks = this.ks, at = ks.findIndex((value) => value >= k), last = ks.length - 1;
    const place = at === 0 ? 0 : at < 0 ? last : at - 1 + (k - ks[at - 1]) / (ks[at] - ks[at - 1]);
    return ((place + 0.5) / ks.length) * 100;
  }

  drawMap() {
    const { cells, theory } = this.world, N = this.data.features, map = this.$(".map"), height = (N + 2) * UNIT;
    this.map = this.s.signs;
    this.ks = [...new Set(cells.map(([k]) => k))];
    map.style.height = `${height}px`;
    const span = (text, left, bottom) => { const e = make("span", { textContent: text }); e.style.left = left; e.style.bottom = bottom; return e; };
    const line = Array.from({ length: 61 }, (_, i) => {
      const place = (i / 60) * (this.ks.length - 1), j = Math.min(Math.floor(place), this.ks.length - 2);
      const k = this.ks[j] + (place - j) * (this.ks[j + 1] - this.ks[j]), low = Math.floor(k);
      const delta = theory[low - 1] + (k - low) * ((theory[low] ?? theory[low - 1]) - theory[low - 1]);
      return `${this.X(k)},${100 - (100 * delta * UNIT) / height}`;
    }).join(" ");
    const stroke = (colour, width) => `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="${width}" vector-effect="non-scaling-stroke"/>`;
    map.innerHTML = `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${stroke("var(--paper)", 5)}${stroke("var(--ink)", 2)}</svg>`;
    for (let m = 0; m <= N; m += N / 8) map.append(span(m, "-1.6rem", `${m * UNIT - 5}px`));
    map.append(span("M", "-2.1rem", `${N * UNIT - (N / 16) * UNIT - 5}px`), span("K", "-1.1rem", "-1.2rem"));
    this.cells = cells.map(([k, m], i) => {
      const [fill, ink] = ramp(cells[i][2]), words = make("span", { textContent: Math.round(100 * cells[i][2]) });
      const cell = make("button", { type: "button" }, words);
      cell.style.background = fill;
      cell.style.color = ink;
      words.style.background = fill; // the line runs behind
      cell.style.left = `calc(${this.X(k) - 50 / this.ks.length}% + 2px)`;
      cell.style.width = `calc(${100 / this.ks.length}% - 4px)`;
      cell.style.bottom = `${m * UNIT - 11}px`;
      cell.setAttribute("aria-label", this.about(k, m));
      cell.addEventListener("click", () => this.user({ k, m }));
      cell.addEventListener("keydown", (event) => this.walk(event, i));
      map.append(cell);
      return { k, m, cell };
    });
    this.ks.forEach((k) => { const e = span(k, `${this.X(k)}%`, "-1.2rem"); e.style.transform = "translateX(-50%)"; map.append(e); });
    this.ring = make("span", { className: "ring" });
    map.append(this.ring);
    this.roam(Math.floor(this.cells.length / 2));
  }

  // Up and down in a column of K, left and right to the same place in the next.
  walk(event, i) {
    const { k, m } = this.cells[i], own = this.cells.filter((o) => o.k === k), place = own.findIndex((o) => o.m === m);
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    const to = this.cells.filter((o) => o.k === this.ks[clamp(this.ks.indexOf(k) + by[0], 0, this.ks.length - 1)]);
    this.roam(this.cells.indexOf(to[clamp(place + by[1], 0, to.length - 1)]));
    this.cells.find((o) => o.cell.tabIndex === 0).cell.focus();
  }

  roam(index) { this.cells.forEach((o, i) => { o.cell.tabIndex = i === index ? 0 : -1; }); }

  // What the page's own run says of a size.
  about(k, m) {
    const { cells, theory } = this.world, cell = cells.find(([a, b]) => a === k && b === m), { seeds, samples } = this.data;
    const size = `K = ${k} active of ${this.data.features}, M = ${m} units, predicted edge at ${short(theory[k - 1], 3)}`;
    return cell ? `${percent(cell[2])} of ${seeds * samples} codes recovered on this page at ${size}; in single dictionaries from ${percent(cell[3])} to ${percent(cell[4])}`
      : `${size}: not run on this page`;
  }

  words() {
    const { z } = this.end, own = l1(this.problem.truth), gone = this.distance(this.end), right = gone <= RIGHT;
    const proof = this.excess < 1e-8 ? "" : " (The solver did not reach the minimum.)";
    const tell = right ? `✓ recovered, ‖ẑ − z‖/‖z‖ = ${short(gone, 1)}` : l1(z) < own - 1e-9
      ? `✗ not recovered: another code makes the same y with a smaller ‖z‖₁, ${short(l1(z), 4)} against ${short(own, 4)}`
      : "✗ not recovered: other codes make the same y with the same ‖z‖₁";
    return `${this.about(this.s.k, this.s.m)}. Problem ${this.s.seed}, solved here: ${tell}.${proof}`;
  }

  controls() {
    const s = this.s;
    for (const name of ["k", "m", "seed"]) this.$(`.${name}`).value = s[name];
    this.shadowRoot.querySelectorAll("input[type=radio]").forEach((radio, k) => { radio.checked = k === s.signs; });
    this.$(".way").max = this.path.length - 1;
    this.cells.forEach((o, i) => {
      const here = o.k === s.k && o.m === s.m;
      o.cell.setAttribute("aria-pressed", String(here));
      if (here) this.roam(i);
    });
    this.ring.hidden = this.cells.some((o) => o.k === s.k && o.m === s.m);
    this.ring.style.left = `${this.X(s.k)}%`;
    this.ring.style.bottom = `${s.m * UNIT - 16}px`;
  }

  // ------------------------------------------------------------ drawing

  draw() {
    if (!this.path || !this.colours) return;
    const { truth } = this.problem, { z, lam } = this.path[this.at], active = count(z), c = this.colours, [g, width] = this.pen(".stems", 250);
    const most = Math.max(...[truth, this.end.z, z].map((code) => Math.max(...Array.from(code, Math.abs)))), N = truth.length;
    const low = this.world.nonnegative ? 0 : -most, X = (j) => 10 + ((j + 0.5) / N) * (width - 20);
    const stems = (code, top, colour, open = () => false) => {
      const Y = (value) => top + 18 + 88 * ((most - value) / (most - low));
      g.fillStyle = c.faint;
      g.fillRect(4, Y(0) - 0.5, width - 8, 1);
      code.forEach((value, j) => {
        if (Math.abs(value) < 1e-9) return;
        g.fillStyle = g.strokeStyle = colour;
        g.fillRect(X(j) - 0.75, Math.min(Y(0), Y(value)), 1.5, Math.abs(Y(value) - Y(0)));
        g.beginPath();
        g.arc(X(j), Y(value), 3.4, 0, 7);
        if (open(j)) g.fillStyle = c.paper;
        g.fill();
        g.lineWidth = 1.5;
        g.stroke();
      });
    };
    const scale = norm(truth), wrong = (j) => Math.abs(z[j] - truth[j]) > 1e-3 * scale;
    stems(truth, 0, c.muted);
    stems(z, 126, c.ink, wrong);
    g.fillStyle = c.muted;
    g.fillText(`true code: ${this.s.k} active of ${N}`, 4, 8);
    g.fillText(`found at λ = ${short(lam, 2)}: ${active} active (open: differs)`, 4, 134);
    this.$(".stems").setAttribute("aria-label", `Two stem plots over ${N} features. True code: ${this.s.k} active. Found at λ = ${short(lam, 2)}: ${active} active, `
      + `${[...z.keys()].filter(wrong).length} entries differ from the truth. ${this.words()}`);
    const [p, wide] = this.pen(".gone", 84), all = this.path.map((o) => this.distance(o)), high = Math.max(1, ...all);
    const at = (i) => [8 + (i / Math.max(all.length - 1, 1)) * (wide - 16), 20 + 56 * (1 - all[i] / high)];
    p.fillStyle = c.muted;
    p.fillText("‖z − truth‖/‖truth‖ along the path", 4, 8);
    p.fillStyle = c.faint;
    p.fillRect(4, 76, wide - 8, 1);
    p.strokeStyle = c.ink;
    p.lineWidth = 1.5;
    p.beginPath();
    all.slice(0, this.at + 1).forEach((_, i) => p.lineTo(...at(i)));
    p.stroke();
    p.fillStyle = all[this.at] <= RIGHT ? c.ink : c.paper;
    p.beginPath();
    p.arc(...at(this.at), 4, 0, 7);
    p.fill();
    p.stroke();
    this.$(".gone").setAttribute("aria-label", `Relative distance to the true code: ${short(all[this.at], 2)} at corner ${this.at}, ${short(all.at(-1), 2)} at the end.`);
  }
}

P.define("transition-map", TransitionMap);
})();
