// Two live figures of sparse codes: <superposition-plane> and <transition-map>. First the engine,
// the same functions as protolib.sparse.coding in float64 and tested against them; then the
// figures. Needs engine.js, lab.js and figures.js before it. A matrix is a list of rows.
(() => {
"use strict";
const P = globalThis.protolib;
const { generator, make, short, clamp, percent, Figure, ramp } = P;

// ---------------------------------------------------------------- the engine

const dot = (a, b) => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
};
const mix = (A, z) => A.map((row) => dot(row, z)); // A z
const minus = (a, b) => a.map((value, k) => value - b[k]);
const norm = (a) => Math.sqrt(dot(a, a));
const l1 = (z) => z.reduce((sum, value) => sum + Math.abs(value), 0);
const column = (A, j) => A.map((row) => row[j]);

function correlate(A, r) { // Aᵀ r
  const out = new Float64Array(A[0].length);
  A.forEach((row, i) => { for (let j = 0; j < out.length; j++) out[j] += row[j] * r[i]; });
  return out;
}

const soft = (v, threshold, nonnegative = false) =>
  nonnegative ? Math.max(v - threshold, 0) : Math.sign(v) * Math.max(Math.abs(v) - threshold, 0);

// The largest eigenvalue of A Aᵀ, by Jacobi's rotations.
function lipschitz(A) {
  const n = A.length, G = A.map((a) => A.map((b) => dot(a, b)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += G[p][q] ** 2;
        if (G[p][q] === 0) continue;
        const tau = (G[q][q] - G[p][p]) / (2 * G[p][q]);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau)), c = 1 / Math.hypot(1, t), s = t * c;
        for (let k = 0; k < n; k++) [G[k][p], G[k][q]] = [c * G[k][p] - s * G[k][q], s * G[k][p] + c * G[k][q]];
        for (let k = 0; k < n; k++) [G[p][k], G[q][k]] = [c * G[p][k] - s * G[q][k], s * G[p][k] + c * G[q][k]];
      }
    if (off < 1e-28 * Math.max(...G.map((row, k) => row[k] ** 2))) break;
  }
  return Math.max(...G.map((row, k) => row[k]));
}

// coding.fista(path=True): all iterates, from zero.
function fista(A, y, { lam, steps, nonnegative = false }) {
  const n = A[0].length, step = 1 / Math.max(lipschitz(A), 1e-12), drive = correlate(A, y).map((v) => step * v);
  const columns = Array.from({ length: n }, (_, j) => column(A, j));
  const keep = columns.map((a, i) => columns.map((b, j) => (i === j) - step * dot(a, b)));
  const path = [new Float64Array(n)];
  let ahead = path[0], t = 1;
  for (let k = 0; k < steps; k++) {
    const z = path[k], fresh = drive.map((d, j) => soft(d + dot(keep[j], ahead), lam * step, nonnegative));
    const after = (1 + Math.sqrt(1 + 4 * t * t)) / 2, by = (t - 1) / after;
    ahead = fresh.map((v, j) => v + by * (v - z[j]));
    t = after;
    path.push(fresh);
  }
  return path;
}

const lasso = (z, y, A, lam) => { const e = minus(y, mix(A, z)); return 0.5 * dot(e, e) + lam * l1(z); };

function kktResidual(z, y, A, lam, nonnegative = false) {
  const slope = correlate(A, minus(y, mix(A, z)));
  return z.reduce((worst, v, j) => {
    const off = Math.max((nonnegative ? slope[j] : Math.abs(slope[j])) - lam, 0);
    const on = Math.max(Math.abs(slope[j] - lam * Math.sign(v)), nonnegative ? -v : 0);
    return Math.max(worst, v === 0 ? off : on);
  }, 0);
}

// ReLU(W y + b)
const encode = (W, b, y) => Float64Array.from(W, (row, j) => Math.max(dot(row, y) + b[j], 0));

// H⁻¹ applied to several right-hand sides, by Cholesky; null if H is not positive definite.
function solve(H, ...sides) {
  const n = H.length, L = H.map((row) => Float64Array.from(row));
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) L[j][j] -= L[j][k] ** 2;
    if (!(L[j][j] > 1e-13)) return null;
    L[j][j] = Math.sqrt(L[j][j]);
    for (let i = j + 1; i < n; i++) {
      for (let k = 0; k < j; k++) L[i][j] -= L[i][k] * L[j][k];
      L[i][j] /= L[j][j];
    }
  }
  return sides.map((side) => {
    const x = Float64Array.from(side);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) x[i] -= L[i][k] * x[k];
      x[i] /= L[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i] -= L[k][i] * x[k];
      x[i] /= L[i][i];
    }
    return x;
  });
}

// Basis pursuit as the end of the lasso's path (homotopy): from the λ at which everything is zero
// down to λ = 0. Between two events, a feature entering or leaving, the code is p − λ q on its
// support, so each corner is exact and errors do not add up. Returns the corners and, as a
// certificate, by how much the dual vector of the last one exceeds its bound: 0 proves that no code
// of the same signal has a smaller ‖z‖₁.
function basisPursuit(A, y, nonnegative = false) {
  const n = A[0].length, columns = Array.from({ length: n }, (_, j) => column(A, j));
  const start = correlate(A, y), size = (v) => (nonnegative ? v : Math.abs(v));
  const first = start.reduce((best, v, j) => (size(v) > size(start[best]) ? j : best), 0);
  let lam = size(start[first]), on = [first], signs = [Math.sign(start[first])], excess = 0, last = { enter: first };
  const top = lam, path = [{ lam, z: new Float64Array(n) }];
  while (lam > 0 && path.length < 20 * n) {
    const S = on.map((j) => columns[j]), H = S.map((a) => S.map((b) => dot(a, b)));
    const parts = solve(H, S.map((a) => dot(a, y)), signs);
    if (!parts) break;
    const [p, q] = parts, at = (v) => Float64Array.from(y, (_, i) => S.reduce((sum, a, k) => sum + a[i] * v[k], 0));
    const rest = minus(Float64Array.from(y), at(p)), alpha = correlate(A, rest), beta = correlate(A, at(q));
    const fits = norm(rest) < 1e-10 * norm(y); // then no other feature can come
    // The next event is the one at the largest λ below. What has just come cannot go on this segment,
    // nor come back with its sign what has just gone: that line crosses its bound here, and once.
    let next = 1e-11 * top, event = null;
    const offer = (value, what) => { if (value > next && value < lam * (1 + 1e-9)) { next = Math.min(value, lam); event = what; } };
    on.forEach((j, k) => { if (j !== last.enter) offer(p[k] / q[k], { leave: k, feature: j, sign: signs[k] }); });
    for (let j = 0; j < n; j++)
      if (!fits && !on.includes(j))
        for (const sign of nonnegative ? [1] : [1, -1])
          if (j !== last.feature || sign !== last.sign) offer(alpha[j] / (sign - beta[j]), { enter: j, sign });
    lam = event ? next : 0;
    const z = new Float64Array(n);
    on.forEach((j, k) => { z[j] = event?.leave === k ? 0 : p[k] - lam * q[k]; });
    path.push({ lam, z });
    last = event ?? {};
    if (!event) excess = Math.max(0, ...Array.from(beta, size)) - 1;
    else if (event.leave !== undefined) {
      on = on.filter((_, k) => k !== event.leave);
      signs = signs.filter((_, k) => k !== event.leave);
    } else {
      on = [...on, event.enter];
      signs = [...signs, event.sign];
    }
  }
  return { path, z: path.at(-1).z, excess: lam > 0 ? Infinity : Math.max(excess, 0) };
}

// ---------------------------------------------------------------- the worlds, as in live/sparse.py

const PLANE = 200, PROBLEM = 201;
const KINDS = { circle: "regular, whole circle", half: "regular, half circle", random: "random" };

function planeDictionary(kind, features, seed = 0) {
  const draw = kind === "random" ? generator(seed, PLANE, features) : null;
  const share = draw ? Array.from({ length: features }, draw).sort((a, b) => a - b)
    : Array.from({ length: features }, (_, j) => j / features);
  const angles = share.map((u) => (kind === "half" ? 1 : 2) * Math.PI * u);
  return [Float64Array.from(angles, Math.cos), Float64Array.from(angles, Math.sin)];
}

// A dictionary with columns uniform on the sphere and a K-sparse code, from uniform numbers alone
// (Box and Muller's normals): NumPy's own normals take tables that are not worth shipping.
function recoveryProblem(seed, measurements, features, active, nonnegative = false) {
  const draw = generator(seed, PROBLEM, measurements, features, active);
  const normal = () => { const u = draw(); return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * draw()); };
  const A = Array.from({ length: measurements }, () => Float64Array.from({ length: features }, normal));
  for (let j = 0; j < features; j++) {
    const length = norm(column(A, j));
    for (const row of A) row[j] /= length;
  }
  const rank = Array.from({ length: features }, draw), truth = new Float64Array(features);
  const places = [...rank.keys()].sort((a, b) => rank[a] - rank[b]).slice(0, active);
  for (const j of places) { const value = normal(); truth[j] = nonnegative ? Math.abs(value) : value; }
  return { A, truth };
}

// ---------------------------------------------------------------- what both figures share

const STYLE = `
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:.6rem 1.2rem;align-items:start}
.two>*{min-width:0} .stage{position:relative;touch-action:pan-y;user-select:none;-webkit-user-select:none}
canvas.framed{border:1px solid var(--faint);border-radius:.35rem}
.handle{position:absolute;width:28px;height:28px;margin:-14px 0 0 -14px;border-radius:50%;pointer-events:none}
select,input[type=number]{background:var(--paper);border:1px solid var(--muted);border-radius:.35rem;min-height:2.1rem;padding:.1rem .4rem;max-width:100%}
option{background:var(--paper);color:var(--ink)} input[type=number]{width:4.4rem} [hidden]{display:none!important}
input[type=checkbox],input[type=radio]{accent-color:var(--ink);width:1.1rem;height:1.1rem;margin:0}
.slider{display:block} .slider>span{display:flex;justify-content:space-between;gap:.5rem} .slider output{color:var(--muted);font-variant-numeric:tabular-nums}
.say{min-height:2.9em;margin:.4rem 0} label{max-width:100%} label select{min-width:0;flex:0 1 auto} .note{color:var(--muted)}
textarea{width:100%;min-height:7rem;font:.8rem/1.4 ui-monospace,monospace;color:inherit;background:transparent;border:1px solid var(--muted)}
`;
const COPY = `<div class="row"><button type="button" class="link">Copy link to this state</button>
<button type="button" class="python">Copy as Python</button> <span class="note" role="status"></span></div>
<textarea hidden readonly aria-label="text to copy"></textarea>`;

// A figure whose state is in the address, and can be copied as a link or as Python.
class Linked extends Figure {
  connectedCallback() {
    super.connectedCallback();
    const hash = () => this.readHash(), leave = this.leave;
    addEventListener("hashchange", hash);
    this.leave = () => { removeEventListener("hashchange", hash); this.stop(); leave(); };
    hash();
  }

  on(selector, event, act) { this.$(selector).addEventListener(event, act); }

  build() {
    this.on(".link", "click", () =>
      this.copy(`${location.href.split("#")[0]}#${this.id}:${this.query}`, "The link is copied."));
    this.on(".python", "click", () => this.copy(this.python, "The Python is copied."));
  }

  readHash() {
    const prefix = `#${this.id}:`;
    if (!this.id || !location.hash.startsWith(prefix)) return;
    this.read(new URLSearchParams(location.hash.slice(prefix.length)));
    this.scrollIntoView({ block: "start" });
  }

  // A change by the reader's hand also goes to the address.
  remember() {
    if (!this.id || !this.hasAttribute("linked")) return;
    try { history.replaceState(history.state, "", `#${this.id}:${this.query}`); } catch { /* a frame */ }
  }

  note(text) { this.$(".note").textContent = text; }

  async copy(text, done) {
    const area = this.$("textarea");
    area.value = text;
    try {
      await navigator.clipboard.writeText(text);
      area.hidden = true;
      this.note(done);
    } catch {
      area.hidden = false;
      area.focus();
      area.select();
      this.note("Select and copy:");
    }
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const number = (value, [low, high], otherwise) =>
  value === null || value === undefined || value === "" || !Number.isFinite(Number(value)) ? otherwise : clamp(Number(value), low, high);
const list = (a) => `[${Array.from(a, String).join(", ")}]`;
const names = (set) => (set.length ? set.map((j) => j + 1).join(", ") : "none");

// ---------------------------------------------------------------- <superposition-plane>
// data: {preset, trained: [{features, lam, weight, bias}]}, encoders for the regular whole circle

const STEPS = 300, ACTIVE = 1e-3; // a feature counts as active above this
const PRESETS = {
  "one feature: both are right": { features: 5, code: [1] },
  "one strong feature: its neighbours answer the layer": { features: 5, code: [2] },
  "two neighbours: interference fools the layer": { features: 8, code: [1, 1] },
  "two with one between: FISTA names that one": { features: 8, code: [1, 0, 1] },
  "three in the plane: even FISTA cannot know": { features: 8, code: [0.9, 0.4, 0, 0.7] },
};
const FRESH = { features: 8, kind: "circle", seed: 0, lam: 0.03, nonnegative: true, encoder: "trained",
  threshold: 0.3, code: [1, 1], point: null };
const HERE = { features: [2, 12], seed: [0, 1e6], lam: [0, 10], threshold: [0, 2] };
const REACH = 2, SIDE = 4; // of a slider of a feature; of a sample placed by hand

class SuperpositionPlane extends Linked {
  style_ = `${STYLE}
.codes{display:grid;grid-template-columns:auto minmax(4.5rem,1fr) minmax(4.5rem,1.2fr);gap:0 .6rem;align-items:center}
.codes .head{color:var(--muted);font-size:.85em} .codes input{min-height:1.75rem;margin:0} .codes b{font-variant-numeric:tabular-nums;text-align:right}
.bars{position:relative;height:1.45rem;border-left:1px solid var(--muted)} .signed .bars{border-left:0}
.signed .bars::before{content:"";position:absolute;left:50%;top:0;bottom:0;width:1px;background:var(--muted)}
.bars i{position:absolute;height:5px;min-width:0} .bars i:nth-child(1){top:2px;background:var(--overlap)}
.bars i:nth-child(2){top:9px;background:var(--ink)} .bars i:nth-child(3){top:16px;background:var(--coverage)}
.key{display:flex;flex-wrap:wrap;gap:.1rem .9rem;font-size:.88em;margin:.3rem 0} .key i{display:inline-block;width:1.1rem;height:5px;margin:0 .35rem .15rem 0}
table{border-collapse:collapse;width:100%;margin:.4rem 0;font-variant-numeric:tabular-nums} th{text-align:left;font-weight:400;color:var(--muted)}
th,td{padding:.12rem .4rem .12rem 0;border-bottom:1px solid var(--faint);vertical-align:top} td{white-space:nowrap} .wrap td{white-space:normal} thead th{color:inherit;font-weight:600}
.sliders{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,12rem),1fr));gap:.3rem 1.2rem}`;

  body = `<div class="row"><label>preset <select class="preset"></select></label></div>
<div class="row" role="group" aria-label="FISTA"><button type="button" class="main play">Play</button>
<button type="button" class="step" title="one step of FISTA">Step</button><button type="button" class="reset" title="back to the code zero">Reset</button>
<span class="muted count"></span></div>
<div class="two"><div><div class="stage"><canvas class="framed" role="img"></canvas><div class="handle" role="slider" tabindex="0"></div></div>
<div class="key"><span><i style="background:var(--overlap)"></i>true code</span><span><i style="background:var(--ink)"></i>FISTA</span><span><i style="background:var(--coverage)"></i>one layer</span></div></div>
<div><div class="codes" role="group" aria-label="Features: the true code by sliders, and the codes found"></div></div></div>
<p class="say"><output aria-live="polite"></output></p>
<table><thead><tr><th scope="col"><span class="muted">read-out</span></th><th scope="col">FISTA</th><th scope="col" class="which">one layer</th></tr></thead><tbody></tbody></table>
<div class="sliders"></div>
<div class="row"><label><input type="checkbox" class="sign">only codes z ≥ 0</label>
<label>dictionary <select class="kind"></select></label><label class="seeded">seed <input type="number" class="seed" min="0" max="1000000" step="1"></label>
<label>layer <select class="encoder"><option value="trained"></option><option value="tied">tied, W = Aᵀ, b = −θ</option></select></label></div>${COPY}`;

  s = { ...FRESH };

  build() {
    super.build();
    const slider = (name, label, low, high, step, read) => {
      const input = make("input", { type: "range", min: low, max: high, step, className: `s-${name}` });
      input.addEventListener("input", () => this.user({ [name]: read ? read(Number(input.value)) : Number(input.value) }));
      this.$(".sliders").append(make("label", { className: `slider l-${name}` },
        make("span", {}, make("span", { textContent: label }), make("output", { className: `o-${name}` })), input));
    };
    slider("features", "features N", 2, 12, 1);
    slider("lam", "λ of FISTA", -3.05, 0.5, 0.05, (v) => (v < -3 ? 0 : Number((10 ** v).toPrecision(3))));
    slider("threshold", "threshold θ of the tied layer", 0, 2, 0.05);
    this.$(".preset").append(make("option", { value: "", textContent: "your own" }),
      ...Object.keys(PRESETS).map((name) => make("option", { value: name, textContent: name })));
    this.$(".encoder option").textContent = `trained on this page (whole circle, N = ${this.data.trained.map((o) => o.features).join(", ")})`;
    this.$(".kind").append(...Object.entries(KINDS).map(([value, textContent]) => make("option", { value, textContent })));
    for (const name of ["preset", "kind", "encoder", "seed"])
      this.on(`.${name}`, "change", (e) => { if (e.target.value !== "") this.user({ [name]: e.target.value }); });
    this.on(".sign", "change", (e) => this.user({ nonnegative: e.target.checked }));
    this.on(".play", "click", () => (this.timer ? this.stop() : this.play()));
    this.on(".step", "click", () => { this.stop(); this.go(this.at + 1); this.say(); });
    this.on(".reset", "click", () => { this.stop(); this.go(0); this.say(); });
    this.dragging();
    this.set({ preset: this.data.preset });
  }

  // ------------------------------------------------------------ state

  get state() {
    const { code, point, ...rest } = this.s;
    return { ...rest, code: code && [...code], y: [...this.y], step: this.at, found: Array.from(this.path[this.at]),
      guess: Array.from(this.guess), kkt: this.kkt(this.path[this.at]), playing: Boolean(this.timer) };
  }

  // Changes any part of the state; names as in `state`, and `preset`, and `point` for y by hand.
  set(change) {
    this.stop();
    const s = this.s;
    this.preset = change.preset in PRESETS ? change.preset : "";
    if (this.preset) change = { ...FRESH, ...PRESETS[this.preset], ...change };
    for (const name in HERE) s[name] = number(change[name], HERE[name], s[name]);
    for (const name of ["features", "seed"]) s[name] = Math.round(s[name]);
    if (change.kind in KINDS) s.kind = change.kind;
    if (["trained", "tied"].includes(change.encoder)) s.encoder = change.encoder;
    if (typeof change.nonnegative === "boolean") s.nonnegative = change.nonnegative;
    if (change.point) { s.point = change.point.map((v) => clamp(v, -SIDE, SIDE)); s.code = null; }
    if (change.code) { s.code = change.code; s.point = null; }
    if (s.code) {
      const low = s.nonnegative ? 0 : -REACH;
      s.code = Array.from({ length: s.features }, (_, j) => number(s.code[j], [low, REACH], 0));
    }
    this.solve();
    this.controls();
    this.say();
    this.draw();
  }

  user(change) {
    this.set(change);
    this.remember();
  }

  solve() {
    const s = this.s;
    this.A = planeDictionary(s.kind, s.features, s.seed);
    this.y = s.code ? mix(this.A, s.code) : s.point;
    this.path = fista(this.A, this.y, { lam: s.lam, steps: STEPS, nonnegative: s.nonnegative });
    const trained = s.encoder === "trained" && s.kind === "circle" && this.data.trained.find((o) => o.features === s.features);
    const columns = Array.from({ length: s.features }, (_, j) => column(this.A, j));
    this.layer = trained || { weight: columns, bias: columns.map(() => -s.threshold), tied: true };
    this.guess = encode(this.layer.weight, this.layer.bias, this.y);
    this.at = STEPS;
  }

  kkt(z) { return kktResidual(z, this.y, this.A, this.s.lam, this.s.nonnegative); }

  support(z) { return [...z.keys()].filter((j) => Math.abs(z[j]) > ACTIVE); }

  get query() {
    const s = this.s, parts = [`n=${s.features}`, `lambda=${s.lam}`, `kind=${s.kind}`, `signs=${s.nonnegative ? "positive" : "both"}`, `layer=${s.encoder}`];
    if (s.kind === "random") parts.push(`seed=${s.seed}`);
    if (s.encoder === "tied") parts.push(`theta=${s.threshold}`);
    const numbers = (values) => Array.from(values, (v) => Number(v.toFixed(3))).join("_");
    parts.push(s.code ? `z=${numbers(s.code)}` : `y=${numbers(s.point)}`);
    return parts.join("&");
  }

  read(given) {
    const numbers = (name) => given.get(name)?.split("_").map(Number).filter(Number.isFinite);
    const change = { features: given.get("n"), lam: given.get("lambda"), kind: given.get("kind"), encoder: given.get("layer"),
      seed: given.get("seed"), threshold: given.get("theta"), preset: given.get("preset"), code: numbers("z") };
    if (given.has("signs")) change.nonnegative = given.get("signs") !== "both";
    if (numbers("y")?.length === 2) change.point = numbers("y");
    for (const name in change) if (change[name] === null || change[name] === undefined) delete change[name];
    this.set(change);
  }

  // The same codes in Python, with protolib.
  get python() {
    const s = this.s, { weight, bias } = this.layer, lam = Number.isInteger(s.lam) ? s.lam.toFixed(1) : s.lam, rows = (M) => `[${Array.from(M, list).join(",\n     ")}]`;
    return `import torch
from protolib.sparse import coding

kind = dict(dtype=torch.float64)
A = torch.tensor([${rows(this.A)}], **kind)
y = torch.tensor([[${list(this.y)}]], **kind)
z = coding.fista(y, A, lam=${lam}, steps=${this.at}, nonnegative=${s.nonnegative ? "True" : "False"})
W = torch.tensor([${rows(weight)}], **kind)
b = torch.tensor([${list(bias)}], **kind)
guess = coding.encode(coding.Autoencoder(W, b, A), y)
print("FISTA", z.flatten().tolist())
print("KKT residual", coding.kkt_residual(z, y, A, lam=${lam}, nonnegative=${s.nonnegative ? "True" : "False"}).item())
print("one layer", guess.flatten().tolist())
`;
  }

  // ------------------------------------------------------------ running

  go(step) {
    this.at = clamp(step, 0, STEPS);
    this.show();
    this.draw();
  }

  // Slowly at first, where the path turns, then faster; it rests where nothing moves any more.
  play() {
    if (this.done()) this.go(0);
    this.$(".play").textContent = "Pause";
    const tick = () => {
      this.go(this.at + (this.at < 40 ? 1 : 5));
      if (this.done()) { this.stop(); this.say(); } else this.timer = setTimeout(tick, Math.max(30, 160 * 0.93 ** this.at));
    };
    this.timer = setTimeout(tick, 160);
  }

  done() { return this.at >= STEPS || (this.at > 0 && this.kkt(this.path[this.at]) < 1e-6); }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.$(".play").textContent = "Play";
  }

  // ------------------------------------------------------------ controls and read-outs

  controls() {
    const s = this.s, codes = this.$(".codes");
    this.$(".preset").value = this.preset;
    this.$(".kind").value = s.kind;
    this.$(".encoder").value = s.encoder;
    this.$(".sign").checked = s.nonnegative;
    this.$(".seeded").hidden = s.kind !== "random";
    this.$(".seed").value = s.seed;
    this.$(".s-features").value = s.features;
    this.$(".o-features").textContent = s.features;
    if (this.shadowRoot.activeElement !== this.$(".s-lam")) this.$(".s-lam").value = s.lam ? Math.log10(s.lam) : -3.05;
    this.$(".o-lam").textContent = short(s.lam, 3);
    this.$(".s-lam").setAttribute("aria-valuetext", short(s.lam, 3));
    this.$(".s-threshold").value = s.threshold;
    this.$(".o-threshold").textContent = short(s.threshold, 2);
    this.$(".l-threshold").hidden = !this.layer.tied;
    codes.classList.toggle("signed", !s.nonnegative);
    if (this.rows?.length !== s.features) {
      const head = (text) => make("span", { className: "head", textContent: text });
      codes.replaceChildren(head(""), head("true, move it"), head("true, FISTA, one layer"));
      this.rows = Array.from({ length: s.features }, (_, j) => {
        const input = make("input", { type: "range", step: 0.05, ariaLabel: `true value of feature ${j + 1}` });
        const bars = make("div", { className: "bars" }, make("i"), make("i"), make("i"));
        input.addEventListener("input", () => {
          const code = this.s.code ? [...this.s.code] : new Array(this.s.features).fill(0);
          code[j] = Number(input.value);
          this.user({ code });
        });
        codes.append(make("b", { textContent: j + 1 }), input, bars);
        return { input, bars };
      });
    }
    this.rows.forEach(({ input }, j) => {
      input.min = s.nonnegative ? 0 : -REACH;
      input.max = REACH;
      input.value = s.code ? s.code[j] : 0;
      input.setAttribute("aria-valuetext", s.code ? short(s.code[j], 3) : "unknown");
    });
    this.show();
  }

  show() {
    const s = this.s, z = this.path[this.at], most = Math.max(REACH, ...Array.from(z, Math.abs), ...this.guess);
    this.rows.forEach(({ bars }, j) => [s.code ? s.code[j] : 0, z[j], this.guess[j]].forEach((value, k) => {
      const width = (Math.abs(value) / most) * (s.nonnegative ? 100 : 50), { style } = bars.children[k];
      style.width = `${width}%`;
      style.left = `${s.nonnegative ? 0 : 50 - (value < 0 ? width : 0)}%`;
    }));
    this.$(".count").textContent = `step ${this.at} of ${STEPS}`;
    this.$(".which").textContent = this.layer.tied ? `one layer, tied, θ = ${short(s.threshold, 2)}` : `one layer, trained at λ = ${short(this.layer.lam, 2)}`;
    const both = [z, this.guess], off = (code) => minus(code, s.code), truth = s.code && this.support(s.code).join();
    const rows = [
      ["error ‖y − Az‖", (code) => short(norm(minus(this.y, mix(this.A, code))), 2)],
      ["active features", (code) => { const on = this.support(code); return on.length ? `${on.length}: ${names(on)}` : "none"; }],
      ["support", (code) => (s.code ? (this.support(code).join() === truth ? "✓ right" : "✗ wrong") : "truth unknown")],
      ["‖z − truth‖", (code) => (s.code ? short(norm(off(code)), 2) : "truth unknown")],
      ["KKT residual", (code) => { const r = this.kkt(code); return r < 1e-6 ? "< 10⁻⁶" : short(r, 2); }],
    ];
    this.$("tbody").replaceChildren(...rows.map(([name, act], k) => make("tr", { className: k === 1 ? "wrap" : "" },
      Object.assign(make("th", { textContent: name }), { scope: "row" }), ...both.map((code) => make("td", { textContent: act(code) })))));
  }

  say() { this.$("output").textContent = this.words(); }

  words() {
    const s = this.s, z = this.path[this.at], found = this.support(z), guess = this.support(this.guess);
    const layer = this.layer.tied ? "The tied layer" : "The trained layer", step = this.at < STEPS ? ` after ${this.at} ${this.at === 1 ? "step" : "steps"}` : "";
    if (!s.code)
      return `You placed y by hand, so there is no true code. FISTA names ${names(found)}${step}; ${layer.toLowerCase()} names ${names(guess)}.`;
    const truth = this.support(s.code), right = (set) => (set.join() === truth.join() ? "right" : "wrong");
    let text = `True: ${names(truth)}. FISTA names ${names(found)}${step}: ${right(found)}. ${layer} names ${names(guess)}: ${right(guess)}.`;
    if (right(found) === "wrong" && this.at === STEPS && norm(minus(this.y, mix(this.A, z))) < 0.2 * norm(this.y) && l1(z) + 1e-6 < l1(s.code))
      text += ` FISTA’s code makes almost the same y with a smaller ‖z‖₁, ${short(l1(z), 3)} against ${short(l1(s.code), 3)}: from y alone nobody can tell which was meant.`;
    return text;
  }

  // ------------------------------------------------------------ dragging y

  dragging() {
    const canvas = this.$("canvas"), handle = this.$(".handle");
    const where = (event) => { const frame = canvas.getBoundingClientRect(); return [event.clientX - frame.left, event.clientY - frame.top]; };
    const hit = ([px, py], reach) => Math.hypot(this.view.X(this.y[0]) - px, this.view.Y(this.y[1]) - py) < reach;
    let held = false;
    canvas.addEventListener("pointerdown", (event) => {
      if (!hit(where(event), event.pointerType === "mouse" ? 18 : 26)) return;
      held = true;
      this.reach = this.view.reach; // the view does not zoom under the hand
      try { canvas.setPointerCapture(event.pointerId); } catch { /* a made-up pointer */ }
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held) this.set({ point: this.view.back(where(event)).map((v) => Number(v.toFixed(3))) });
      else canvas.style.cursor = hit(where(event), 18) ? "grab" : "";
    });
    const drop = () => { if (held) { held = false; this.reach = 0; this.remember(); this.draw(); } };
    canvas.addEventListener("pointerup", drop);
    canvas.addEventListener("pointercancel", drop);
    // a finger on y drags it; elsewhere it scrolls the page
    canvas.addEventListener("touchstart", (event) => {
      const frame = canvas.getBoundingClientRect(), { clientX, clientY } = event.touches[0];
      if (hit([clientX - frame.left, clientY - frame.top], 26)) event.preventDefault();
    }, { passive: false });
    handle.addEventListener("keydown", (event) => {
      const by = event.shiftKey ? 0.25 : 0.05;
      const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
      if (!move) return;
      event.preventDefault();
      this.user({ point: this.y.map((v, d) => Number((v + move[d]).toFixed(3))) });
    });
  }

  // ------------------------------------------------------------ drawing

  get view() {
    const width = Math.max(this.$("canvas").clientWidth, 200), height = Math.min(width, 400);
    const far = [this.y, mix(this.A, this.guess)].map(norm), reach = this.reach || Math.max(1.45, 1.15 * Math.min(Math.max(...far), SIDE * 1.5));
    const scale = Math.min(width, height) / 2 / reach;
    return { width, height, reach, scale, X: (x) => width / 2 + x * scale, Y: (y) => height / 2 - y * scale,
      back: ([px, py]) => [(px - width / 2) / scale, (height / 2 - py) / scale] };
  }

  draw() {
    if (!this.path || !this.colours) return;
    const v = this.view, c = this.colours, [g] = this.pen("canvas", v.height), s = this.s, z = this.path[this.at];
    const spot = ([x, y]) => [v.X(x), v.Y(y)];
    const line = (points, colour, width, dash = []) => {
      g.strokeStyle = colour;
      g.lineWidth = width;
      g.setLineDash(dash);
      g.beginPath();
      points.forEach((p, k) => (k ? g.lineTo(...spot(p)) : g.moveTo(...spot(p))));
      g.stroke();
      g.setLineDash([]);
    };
    const arrow = (from, to, colour, width, dash) => {
      const [x, y] = spot(to), [x0, y0] = spot(from), turn = Math.atan2(y - y0, x - x0), head = Math.min(5 + width, Math.hypot(x - x0, y - y0));
      line([from, to], colour, width, dash);
      g.fillStyle = colour;
      g.beginPath();
      for (const a of [0, 2.6, -2.6]) g.lineTo(x + (a ? head * Math.cos(turn + a) : 0), y + (a ? head * Math.sin(turn + a) : 0));
      g.fill();
    };
    // a code as a chain of arrows from the origin to its reconstruction
    const chain = (code, colour, width, dash) => {
      let from = [0, 0];
      for (const j of this.support(code)) {
        const to = from.map((o, d) => o + code[j] * this.A[d][j]);
        arrow(from, to, colour, width, dash);
        from = to;
      }
      return from;
    };
    g.lineCap = g.lineJoin = "round";
    g.strokeStyle = c.faint;
    g.lineWidth = 1;
    g.beginPath();
    g.arc(v.X(0), v.Y(0), v.scale, 0, 7);
    g.stroke();
    g.textAlign = "center";
    for (let j = 0; j < s.features; j++) {
      const tip = [this.A[0][j], this.A[1][j]], [x, y] = spot(tip.map((t) => 1.13 * t));
      arrow([0, 0], tip, c.faint, 2);
      g.fillStyle = c.ink;
      g.font = `600 12px ${getComputedStyle(this).fontFamily}`;
      g.fillText(j + 1, x, y);
    }
    if (s.code) chain(s.code, c.overlap, 6);
    const guessed = chain(this.guess, c.coverage, 2.5, [6, 5]);
    // the reconstructions A z on the way
    const way = this.path.slice(0, this.at + 1).map((code) => mix(this.A, code));
    line(way, c.separation, 1.5);
    way.slice(0, 40).forEach((p) => { g.fillStyle = c.separation; g.beginPath(); g.arc(...spot(p), 2.2, 0, 7); g.fill(); });
    chain(z, c.ink, 2.5);
    const [gx, gy] = spot(guessed);
    g.fillStyle = c.coverage;
    g.fillRect(gx - 5, gy - 5, 10, 10);
    const [x, y] = spot(this.y);
    g.fillStyle = c.paper;
    g.strokeStyle = c.ink;
    g.lineWidth = 2.5;
    g.beginPath();
    g.arc(x, y, 8, 0, 7);
    g.fill();
    g.stroke();
    g.fillStyle = c.ink;
    g.font = `italic 600 14px ${getComputedStyle(this).fontFamily}`;
    g.fillText("y", clamp(x + 16, 10, v.width - 10), clamp(y - 14, 10, v.height - 10));
    g.font = `12px ${getComputedStyle(this).fontFamily}`;
    g.fillStyle = c.muted;
    g.textAlign = "left";
    g.fillText("drag y; thin line: Az, step by step", 6, v.height - 9);
    const handle = this.$(".handle"), spoken = this.y.map((t) => t.toFixed(2)).join(", ");
    handle.style.left = `${clamp(x, 10, v.width - 10)}px`;
    handle.style.top = `${clamp(y, 10, v.height - 10)}px`;
    for (const [name, value] of Object.entries({ label: "sample y, to be placed by hand; arrow keys move it", valuemin: -SIDE, valuemax: SIDE,
      valuenow: this.y[0].toFixed(2), valuetext: spoken })) handle.setAttribute(`aria-${name}`, value);
    this.$("canvas").setAttribute("aria-label", `${s.features} features as arrows of length one in the plane, the sample y at ${spoken}. `
      + `Codes are chains of arrows from the origin. ${this.words()}`);
  }
}

// ---------------------------------------------------------------- <transition-map>
// data: {features, seeds, samples, signs: [{nonnegative, theory: [δ of K = 1 … N], cells: [[K, M, mean, low, high]]}]}

const UNIT = 8, RIGHT = 1e-4; // pixels of one M; as coding.recovered
const count = (z) => z.reduce((sum, v) => sum + (Math.abs(v) > 1e-9), 0);

class TransitionMap extends Linked {
  style_ = `${STYLE}
.map{position:relative;margin:0 0 1.6rem 2.2rem;border-left:1px solid var(--muted);border-bottom:1px solid var(--muted);cursor:crosshair}
.map button{position:absolute;padding:0;min-height:0;height:22px;border:0;border-radius:2px;font-size:.78rem;min-width:0;outline-offset:1px}
.map button span{position:relative;color:inherit;font-size:inherit;z-index:3} .map button[aria-pressed=true]{box-shadow:0 0 0 3px var(--separation)}
.map svg{position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:2;overflow:visible}
.map span{position:absolute;color:var(--muted);font-size:.75rem;line-height:1;pointer-events:none} .ring{width:16px;height:16px;margin:-8px 0 0 -8px;border:3px solid var(--separation);border-radius:50%;z-index:4}`;

  body = `<fieldset class="row"><legend>codes</legend></fieldset>
<div class="row"><label>K <input type="number" class="k" min="1" step="1"></label><label>M <input type="number" class="m" min="1" step="1"></label>
<label>problem <input type="number" class="seed" min="0" max="1000000" step="1"></label><button type="button" class="next">Next problem</button></div>
<div class="two"><div><div class="muted">percent recovered, by active features K (across) and units M (up); line: the prediction δ</div>
<div class="map" role="group" aria-label="Share of codes recovered by K and M; arrow keys move, Enter solves one problem of that size"></div></div>
<div><div class="muted">one problem, solved here</div><canvas class="stems" role="img"></canvas>
<label class="slider"><span><span>path of the lasso</span><output class="where" aria-live="off"></output></span><input type="range" class="way" min="0" step="1"></label>
<div class="row"><button type="button" class="main play">Play</button></div><canvas class="gone" role="img"></canvas></div></div>
<p class="say"><output class="said" aria-live="polite"></output></p>${COPY}`;

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
    this.set({}, false);
  }

  get world() { return this.data.signs[this.s.signs]; }
  get state() {
    const { k, m, seed } = this.s, { nonnegative } = this.world;
    return { k, m, seed, nonnegative, recovered: this.distance(this.end) <= RIGHT, found: Array.from(this.end.z), truth: Array.from(this.problem.truth),
      excess: this.excess, step: this.at, steps: this.path.length - 1, playing: Boolean(this.timer) };
  }
  get end() { return this.path.at(-1); }

  set(change, animate = true) {
    this.stop();
    const s = this.s, N = this.data.features, before = this.map === s.signs;
    s.k = Math.round(number(change.k, [1, N], s.k));
    s.m = Math.round(number(change.m, [1, N], s.m));
    s.seed = Math.round(number(change.seed, [0, 1e6], s.seed));
    if (this.data.signs[change.signs]) s.signs = Number(change.signs);
    if (!before || this.map !== s.signs) this.drawMap();
    const { nonnegative } = this.world;
    this.problem = recoveryProblem(s.seed, s.m, N, s.k, nonnegative);
    ({ path: this.path, excess: this.excess } = basisPursuit(this.problem.A, mix(this.problem.A, this.problem.truth), nonnegative));
    this.controls();
    this.go(this.path.length - 1);
    this.$(".said").textContent = this.words();
    if (animate && !calm()) this.play();
  }

  user(change) {
    this.set(change);
    this.remember();
  }

  distance({ z }) { return norm(minus(z, this.problem.truth)) / norm(this.problem.truth); }

  get query() { return `k=${this.s.k}&m=${this.s.m}&problem=${this.s.seed}&signs=${this.world.nonnegative ? "positive" : "both"}`; }

  read(given) {
    const signs = given.has("signs") ? this.data.signs.findIndex((o) => o.nonnegative === (given.get("signs") === "positive")) : undefined;
    this.set({ k: given.get("k"), m: given.get("m"), seed: given.get("problem"), signs }, false);
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
    map.innerHTML = `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${stroke("var(--paper)", 5)}${stroke("var(--separation)", 2.5)}</svg>`;
    for (let m = 0; m <= N; m += N / 8) map.append(span(m, "-1.6rem", `${m * UNIT - 5}px`));
    map.append(span("M", "-2.1rem", `${N * UNIT - (N / 16) * UNIT - 5}px`), span("K", "-1.1rem", "-1.2rem"));
    this.cells = cells.map(([k, m], i) => {
      const [fill, ink] = ramp(cells[i][2]), words = make("span", { textContent: Math.round(100 * cells[i][2]) });
      const cell = make("button", { type: "button" }, words);
      cell.style.background = fill;
      cell.style.color = ink;
      words.style.textShadow = new Array(4).fill(`0 0 3px ${fill}`).join(); // the line runs behind
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
    const start = `K = ${k} active of ${this.data.features}, M = ${m} units, predicted edge at ${short(theory[k - 1], 3)}`;
    return cell ? `${start}: ${percent(cell[2])} of ${seeds * samples} codes recovered on this page, in single dictionaries from ${percent(cell[3])} to ${percent(cell[4])}`
      : `${start}: not run on this page`;
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
    const stems = (code, top, colour) => {
      const Y = (value) => top + 18 + 88 * ((most - value) / (most - low));
      g.fillStyle = c.faint;
      g.fillRect(4, Y(0) - 0.5, width - 8, 1);
      code.forEach((value, j) => {
        if (Math.abs(value) < 1e-9) return;
        g.fillStyle = colour(j);
        g.fillRect(X(j) - 0.75, Math.min(Y(0), Y(value)), 1.5, Math.abs(Y(value) - Y(0)));
        g.beginPath();
        g.arc(X(j), Y(value), 3.2, 0, 7);
        g.fill();
      });
    };
    const scale = norm(truth), wrong = (j) => Math.abs(z[j] - truth[j]) > 1e-3 * scale;
    stems(truth, 0, () => c.overlap);
    stems(z, 126, (j) => (wrong(j) ? c.separation : c.ink));
    g.fillStyle = c.muted;
    g.fillText(`true code: ${this.s.k} active of ${N}`, 4, 8);
    g.fillText(`found at λ = ${short(lam, 2)}: ${active} active (orange: differs)`, 4, 134);
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
    p.fillStyle = all[this.at] <= RIGHT ? c.overlap : c.ink;
    p.beginPath();
    p.arc(...at(this.at), 4, 0, 7);
    p.fill();
    this.$(".gone").setAttribute("aria-label", `Relative distance to the true code: ${short(all[this.at], 2)} at corner ${this.at}, ${short(all.at(-1), 2)} at the end.`);
  }
}

Object.assign(P, { sparse: { mix, soft, lipschitz, fista, lasso, kktResidual, encode, basisPursuit, planeDictionary, recoveryProblem,
  PRESETS, STEPS } });
for (const [name, type] of [["superposition-plane", SuperpositionPlane], ["transition-map", TransitionMap]])
  if (!customElements.get(name)) customElements.define(name, type);
})();
