// The state of a lab without a page: settings, samples, weights; how input becomes it, and its
// address. `set` takes plain data with the names of the notebook's Lab, `open` a link's words.
(() => {
"use strict";
const P = globalThis.protolib, { Input, words, list } = P;
const { defaults: START, ranges, whole, words: WORDS, presets: PRESETS, nominal_steps: LIMIT } = P.shared.lab;
const NUMBERS = ["dims", "size", "seed", "lam", "tau", "softness", "learning_rate", "speed", "zoom"];
const FLAGS = ["curves", "links", "forces"];
const WEIGHTS = ["slope", "bias", "readout"];
const RESET = ["masks", "tau", "lam", "attractor", "kernel", "zoom", "size"]; // by a preset
const KEPT = 160; // places of the paths that are drawn

class LabState {
  s = { ...START, masks: [...START.masks] };
  custom = false; // whether the samples are its own, not those of the seed
  own = null; // {theta, step} that it started from, unless the seed gave them
  steps = 0;
  history = [];
  #chance = null;

  constructor() { this.restart(); }

  get units() { return P.unitsOf(this.theta, this.s.dims); }
  get prototypes() { return P.prototypes(this.theta, this.s.dims); }
  get from() { return this.own?.step ?? 0; }

  // Everything as plain data; the names are those of the notebook's Lab.
  get plain() {
    const { slope, bias, readout, offset } = this.parts(this.theta);
    return {
      ...this.s, masks: [...this.s.masks], samples: this.points(this.x), prototypes: this.points(this.prototypes),
      slope, bias: this.points(bias), readout, offset, step: this.steps,
    };
  }

  // θ in its parts, biases unit by unit.
  parts(theta) {
    const { dims } = this.s, n = P.unitsOf(theta, dims), part = (k) => Array.from(theta.slice(k * n, (k + 1) * n));
    const bias = Array.from({ length: n * dims }, (_, k) => theta[n * (1 + (k % dims)) + Math.floor(k / dims)]);
    return { slope: part(0), bias, readout: part(dims + 1), offset: theta[theta.length - 1] };
  }

  // Numbers on a line, pairs in the plane.
  points(flat) {
    const values = Array.from(flat);
    return this.s.dims === 1 ? values : values.flatMap((v, k) => (k % 2 ? [] : [[v, values[k + 1]]]));
  }

  get scores() {
    const { dims } = this.s, { x, prototypes: p } = this, key = [x, p.length].join();
    if (this.#chance?.key !== key)
      this.#chance = { key, ...P.chance(x, p.length / dims, dims, dims === 1 ? 200 : 50) };
    const chance = this.#chance;
    return {
      error: P.reconstructionError(p, x, dims), chance_error: chance.error,
      specialization: P.specializationRatio(p, x, dims), chance_specialization: chance.ratio,
      expelled: P.expelledShare(p, x, dims), farthest: Math.max(...P.hullDistance(p, x, dims)),
      r2: P.fitR2(P.predict(this.theta, x, dims), this.y),
    };
  }

  // ------------------------------------------------------------ changing it

  // Changes any part; `preset` names a preset. Returns sentences on what was refused.
  set(given, input = new Input()) {
    const s = this.s, before = [s.dims, s.size, s.seed].join();
    let change = { ...given };
    const preset = change.preset === undefined ? undefined : input.choice("preset", change.preset, Object.keys(PRESETS));
    if (preset !== undefined)
      change = { ...Object.fromEntries(RESET.map((name) => [name, START[name]])), ...PRESETS[preset], ...change };
    const has = (name) => change[name] !== undefined && change[name] !== null;
    const put = (name, value) => { if (value !== undefined) s[name] = value; };
    for (const name of NUMBERS)
      if (has(name)) put(name, input.number(WORDS[name], change[name], ranges[name], whole.includes(name)));
    if (has("masks")) {
      const masks = input.points(WORDS.masks, change.masks, ranges.masks, [3, 3]);
      put("masks", masks && Array.from(masks));
    }
    if (has("attractor")) put("attractor", input.choice("attractor", change.attractor, P.ATTRACTORS));
    if (has("kernel")) put("kernel", input.choice("kernel", change.kernel, P.KERNELS));
    for (const flag of FLAGS) if (has(flag)) put(flag, input.flag(flag, change[flag]));
    if (preset !== undefined || change.restart || before !== [s.dims, s.size, s.seed].join()) {
      this.custom = false;
      this.restart();
    }
    this.#samples(change, input);
    this.#weights(change, input);
    if (has("step")) {
      this.steps = input.number(WORDS.step, change.step, ranges.step, true) ?? this.steps;
      if (this.own) this.own.step = this.steps;
    }
    return input.refused;
  }

  #samples({ samples }, input) {
    const { s } = this, x = samples?.length > 0 && input.points(WORDS.samples, samples, ranges.samples, ranges.size, s.dims);
    if (!x) return;
    this.custom = x.join() !== P.uniform(s.seed, x.length / s.dims, s.dims).join();
    this.x = x;
    this.y = P.sine(x, s.dims);
    if (s.size === x.length / s.dims) return;
    s.size = x.length / s.dims;
    this.adopt(P.initialise(s.seed, s.size, s.dims));
  }

  // Weights as given, the others as they are; or prototypes, by b = −w p.
  #weights(change, input) {
    const { dims, seed } = this.s, sizes = { slope: 1, bias: dims, readout: 1 };
    const given = WEIGHTS.filter((name) => change[name]?.length > 0);
    const offset = change.offset === undefined || change.offset === null ? undefined
      : input.number(WORDS.offset, change.offset, ranges.weights);
    if (given.length || offset !== undefined) {
      const parts = given.map((name) => input.points(WORDS[name], change[name], ranges.weights, ranges.size, sizes[name]));
      if (parts.includes(undefined)) return;
      const units = parts.length ? parts[0].length / sizes[given[0]] : this.units, kept = units === this.units;
      if (parts.some((part, k) => part.length !== units * sizes[given[k]]) || (given.length < 3 && !kept)) {
        input.refused.push("w, b and v were refused: together they give every unit its weights.");
        return;
      }
      const theta = kept ? this.theta.slice() : new Float64Array(units * (dims + 2) + 1);
      parts.forEach((part, k) => {
        if (given[k] === "bias") part.forEach((v, i) => { theta[units * (1 + (i % dims)) + Math.floor(i / dims)] = v; });
        else theta.set(part, given[k] === "slope" ? 0 : units * (dims + 1));
      });
      if (offset !== undefined) theta[theta.length - 1] = offset;
      if (theta.length === this.theta.length && theta.every((v, k) => v === this.theta[k])) return;
      this.adopt(theta, true);
    } else {
      const p = change.prototypes?.length > 0
        && input.points("prototypes", change.prototypes, ranges.prototypes, ranges.size, dims);
      if (!p) return;
      if (p.length !== this.units * dims) this.adopt(P.initialise(seed, p.length / dims, dims));
      for (let j = 0; j < this.units; j++) this.place(j, p.slice(j * dims, (j + 1) * dims));
    }
  }

  adopt(theta, own = false) {
    this.theta = theta;
    this.train = P.trainer(theta);
    this.steps = 0;
    this.until = LIMIT; // where playing pauses once
    this.history = [];
    this.log = []; // [step, query] at the first and where it changed; [step, "p", index, place] by hand
    this.own = own ? { theta: theta.slice(), step: 0 } : null;
  }

  restart() {
    const { seed, size, dims } = this.s;
    if (!this.custom) {
      this.x = P.uniform(seed, size, dims);
      this.y = P.sine(this.x, dims);
    }
    this.adopt(P.initialise(seed, size, dims));
  }

  // By hand, a prototype or a sample; places of samples are rounded, so that links are short.
  place(j, p) {
    const { theta, units } = this;
    p.forEach((value, d) => { theta[units * (1 + d) + j] = -P.safeSlope(theta[j]) * value; });
    if (this.steps === this.from) this.own = { theta: theta.slice(), step: this.steps };
    else this.log.push([this.steps, "p", j, p.join("_")]);
  }

  move(i, point) {
    point.forEach((v, d) => { this.x[i * this.s.dims + d] = Number(P.clamp(v, -1, 1).toFixed(4)); });
    this.y = P.sine(this.x, this.s.dims);
    this.custom = true;
  }

  // Trains; `hold()` is called after every few steps, `KEPT` places remain of the paths.
  advance(count, hold = () => {}) {
    const { query } = this;
    if (this.log.at(-1)?.[1] !== query) this.log.push([this.steps, query]);
    for (let left = count; left > 0;) {
      const now = Math.min(left, 8 - (this.steps % 8));
      this.train(now, this.x, this.y, this.s.dims, this.s);
      this.steps += now;
      left -= now;
      hold();
      if (this.steps % 8 === 0) this.history.push(this.prototypes);
      if (this.history.length > KEPT) this.history.shift();
    }
  }

  // ------------------------------------------------------------ its address

  // What a link and a tag hold: what differs from the nominal state. As Lab.query in Python.
  get query() {
    const s = this.s, parts = [], add = (name, value) => parts.push(`${WORDS[name]}=${value}`);
    for (const name of [...NUMBERS, "attractor", "kernel"])
      if (s[name] !== START[name]) add(name, encodeURIComponent(s[name]));
    if (s.masks.some(Boolean)) add("masks", s.masks.join(s.masks.every((m) => m < 10 && m % 1 === 0) ? "" : "_"));
    for (const flag of FLAGS) if (s[flag] !== START[flag]) add(flag, +s[flag]);
    if (this.custom) add("samples", this.x.join("_"));
    if (this.own) {
      const parts = this.parts(this.own.theta);
      for (const name in parts) add(name, [parts[name]].flat().join("_"));
      if (this.own.step) add("step", this.own.step);
    }
    return parts.join("&");
  }

  // The state that a link names; what it does not name is nominal. Returns what was refused.
  open(text) {
    const input = new Input(), given = words(text, [...Object.values(WORDS), "preset"], input), change = {};
    for (const name in WORDS) if (given[WORDS[name]] !== undefined) change[name] = given[WORDS[name]];
    for (const name of ["samples", ...WEIGHTS]) if (name in change) change[name] = list(change[name]);
    if (change.masks !== undefined) change.masks = change.masks.includes("_") ? list(change.masks) : [...change.masks];
    if (given.preset !== undefined) change.preset = given.preset;
    this.s = { ...START, masks: [...START.masks] };
    this.set({ ...change, restart: true }, input);
    if (!this.own) this.steps = 0; // it starts from the seed
    return input.refused;
  }
}

Object.assign(P, { LabState, PRESETS, LIMIT });
})();
