// <prototype-lab>: one network of protolib, alive. Attributes give its state, `state` reads and
// `set` changes it, "labchange" events tell of it. What stands inside the tag is shown in print
// and where scripts are off.
(() => {
"use strict";
const P = globalThis.protolib;
const LIMIT = 2000; // the book's nominal number of steps: playing pauses there once
const NAMES = ["coverage", "separation", "overlap"];
const LABELS = {
  coverage: "coverage (the paper's)", "soft coverage": "soft coverage", gaussian: "Gaussian kernel",
  imq: "inverse multiquadric", energy: "energy (distance)", transport: "transport",
};
const START = {
  dims: 1, size: 10, seed: 0, speed: 2, zoom: 1, curves: true, links: true, forces: false,
  ...P.DEFAULTS,
};
const PRESETS = {
  baseline: {},
  coverage: { masks: [1, 0, 0] },
  "overlap expels": { masks: [0, 0, 1], zoom: 3 },
  "separation below threshold": { masks: [0, 1, 0], size: 20, tau: 1e-4 },
  "separation above threshold": { masks: [0, 1, 0], size: 20, tau: 1, zoom: 3 },
  "repulsion with its attractor":
    { masks: [1, 1, 0], size: 20, kernel: "energy", attractor: "energy" },
};
const PLAIN = { masks: [0, 0, 0], tau: 1e-3, lam: 0.1, attractor: "coverage", kernel: "gaussian",
  zoom: 1, size: 10 };
const NUMBERS = { dims: [1, 2], size: [2, 60], seed: [0, 1e6], speed: [1, 100], zoom: [1, 10],
  lam: [0, 100], tau: [1e-8, 1e3], softness: [1e-6, 1e3], learning_rate: [1e-6, 1] };
const FLAGS = ["curves", "links", "forces"];
const DATA = ["samples", "slope", "bias", "readout", "offset", "prototypes"];
const SHORT = { size: "n", seed: "seed", tau: "tau", lam: "lambda", kernel: "kernel",
  attractor: "attractor", softness: "softness", learning_rate: "rate", dims: "dims",
  speed: "speed", zoom: "zoom" };

const PALETTES = {
  light: { ink: "#000000", coverage: "#0072b2", separation: "#d55e00", overlap: "#009e73",
    all: "#cc79a7", muted: "#6b6b6b", faint: "#d0d0d0", hull: "#f3e9cf", paper: "#ffffff" },
  dark: { ink: "#e6e6e6", coverage: "#4aa8e0", separation: "#f0803c", overlap: "#2fc79b",
    all: "#e39cc4", muted: "#a8a8a8", faint: "#4a4f57", hull: "#3a3526", paper: "#14181e" },
};

// The book's colours, light or dark as the text around is dark or light.
function palette(element) {
  const style = getComputedStyle(element);
  const [r, g, b] = (style.color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  const theme = PALETTES[0.3 * r + 0.59 * g + 0.11 * b > 128 ? "dark" : "light"], out = {};
  for (const name in theme) {
    const own = style.getPropertyValue(`--fig-${name}`).trim();
    out[name] = own && own !== "transparent" ? own : theme[name];
  }
  return out;
}

// Calls back when the theme changes: an attribute of the page's root or body, or the system.
function onTheme(callback) {
  const observer = new MutationObserver(callback);
  for (const root of [document.documentElement, document.body])
    observer.observe(root, { attributes: true, attributeFilter: ["data-theme", "class",
      "data-jp-theme-light"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  return () => { observer.disconnect(); system.removeEventListener("change", callback); };
}

const STYLE = `
:host{display:block;margin:.6rem 0;font-size:.92rem;line-height:1.4;color:inherit;container-type:inline-size}
:host([hidden]){display:none}
*{box-sizing:border-box} [hidden]{display:none!important}
.still{display:none}
button,select,input{font:inherit;color:inherit;background:transparent;border:1px solid var(--muted);
 border-radius:.35rem;min-height:2.1rem;padding:.1rem .6rem;max-width:100%}
select{background:var(--paper)} option{background:var(--paper);color:var(--ink)}
button{cursor:pointer} button:hover{border-color:var(--ink)}
button.play{font-weight:600;min-width:5.6rem;background:var(--ink);color:var(--paper);border-color:var(--ink)}
:focus-visible{outline:3px solid var(--coverage);outline-offset:2px}
.row{display:flex;flex-wrap:wrap;gap:.45rem .7rem;align-items:center;margin:.45rem 0}
label{display:inline-flex;gap:.35rem;align-items:center}
input[type=number]{width:4.6rem}
.stage{position:relative;touch-action:pan-y;user-select:none;-webkit-user-select:none}
canvas{display:block;width:100%;border:1px solid var(--faint);border-radius:.35rem}
.handle{position:absolute;width:24px;height:24px;margin:-12px 0 0 -12px;border-radius:50%;pointer-events:none}
.handle:focus-visible{outline-width:2px;outline-offset:0}
.scores{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.4rem .9rem;margin:.5rem 0}
.scores dt,small{color:var(--muted);font-size:.85em} small{display:block} .scores dd{margin:0;font-variant-numeric:tabular-nums}
.scores b{font-size:1.1em} .bar{position:relative;height:7px;background:var(--faint);border-radius:4px;margin-top:3px}
.bar i{position:absolute;inset:0 auto 0 0;background:var(--ink);border-radius:4px}
.bar u{position:absolute;top:-3px;bottom:-3px;width:2px;background:var(--muted)}
fieldset{border:0;padding:0;margin:.3rem 0;min-width:0} legend{padding:0;font-weight:600}
.switch{border:2px solid var(--c);border-radius:1.2rem;padding:.1rem .8rem;min-height:2.3rem}
.switch[aria-checked=true]{background:var(--c);color:var(--paper)} .force{display:inline-flex;flex-wrap:wrap;gap:.3rem} .switch::before{content:"○ "}
.switch[aria-checked=true]::before{content:"● "}
.sliders{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:.5rem 1.2rem}
.slider{display:block} .slider>span:first-child{display:flex;justify-content:space-between;gap:.5rem}
.slider output{font-variant-numeric:tabular-nums;color:var(--muted);text-align:right}
input[type=range]{display:block;width:100%;padding:0;border:0;min-height:1.9rem;accent-color:var(--ink);margin:0}
.mark{display:block;margin:-.2rem 8px 0;font-size:.8rem;color:var(--muted)}
.mark i{display:block;height:5px;background:var(--separation);border-radius:2px;min-width:4px}
.mark em{font-style:normal}
summary{cursor:pointer;padding:.25rem 0;font-weight:600}
.note{color:var(--muted);min-height:1.4em} .sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
textarea{width:100%;min-height:7rem;font:.8rem/1.4 ui-monospace,monospace;color:inherit;background:transparent;border:1px solid var(--muted)}
@container (max-width:480px){.stage{position:sticky;top:3rem;z-index:1;background:var(--paper)}}
@media print{.lab{display:none}.still{display:block}}
`;

const BODY = `
<div class="lab" part="lab">
 <div class="row" role="group" aria-label="Run">
  <button class="play" type="button">Play</button>
  <button class="step" type="button" title="one step of training">Step</button>
  <button class="reset" type="button" title="back to the start of this seed">Reset</button>
  <label>seed <input class="seed" type="number" min="0" max="1000000" step="1"></label>
  <label><span>preset</span> <select class="preset"></select></label>
 </div>
 <div class="stage"><canvas role="img"></canvas>
  <div class="handle" role="slider" tabindex="0" data-of="sample"></div>
  <div class="handle" role="slider" tabindex="0" data-of="prototype"></div></div>
 <fieldset><legend>Forces beside the fit</legend><div class="row forces"></div></fieldset>
 <dl class="scores"></dl>
 <p class="sr status" role="status" aria-live="polite"></p>
 <div class="sliders main"></div>
 <details><summary>More controls</summary>
  <div class="sliders rest"></div>
  <div class="row shows" role="group" aria-label="Show"></div></details>
 <div class="row"><button class="link" type="button">Copy link to this state</button>
  <button class="python" type="button">Copy as Python</button> <span class="note"></span></div>
 <textarea hidden readonly aria-label="text to copy"></textarea>
</div><div class="still"><slot></slot></div>`;

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const short = (value, digits = 3) =>
  !Number.isFinite(value) ? "∞" : Math.abs(value) >= 1000 ? value.toExponential(1)
    : String(Number(value.toPrecision(digits)));
const percent = (share) => `${Math.round(100 * share)}%`;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const bool = (value) => value === true || value === 1 || value === "1" || value === "true" || value === "";

class PrototypeLab extends HTMLElement {
  #s = { ...START, masks: [...START.masks] };
  #x; #y; #theta; #train; #custom = false;
  #steps = 0; #until = LIMIT; #playing = false; #wants = false; #visible = false;
  #frame = 0; #stale = true; #undo = []; #grip = null; #chosen = { sample: 0, prototype: 0 };
  #history = []; #lastScores = 0; #lastTold = 0; #debt = 0; #made = false; #chance = null;
  #changed = false; // whether settings or points were changed while it ran

  constructor() { // a notebook sets the state before it puts the figure on the page
    super();
    this.attachShadow({ mode: "open" }).innerHTML = `<style>${STYLE}</style>${BODY}`;
    this.#build();
  }

  connectedCallback() {
    if (!this.#made) {
      this.#made = true;
      this.#read();
      if (!this.#theta) this.#restart();
    }
    const resize = new ResizeObserver(() => this.#redraw());
    resize.observe(this.$("canvas"));
    const see = new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1).isIntersecting;
      if (this.#visible) this.#schedule();
    });
    see.observe(this);
    const hash = () => this.#readHash();
    addEventListener("hashchange", hash);
    this.#undo = [() => resize.disconnect(), () => see.disconnect(),
      () => removeEventListener("hashchange", hash),
      onTheme(() => { this.#paint(); this.#redraw(); })];
    this.#paint();
    const linked = this.#readHash();
    this.#controls();
    this.#redraw();
    this.#tell(true);
    this.#wants = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.hasAttribute("autoplay") && this.#wants && !linked) this.play();
  }

  disconnectedCallback() {
    this.pause();
    this.#undo.forEach((undo) => undo());
  }

  $(selector) { return this.shadowRoot.querySelector(selector); }

  // ------------------------------------------------------------ state

  get playing() { return this.#playing; }
  get step() { return this.#steps; }
  get samples() { return this.#points(this.#x); }
  get prototypes() { return this.#points(P.prototypes(this.#theta, this.#s.dims)); }

  // Everything that the lab shows, as plain data; the names are those of the notebook's Lab.
  get state() {
    const { dims } = this.#s, t = this.#theta, units = P.unitsOf(t, dims), part = (k) =>
      Array.from(t.slice(k * units, (k + 1) * units));
    const bias = Array.from({ length: units }, (_, j) =>
      Array.from({ length: dims }, (_, d) => t[units * (1 + d) + j]));
    return {
      ...this.#s, masks: [...this.#s.masks], samples: this.samples, prototypes: this.prototypes,
      slope: part(0), bias: dims === 1 ? bias.map(([b]) => b) : bias, readout: part(dims + 1),
      offset: t[t.length - 1], step: this.#steps, playing: this.#playing, scores: this.scores,
    };
  }

  get scores() {
    const { dims } = this.#s, x = this.#x, p = P.prototypes(this.#theta, dims), key = [x, p.length].join();
    if (this.#chance?.key !== key)
      this.#chance = { key, ...P.chance(x, p.length / dims, dims, dims === 1 ? 200 : 50) };
    const chance = this.#chance;
    return {
      error: P.reconstructionError(p, x, dims), chance_error: chance.error,
      specialization: P.specializationRatio(p, x, dims), chance_specialization: chance.ratio,
      expelled: P.expelledShare(p, x, dims), farthest: Math.max(...P.hullDistance(p, x, dims)),
      r2: P.fitR2(P.predict(this.#theta, x, dims), this.#y),
    };
  }

  // Changes any part of the state. Names as in `state`; preset names a preset.
  set(change) {
    const s = this.#s, before = [s.dims, s.size, s.seed].join();
    if (change.preset !== undefined) {
      if (!(change.preset in PRESETS)) throw new Error(`no preset is called ${change.preset}`);
      change = { ...PLAIN, ...PRESETS[change.preset], ...change };
    }
    for (const name in NUMBERS) {
      const value = Number(change[name] ?? s[name]);
      if (Number.isFinite(value)) s[name] = clamp(value, ...NUMBERS[name]);
    }
    for (const name of ["size", "seed", "dims"]) s[name] = Math.round(s[name]);
    if (change.masks) s.masks = [0, 1, 2].map((k) => Number(change.masks[k]) || 0);
    if (P.ATTRACTORS.includes(change.attractor)) s.attractor = change.attractor;
    if (P.KERNELS.includes(change.kernel)) s.kernel = change.kernel;
    for (const flag of FLAGS) if (change[flag] !== undefined) s[flag] = bool(change[flag]);
    const anew = change.preset !== undefined || change.restart || !this.#theta;
    if (anew || before !== [s.dims, s.size, s.seed].join()) {
      this.#custom = false;
      this.#restart();
    }
    if (DATA.some((name) => change[name])) this.#put(change);
    if (change.step !== undefined) this.#steps = change.step;
    this.#note("");
    this.#controls();
    this.#redraw();
    if (change.playing === true) this.play();
    if (change.playing === false && this.#playing) this.pause();
  }

  // Samples, weights or prototypes as given; weights first, then prototypes by b = −w p.
  #put(change) {
    const { dims } = this.#s;
    if (change.samples && change.samples.length) {
      const x = Float64Array.from(change.samples.flat());
      if (x.join() !== this.#x.join()) this.#custom = true;
      this.#x = x;
      this.#y = P.sine(x, dims);
      this.#s.size = x.length / dims;
    }
    const { slope, bias, readout, offset } = change;
    if (slope && bias && readout) {
      const units = slope.length, theta = new Float64Array(units * (dims + 2) + 1);
      theta.set(slope);
      bias.forEach((b, j) => [b].flat().forEach((value, d) => { theta[units * (1 + d) + j] = value; }));
      theta.set(readout, units * (dims + 1));
      theta[theta.length - 1] = offset ?? 0;
      this.#adopt(theta);
    } else if (this.#custom && P.unitsOf(this.#theta, dims) !== this.#s.size && !change.prototypes) {
      this.#adopt(P.initialise(this.#s.seed, this.#s.size, dims));
    }
    if (change.prototypes && change.prototypes.length) {
      const units = change.prototypes.length;
      if (units !== P.unitsOf(this.#theta, dims)) this.#adopt(P.initialise(this.#s.seed, units, dims));
      change.prototypes.forEach((p, j) => this.#place(j, [p].flat()));
    }
  }

  #place(j, p) {
    const theta = this.#theta, units = P.unitsOf(theta, this.#s.dims);
    p.forEach((value, d) => { theta[units * (1 + d) + j] = -P.safeSlope(theta[j]) * value; });
  }

  #adopt(theta) {
    this.#theta = theta;
    this.#train = P.trainer(theta);
    this.#steps = 0;
    this.#until = LIMIT;
    this.#history = [];
    this.#changed = false;
  }

  #restart() {
    const { seed, size, dims } = this.#s;
    if (!this.#custom) {
      this.#x = P.uniform(seed, size, dims);
      this.#y = P.sine(this.#x, dims);
    }
    this.#adopt(P.initialise(seed, size, dims));
  }

  #points(flat) {
    const { dims } = this.#s, list = Array.from(flat);
    return dims === 1 ? list : list.flatMap((v, k) => (k % 2 ? [] : [[v, list[k + 1]]]));
  }

  #read() {
    const change = {};
    for (const { name, value } of this.attributes) change[name === "n" ? "size" : name] = value;
    if (typeof change.masks === "string") change.masks = change.masks.split("").map(Number);
    this.set({ ...change, step: undefined, playing: undefined });
  }

  // ------------------------------------------------------------ the address of a state

  // What a link holds: only what differs from the nominal state.
  get query() {
    const s = this.#s, parts = [];
    for (const name in SHORT)
      if (name in PLAIN || s[name] !== START[name]) parts.push(`${SHORT[name]}=${encodeURIComponent(s[name])}`);
    parts.push(`masks=${s.masks.join("")}`);
    for (const flag of FLAGS) if (s[flag] !== START[flag]) parts.push(`${flag}=${+s[flag]}`);
    if (this.#custom) parts.push(`x=${Array.from(this.#x, (v) => +v.toFixed(4)).join("_")}`);
    return parts.join("&");
  }

  #readHash() {
    const prefix = `#${this.id}:`;
    if (!this.id || !location.hash.startsWith(prefix)) return false;
    const given = new URLSearchParams(location.hash.slice(prefix.length)), change = {};
    for (const name in SHORT) if (given.has(SHORT[name])) change[name] = given.get(SHORT[name]);
    if (given.has("preset")) change.preset = given.get("preset");
    if (given.has("masks")) change.masks = given.get("masks").split("").map(Number);
    for (const flag of FLAGS) if (given.has(flag)) change[flag] = given.get(flag);
    if (given.has("x")) {
      const x = given.get("x").split("_").map(Number).filter(Number.isFinite);
      const dims = Number(change.dims ?? this.#s.dims);
      change.samples = dims === 1 ? x : x.flatMap((v, k) => (k % 2 ? [] : [[v, x[k + 1]]]));
      change.size = change.samples.length;
    }
    if (change.preset && !(change.preset in PRESETS)) delete change.preset;
    this.set({ ...change, restart: true, playing: false });
    this.scrollIntoView({ block: "start" });
    return true;
  }

  #remember() {
    if (!this.id || !this.isConnected || !this.hasAttribute("linked")) return;
    try { history.replaceState(history.state, "", `#${this.id}:${this.query}`); } catch { /* a frame */ }
  }

  // The same run in Python, with protolib.
  get python() {
    const s = this.#s, list = (a) => `[${this.#points(a).map((p) => `[${[p].flat().join(", ")}]`).join(", ")}]`;
    const config = [`steps=${this.#steps || LIMIT}`];
    for (const name of ["lam", "tau", "attractor", "kernel", "softness", "learning_rate"])
      if (s[name] !== P.DEFAULTS[name])
        config.push(`${name}=${Number.isInteger(s[name]) ? s[name].toFixed(1) : JSON.stringify(s[name])}`);
    const size = this.#custom ? `${s.size}` : "N";
    const changed = this.#changed
      ? "# The settings shown now, from the start of this seed: what was changed on the way is not in it.\n" : "";
    return `${changed}import torch
from protolib import data, hull, matching, model, training

seed, N = ${s.seed}, ${s.size}
x = ${this.#custom ? `torch.tensor([${list(this.#x)}], dtype=torch.float64)`
    : `data.uniform([seed], N, ${s.dims}, dtype=torch.float64)`}
start = model.initialise([seed], ${size}, ${s.dims}, dtype=torch.float64)
masks = torch.tensor([[${s.masks.map((m) => m.toFixed(1)).join(", ")}]], dtype=torch.float64)
config = training.TrainConfig(${config.join(", ")})
trained = training.train(start, x, data.sine(x), masks, config)
p = model.prototypes(trained.parameters)
print("error", matching.reconstruction_error(p, x).item())
print("outside the hull", hull.expelled_share(p, x).item())
`;
  }

  // ------------------------------------------------------------ running

  play() {
    if (this.#steps >= this.#until) this.#until = Infinity;
    this.#wants = true;
    this.#playing = true;
    this.#controls();
    this.#schedule();
  }

  pause() {
    this.#wants = false;
    this.#stop();
  }

  // A pause that a touch of the controls ends: at the nominal number of steps.
  #stop() {
    this.#playing = false;
    this.#controls();
    this.#tell(true);
    this.#redraw();
  }

  #resume() {
    if (this.#playing) return;
    this.#until = this.#steps + LIMIT;
    this.#playing = true;
    this.#controls();
    this.#schedule();
  }

  advance(count = 1) {
    for (let left = count; left > 0;) {
      const now = Math.min(left, 8 - (this.#steps % 8));
      this.#train(now, this.#x, this.#y, this.#s.dims, this.#s);
      this.#steps += now;
      left -= now;
      if (this.#grip?.of === "prototype") this.#place(this.#grip.index, this.#grip.at);
      if (this.#steps % 8 === 0) this.#record();
    }
    this.#redraw();
  }

  #record() {
    this.#history.push(P.prototypes(this.#theta, this.#s.dims));
    if (this.#history.length > 160) this.#history.shift();
  }

  #schedule() {
    if (!this.#frame && this.isConnected) this.#frame = requestAnimationFrame((t) => this.#tick(t));
  }

  #redraw() {
    this.#stale = true;
    this.#schedule();
  }

  #tick(time) {
    this.#frame = 0;
    if (this.#playing && this.#visible && !document.hidden) {
      const begin = performance.now();
      this.#debt = Math.min(this.#debt + this.#s.speed, 200); // steps a frame need not be whole
      while (this.#debt >= 1 && performance.now() - begin < 9 && this.#steps < this.#until) {
        const now = Math.min(4, Math.floor(this.#debt), this.#until - this.#steps);
        this.advance(now);
        this.#debt -= now;
      }
      if (this.#steps >= this.#until) {
        this.#until = Infinity;
        this.#stop();
      }
      this.#schedule();
    }
    if (this.#stale) {
      this.#stale = false;
      this.#draw();
      if (!this.#playing || time - this.#lastScores > 120) {
        this.#lastScores = time;
        this.#showScores();
      }
    }
    if (this.#playing) this.#tell(false);
  }

  #tell(now) {
    const status = this.$(".status");
    status.dataset.step = this.#steps;
    if (!now && this.#steps - this.#lastTold < 1000) return;
    this.#lastTold = this.#steps;
    status.textContent = this.#summary();
    this.$("canvas").setAttribute("aria-label", `${this.#summary()} ${this.#s.dims === 1
      ? "From top to bottom: the function and the samples; the responses; samples joined to their prototypes; the prototypes' recent paths."
      : "Samples are dots, prototypes triangles, links join each sample to its prototype; the shaded polygon is the hull of the samples."}`);
    this.dispatchEvent(new Event("labchange"));
  }

  #summary() {
    const q = this.scores, n = P.unitsOf(this.#theta, this.#s.dims);
    const on = NAMES.filter((_, k) => this.#s.masks[k]).map((name) => (name === "coverage" ? this.#s.attractor : name));
    return `Step ${this.#steps}, ${on.length ? on.join(" and ") : "the fit alone"}: error ${short(q.error)}, `
      + `chance ${short(q.chance_error)}; ${Math.round(q.expelled * n)} of ${n} prototypes outside the hull; `
      + `R² ${short(q.r2)}.`;
  }

  // ------------------------------------------------------------ controls

  #build() {
    const on = (selector, event, act) => this.$(selector).addEventListener(event, act);
    on(".play", "click", () => (this.#playing ? this.pause() : this.play()));
    on(".step", "click", () => { this.pause(); this.advance(1); this.#tell(true); });
    on(".reset", "click", () => {
      this.#custom = false;
      this.#restart();
      this.#touched();
    });
    on(".seed", "change", (e) => this.#user({ seed: e.target.value }));
    const preset = this.$(".preset");
    preset.append(make("option", { value: "", textContent: "choose…" }),
      ...Object.keys(PRESETS).map((name) => make("option", { value: name, textContent: name })));
    on(".preset", "change", (e) => {
      if (e.target.value) this.#user({ preset: e.target.value, dims: this.#s.dims });
      e.target.value = "";
    });
    NAMES.forEach((name, k) => {
      const button = make("button", { type: "button", className: "switch", textContent: name });
      button.setAttribute("role", "switch");
      button.style.setProperty("--c", `var(--${name})`);
      button.addEventListener("click", () =>
        this.#user({ masks: this.#s.masks.map((m, i) => (i === k ? +!m : m)) }));
      const group = make("span", { className: "force" }, button);
      const [select, list, label] = [["attractor", P.ATTRACTORS, "form of the attractor"],
        ["kernel", P.KERNELS, "kernel of separation"]][k] ?? [];
      if (select) {
        const choice = make("select", { className: select, ariaLabel: label, title: label });
        choice.append(...list.map((value) => make("option", { value, textContent: LABELS[value] })));
        choice.addEventListener("change", () => this.#user({ [select]: choice.value }));
        group.append(choice);
      }
      this.$(".forces").append(group);
    });
    const match = make("button", { type: "button", className: "match",
      title: "attract with the kernel that separation repels with", textContent: "match the attractor to separation" });
    match.addEventListener("click", () => {
      this.$(".attractor").focus(); // the button is about to go
      this.#user({ attractor: this.#s.kernel, masks: [1, this.#s.masks[1], this.#s.masks[2]] });
    });
    this.$(".forces").append(match);
    const slider = (where, name, label, low, high, step, log) => {
      const input = make("input", { type: "range", min: low, max: high, step, className: `s-${name}` });
      const box = make("label", { className: "slider" },
        make("span", {}, make("span", { textContent: label }), make("output", { className: `o-${name}` })), input);
      if (name === "tau") box.append(make("span", { className: "mark" }, make("i"), make("em")));
      input.addEventListener("input", () =>
        this.#user({ [name]: log ? Number((10 ** input.value).toPrecision(3)) : Number(input.value) }));
      this.$(where).append(box);
    };
    slider(".main", "tau", "temperature τ", -6, 1, 0.05, true);
    slider(".main", "size", "samples and units N", 2, 60, 1);
    slider(".main", "lam", "coefficient λ", -3, 1, 0.05, true);
    slider(".main", "speed", "steps a frame", 0, 2, 0.1, true);
    slider(".rest", "zoom", "view, times the hull", 0, 1, 0.05, true);
    for (const [flag, label] of [["curves", "responses"], ["links", "matching"], ["forces", "force arrows"]]) {
      const box = make("input", { type: "checkbox", className: `f-${flag}` });
      box.style.minHeight = 0;
      box.addEventListener("change", () => this.#user({ [flag]: box.checked }));
      this.$(".shows").append(make("label", {}, box, label));
    }
    on(".link", "click", () => {
      const address = `${location.href.split("#")[0]}#${this.id || "lab"}:${this.query}`;
      this.#copy(address, "The link is copied.");
    });
    on(".python", "click", () => this.#copy(this.python,
      `The Python is copied.${this.#changed ? " It starts afresh with the settings shown now." : ""}`));
    this.#dragging();
  }

  // A change by the reader's hand: it also goes to the address, and wakes a lab at its limit.
  #user(change) {
    const before = this.#steps;
    this.set(change);
    this.#changed ||= before > 0 && this.#steps > 0 && Object.keys(change).some((name) => name in P.DEFAULTS);
    this.#touched();
  }

  #touched() {
    this.#remember();
    this.#controls();
    this.#redraw();
    this.#tell(true);
    if (this.#wants) this.#resume();
  }

  async #copy(text, done) {
    const area = this.$("textarea");
    area.value = text;
    try {
      await navigator.clipboard.writeText(text);
      area.hidden = true;
      this.#note(done);
    } catch {
      area.hidden = false;
      area.focus();
      area.select();
      this.#note("Select and copy:");
    }
  }

  #note(text) { this.$(".note").textContent = text; }

  #controls() {
    const s = this.#s, text = (name, value) => { this.$(`.o-${name}`).textContent = value; };
    this.$(".play").textContent = this.#playing ? "Pause" : "Play";
    if (this.shadowRoot.activeElement !== this.$(".seed")) this.$(".seed").value = s.seed;
    this.shadowRoot.querySelectorAll(".switch").forEach((button, k) => {
      button.setAttribute("aria-checked", String(Boolean(s.masks[k])));
      if (k === 0) button.textContent = s.attractor === "coverage" ? "coverage" : "attractor";
    });
    this.$(".match").hidden = !s.masks[1] || (s.masks[0] && s.attractor === s.kernel);
    for (const [name, log] of [["tau", 1], ["size", 0], ["speed", 1], ["lam", 1], ["zoom", 1]]) {
      const input = this.$(`.s-${name}`), value = log ? Math.log10(Math.max(s[name], 1e-9)) : s[name];
      if (Math.abs(Number(input.value) - value) > (log ? 0.026 : 0)) input.value = value;
    }
    const [low, high] = P.box(this.#x ?? [0, 1], s.dims), length = Math.hypot(...high.map((h, d) => h - low[d])) / Math.sqrt(s.dims);
    const room = s.size ** (1 / s.dims), crowding = (room * Math.sqrt(s.tau)) / length;
    const uses = s.kernel !== "energy";
    text("tau", `${short(s.tau, 2)}${uses ? `, s = ${short(crowding, 2)}` : ""}`);
    text("size", s.size); text("speed", short(s.speed, 2)); text("lam", short(s.lam, 2)); text("zoom", short(s.zoom, 2));
    const at = (crowd) => clamp((Math.log10((crowd * length / room) ** 2) + 6) / 7, 0, 1) * 100;
    const mark = this.$(".mark i"), words = this.$(".mark em");
    mark.style.marginLeft = `${at(0.5)}%`;
    mark.style.width = `${at(1) - at(0.5)}%`;
    words.textContent = uses ? "bar: the packing threshold, crowding s = ½ to 1" : "the energy kernel has no τ";
    mark.hidden = !uses;
    this.$(".s-tau").setAttribute("aria-valuetext", `${short(s.tau, 2)}, crowding ${short(crowding, 2)}, threshold one half to one`);
    this.$(".attractor").value = s.attractor;
    this.$(".kernel").value = s.kernel;
    for (const flag of FLAGS) this.$(`.f-${flag}`).checked = s[flag];
  }

  #showScores() {
    const q = this.scores, n = P.unitsOf(this.#theta, this.#s.dims), list = this.$(".scores");
    const rows = [
      ["reconstruction error", short(q.error), `chance ${short(q.chance_error, 2)}, ideal 0`,
        q.error / (2 * q.chance_error), 0.5],
      ["specialization", short(q.specialization, 2), `chance ${short(q.chance_specialization, 2)}, ideal 1`,
        q.specialization, q.chance_specialization],
      ["outside the hull", `${Math.round(q.expelled * n)} of ${n}`,
        q.expelled ? `ideal 0; up to ${short(q.farthest, 2)}` : "ideal 0", q.expelled, 0],
      ["fit, R²", q.r2 > 0.9995 ? "> 0.999" : short(q.r2), "ideal 1", q.r2, null],
      ["step", String(this.#steps), `nominal ${LIMIT}`,
        this.#steps / LIMIT, null],
    ];
    if (list.children.length !== rows.length)
      list.replaceChildren(...rows.map(([name]) => make("div", {}, make("dt", { textContent: name }),
        make("dd", { innerHTML: '<b></b> <small></small><div class="bar"><i></i><u></u></div>' }))));
    rows.forEach(([, value, hint, share, level], k) => {
      const cell = list.children[k];
      cell.querySelector("b").textContent = value;
      cell.querySelector("small").textContent = hint;
      cell.querySelector("i").style.width = `${100 * clamp(share, 0, 1)}%`;
      cell.querySelector("u").hidden = level === null;
      cell.querySelector("u").style.left = `${100 * (level ?? 0)}%`;
    });
    this.$(".status").dataset.step = this.#steps;
    this.dispatchEvent(new Event("labchange"));
  }

  #paint() {
    this.colours = palette(this);
    for (const name in this.colours) this.style.setProperty(`--${name}`, this.colours[name]);
  }

  // ------------------------------------------------------------ dragging, by pointer and keyboard

  #list(of) { return of === "sample" ? this.samples : this.prototypes; }

  #move(of, index, point) {
    this.#changed ||= of === "prototype" || this.#steps > 0;
    if (of === "sample") {
      point.forEach((value, d) => { this.#x[index * this.#s.dims + d] = clamp(value, -1, 1); });
      this.#y = P.sine(this.#x, this.#s.dims);
      this.#custom = true;
    } else this.#place(index, point);
    this.#redraw();
  }

  #dragging() {
    const canvas = this.$("canvas");
    const where = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    const hit = ([px, py], reach) => {
      let best = null, least = reach ** 2;
      for (const of of ["prototype", "sample"])
        this.#list(of).forEach((point, index) => {
          for (const [x, y] of this.#spots(of, index, point)) {
            const distance = (x - px) ** 2 + (y - py) ** 2;
            if (distance < least) { least = distance; best = { of, index, at: [point].flat() }; }
          }
        });
      return best;
    };
    canvas.addEventListener("pointerdown", (event) => {
      this.#grip = hit(where(event), event.pointerType === "mouse" ? 14 : 24);
      if (!this.#grip) return;
      this.#chosen[this.#grip.of] = this.#grip.index;
      try { canvas.setPointerCapture(event.pointerId); } catch { /* a made-up pointer */ }
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#grip) {
        canvas.style.cursor = hit(where(event), 14) ? "grab" : "";
        return;
      }
      this.#grip.at = this.#unproject(where(event));
      this.#move(this.#grip.of, this.#grip.index, this.#grip.at);
    });
    const drop = () => {
      if (this.#grip) { this.#grip = null; this.#touched(); }
    };
    canvas.addEventListener("pointerup", drop);
    canvas.addEventListener("pointercancel", drop);
    // a finger on a point drags it; beside the points it scrolls the page
    canvas.addEventListener("touchstart", (event) => {
      if (hit(where(event.touches[0]), 24)) event.preventDefault();
    }, { passive: false });
    for (const handle of this.shadowRoot.querySelectorAll(".handle"))
      handle.addEventListener("keydown", (event) => {
        const { of } = handle.dataset, { dims } = this.#s, list = this.#list(of), by = event.shiftKey ? 0.1 : 0.02;
        let index = clamp(this.#chosen[of], 0, list.length - 1);
        const point = [list[index]].flat(), next = { PageDown: 1, PageUp: -1 };
        if (dims === 1) Object.assign(next, { ArrowDown: 1, ArrowUp: -1 });
        const moves = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [1, by], ArrowDown: [1, -by] };
        if (event.key in next) {
          index = (index + next[event.key] + list.length) % list.length;
          this.#chosen[of] = index;
        } else if (event.key in moves) {
          const [d, step] = moves[event.key];
          point[d] += step;
          this.#move(of, index, point);
          this.#touched();
        } else return;
        event.preventDefault();
        this.#redraw();
      });
  }

  #handles() {
    for (const handle of this.shadowRoot.querySelectorAll(".handle")) {
      const { of } = handle.dataset, list = this.#list(of), index = clamp(this.#chosen[of], 0, list.length - 1);
      const point = list[index], [x, y] = this.#spots(of, index, point)[0], { width } = this.view;
      handle.style.left = `${clamp(x, 8, width - 8)}px`;
      handle.style.top = `${y}px`;
      handle.setAttribute("aria-label", `${of} ${index + 1} of ${list.length}; arrow keys move it, Page Up and Page Down choose another`);
      handle.setAttribute("aria-valuemin", of === "sample" ? -1 : -1000);
      handle.setAttribute("aria-valuemax", of === "sample" ? 1 : 1000);
      handle.setAttribute("aria-valuenow", [point].flat()[0].toFixed(2));
      handle.setAttribute("aria-valuetext", [point].flat().map((v) => v.toFixed(2)).join(", "));
    }
  }

  // ------------------------------------------------------------ drawing

  // Where a sample or prototype is drawn: the first spot is its own, others can be dragged too.
  #spots(of, index, point) {
    const v = this.view;
    if (this.#s.dims === 2) return [[v.X(point[0]), v.Y(point[1])]];
    if (of === "prototype") return [[v.X(point), v.rail[1]]];
    return [[v.X(point), v.rail[0]], [v.X(point), v.F(this.#y[index])]];
  }

  #unproject([px, py]) {
    const v = this.view;
    return this.#s.dims === 1 ? [v.invert(px)] : [v.invert(px), v.invertY(py)];
  }

  get view() {
    const { dims, zoom, curves } = this.#s, width = Math.max(this.$("canvas").clientWidth, 200);
    const reach = 1.25 * zoom;
    const X = (x) => width / 2 + (x / reach) * (width / 2), invert = (px) => ((px - width / 2) / (width / 2)) * reach;
    if (dims === 2) {
      const height = Math.min(width, 460), scale = height / 2 / reach;
      return { width, height, reach: (reach * width) / height, X: (x) => width / 2 + x * scale, Y: (y) => height / 2 - y * scale,
        invert: (px) => (px - width / 2) / scale, invertY: (py) => (height / 2 - py) / scale, scale };
    }
    const fit = 118, shape = curves ? 62 : 0, rail = [fit + shape + 18, fit + shape + 70];
    return { width, height: rail[1] + 112, reach, X, invert, fit, shape, rail, F: (y) => fit / 2 + 4 - y * 42 };
  }

  #draw() {
    const canvas = this.$("canvas"), v = this.view, ratio = Math.min(devicePixelRatio || 1, 2);
    if (canvas.width !== Math.round(v.width * ratio) || canvas.height !== Math.round(v.height * ratio)) {
      canvas.width = Math.round(v.width * ratio);
      canvas.height = Math.round(v.height * ratio);
      canvas.style.height = `${v.height}px`;
    }
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, v.width, v.height);
    g.font = `12px ${getComputedStyle(this).fontFamily}`;
    g.lineJoin = "round";
    if (this.#s.dims === 1) this.#drawLine(g, v); else this.#drawPlane(g, v);
    this.#handles();
  }

  #markColour() {
    const on = NAMES.filter((_, k) => this.#s.masks[k]), c = this.colours;
    return on.length === 0 ? [c.ink, c.ink] : on.length === 3 ? [c.all, c.all] : [c[on[0]], c[on.at(-1)]];
  }

  #path(g, points, colour, width = 1.5, alpha = 1) {
    g.globalAlpha = alpha;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    points.forEach(([x, y], k) => (k ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.stroke();
    g.globalAlpha = 1;
  }

  #write(g, text, x, y) { // readable on top of lines
    g.strokeStyle = this.colours.paper;
    g.lineWidth = 3;
    g.globalAlpha = 0.8;
    g.strokeText(text, x, y);
    g.globalAlpha = 1;
    g.fillText(text, x, y);
  }

  #dot(g, x, y, radius, colour) {
    g.fillStyle = colour;
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.fill();
  }

  #triangle(g, x, y, edge, fill, size = 6) {
    g.fillStyle = fill;
    g.strokeStyle = edge;
    g.lineWidth = 1.5;
    g.beginPath();
    g.moveTo(x, y + size);
    g.lineTo(x - size, y - size * 0.8);
    g.lineTo(x + size, y - size * 0.8);
    g.closePath();
    g.fill();
    g.stroke();
  }

  #drawLine(g, v) {
    const { ink, muted, faint, hull } = this.colours, x = this.#x, theta = this.#theta, s = this.#s;
    const p = P.prototypes(theta, 1), [edge, fill] = this.#markColour(), [[low], [high]] = P.box(x, 1);
    g.fillStyle = hull;
    g.fillRect(v.X(low), 0, v.X(high) - v.X(low), v.height);
    const count = 161, grid = Float64Array.from({ length: count }, (_, k) => -v.reach + (2 * v.reach * k) / (count - 1));
    const f = P.predict(theta, grid, 1), at = (k) => v.X(grid[k]);
    this.#path(g, Array.from(grid, (q) => [v.X(q), v.F(Math.sin(Math.PI * q))]), muted, 1, 0.6);
    this.#path(g, Array.from(f, (y, k) => [at(k), clamp(v.F(y), -5, v.fit + 8)]), ink, 2);
    this.#y.forEach((y, i) => this.#dot(g, v.X(x[i]), v.F(y), 4, ink));
    if (s.curves) {
      const h = P.respond(theta, grid, 1), units = p.length, floor = v.fit + v.shape;
      for (let j = 0; j < units; j++)
        this.#path(g, Array.from(grid, (_, k) => [at(k), floor - (v.shape - 6) * h[k * units + j]]), edge, 1, units > 30 ? 0.35 : 0.6);
    }
    const match = s.links ? P.assign(p, x, 1) : [];
    match.forEach((j, i) => { if (j >= 0) this.#path(g, [[v.X(x[i]), v.rail[0]], [v.X(p[j]), v.rail[1]]], muted, 1, 0.8); });
    x.forEach((q) => this.#dot(g, v.X(q), v.rail[0], 5, ink));
    // the paths of the last steps, the newest on top
    const past = this.#history, dip = Math.min(0.55, 84 / 160);
    for (let j = 0; j < p.length; j++) {
      const path = [[v.X(p[j]), v.rail[1] + 9]];
      for (let k = past.length - 1; k >= 0 && past[k].length === p.length; k -= 2)
        path.push([v.X(past[k][j]), v.rail[1] + 9 + (past.length - k) * dip]);
      this.#path(g, path, edge, 1, 0.55);
    }
    const gone = { left: [], right: [] };
    p.forEach((q) => {
      if (q < -v.reach) gone.left.push(q);
      else if (q > v.reach) gone.right.push(q);
      else this.#triangle(g, v.X(q), v.rail[1], edge, fill);
    });
    if (s.forces) this.#arrows(g, v, p);
    g.fillStyle = edge;
    g.textBaseline = "middle";
    for (const [side, align, px] of [["left", "left", 4], ["right", "right", v.width - 4]]) {
      if (!gone[side].length) continue;
      g.textAlign = align;
      const far = Math.max(...gone[side].map(Math.abs)), text = `${gone[side].length} beyond view, to ${side === "left" ? "−" : ""}${short(far)}`;
      this.#write(g, side === "left" ? `◀ ${text}` : `${text} ▶`, px, v.rail[1] - 16);
    }
    g.fillStyle = muted;
    g.textAlign = "left";
    const label = (text, y) => this.#write(g, text, 6, y);
    label("function f through the samples (x, y); grey: the target sin πx", 10);
    if (s.curves) label("responses", v.fit + 12);
    label("samples", v.rail[0] + 1);
    label("prototypes −b/w and their paths", v.height - 8);
    g.textAlign = "right";
    if (v.width > 460) this.#write(g, "shaded: hull of the samples", v.width - 6, v.height - 8);
    this.#path(g, [[0, v.fit + v.shape + 2], [v.width, v.fit + v.shape + 2]], faint, 1);
  }

  #drawPlane(g, v) {
    const { ink, muted, hull } = this.colours, x = this.#x, s = this.#s, p = P.prototypes(this.#theta, 2);
    const [edge, fill] = this.#markColour(), match = P.assign(p, x, 2), units = p.length / 2;
    g.fillStyle = hull;
    g.beginPath();
    P.corners(x).forEach(([a, b], k) => (k ? g.lineTo(v.X(a), v.Y(b)) : g.moveTo(v.X(a), v.Y(b))));
    g.fill();
    for (let j = 0; j < units; j++) {
      const path = [];
      for (let k = Math.max(0, this.#history.length - 60); k < this.#history.length; k += 2)
        path.push([v.X(this.#history[k][2 * j]), v.Y(this.#history[k][2 * j + 1])]);
      path.push([v.X(p[2 * j]), v.Y(p[2 * j + 1])]);
      this.#path(g, path, edge, 1, 0.5);
      if (s.curves) {
        g.globalAlpha = 0.25;
        g.strokeStyle = edge;
        g.beginPath();
        g.arc(v.X(p[2 * j]), v.Y(p[2 * j + 1]), Math.min(v.scale / Math.abs(P.safeSlope(this.#theta[j])), 4000), 0, 7);
        g.stroke();
        g.globalAlpha = 1;
      }
    }
    if (s.links) match.forEach((j, i) => {
      if (j >= 0) this.#path(g, [[v.X(x[2 * i]), v.Y(x[2 * i + 1])], [v.X(p[2 * j]), v.Y(p[2 * j + 1])]], muted, 1, 0.8);
    });
    let out = 0;
    for (let i = 0; i < x.length; i += 2) this.#dot(g, v.X(x[i]), v.Y(x[i + 1]), 5, ink);
    for (let j = 0; j < units; j++) {
      const a = v.X(p[2 * j]), b = v.Y(p[2 * j + 1]);
      if (a < 0 || a > v.width || b < 0 || b > v.height) out++; else this.#triangle(g, a, b, edge, fill, 5);
    }
    if (s.forces) this.#arrows(g, v, p);
    g.fillStyle = muted;
    g.textAlign = "left";
    g.textBaseline = "middle";
    g.fillText(`dots: samples; triangles: prototypes${out ? `; ${out} outside this view` : ""}`, 6, v.height - 9);
  }

  // Velocity of each prototype under each force alone; every colour on a scale of its own.
  #arrows(g, v, p) {
    const { dims } = this.#s, all = P.forces(this.#theta, this.#x, this.#y, dims, this.#s);
    const names = ["muted", ...NAMES];
    all.forEach((force, which) => {
      if (which && !this.#s.masks[which - 1]) return;
      const sizes = Array.from({ length: p.length / dims }, (_, j) => Math.hypot(...force.slice(j * dims, (j + 1) * dims)));
      const most = Math.max(...sizes);
      g.strokeStyle = g.fillStyle = this.colours[names[which]];
      g.lineWidth = 2;
      for (let j = 0; j < p.length / dims; j++) {
        const size = sizes[j], length = 7 + 27 * Math.sqrt(size / most);
        if (!(size > 1e-4 * most && most > 1e-9)) continue;
        const x = v.X(p[j * dims]), y = dims === 1 ? v.rail[1] + 14 + 9 * (which > 0) : v.Y(p[j * dims + 1]);
        const dx = (force[j * dims] / size) * length, dy = dims === 1 ? 0 : (-force[j * dims + 1] / size) * length;
        this.#path(g, [[x, y], [x + dx, y + dy]], g.fillStyle, 2);
        const turn = Math.atan2(dy, dx);
        g.beginPath();
        for (const [a, r] of [[0, 6], [2.4, 5], [-2.4, 5]])
          g.lineTo(x + dx + r * Math.cos(turn + a), y + dy + r * Math.sin(turn + a));
        g.fill();
      }
    });
  }
}

Object.assign(P, { palette, onTheme, make, short, percent, clamp, PRESETS, PALETTES });
if (!customElements.get("prototype-lab")) customElements.define("prototype-lab", PrototypeLab);
})();
