// <superposition-plane>: features as arrows in the plane, a sample y, its code by FISTA and by one
// layer. data: {preset, trained: [{features, lam, weight, bias}]}, encoders for the regular circle.
(() => {
"use strict";
const P = globalThis.protolib, { expect, numbers, make, short, clamp, asList, asNames } = P;
const { mix, minus, norm, l1, column, fista, kktResidual, encode, planeDictionary } = P.sparse;
const { defaults: FRESH, ranges, kinds: KINDS, presets: PRESETS, steps: STEPS, active: ACTIVE } = P.shared.plane;
const [, REACH] = ranges.code, [, SIDE] = ranges.point;
const WORDS = { n: "features", lambda: "lam", kind: "kind", signs: "nonnegative", layer: "encoder", seed: "seed",
  theta: "threshold", preset: "preset", z: "code", y: "point" };
const WHOLE = ["features", "seed"], ENCODERS = ["trained", "tied"];

class SuperpositionPlane extends P.Linked {
  style_ = `
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:.6rem 1.2rem;align-items:start}
.two>*{min-width:0} .say{min-height:2.9em;margin:.4rem 0}
.codes{display:grid;grid-template-columns:auto minmax(4.5rem,1fr) minmax(4.5rem,1.2fr);gap:0 .6rem;align-items:center}
.codes .head{color:var(--muted);font-size:.85em} .codes input{min-height:1.75rem;margin:0} .codes b{font-variant-numeric:tabular-nums;text-align:right}
.bars{position:relative;height:1.45rem;border-left:1px solid var(--muted)} .signed .bars{border-left:0}
.signed .bars::before{content:"";position:absolute;left:50%;top:0;bottom:0;width:1px;background:var(--muted)}
.bars i{position:absolute;height:5px;min-width:0} .bars i:nth-child(1){top:2px;background:var(--muted)}
.bars i:nth-child(2){top:9px;background:var(--ink)} .bars i:nth-child(3){top:16px;background:var(--encoder)}
.key{display:flex;flex-wrap:wrap;gap:.1rem .9rem;font-size:.88em;margin:.3rem 0} .key i{display:inline-block;width:1.1rem;height:5px;margin:0 .35rem .15rem 0}
table{border-collapse:collapse;width:100%;margin:.4rem 0;font-variant-numeric:tabular-nums} th{text-align:left;font-weight:400;color:var(--muted)}
th,td{padding:.12rem .4rem .12rem 0;border-bottom:1px solid var(--faint);vertical-align:top} td{white-space:nowrap} .wrap td{white-space:normal} thead th{color:inherit;font-weight:600}
.sliders{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,12rem),1fr));gap:.3rem 1.2rem}`;

  body = `<div class="row"><label>preset <select class="preset"></select></label></div>
<div class="row" role="group" aria-label="FISTA"><button type="button" class="main play">Play</button>
<button type="button" class="step" title="one step of FISTA">Step</button><button type="button" class="reset" title="back to the code zero">Reset</button>
<span class="muted count"></span></div>
<div class="two"><div><div class="stage"><canvas class="framed" role="img"></canvas><div class="handle" role="slider" tabindex="0"></div></div><p class="hint" role="status"></p>
<div class="key"><span><i style="background:var(--muted)"></i>true code</span><span><i style="background:var(--ink)"></i>FISTA</span><span><i style="background:var(--encoder)"></i>one layer</span><span>thin, dotted: Az, step by step</span></div></div>
<div><div class="codes" role="group" aria-label="Features: the true code by sliders, and the codes found"></div></div></div>
<p class="say"><output aria-live="polite"></output></p>
<table><thead><tr><th scope="col"><span class="muted">read-out</span></th><th scope="col">FISTA</th><th scope="col" class="which">one layer</th></tr></thead><tbody></tbody></table>
<div class="sliders"></div>
<div class="row"><label><input type="checkbox" class="sign">only codes z ≥ 0</label>
<label>dictionary <select class="kind"></select></label><label class="seeded">seed <input type="number" class="seed" min="0" max="${ranges.seed[1]}" step="1"></label>
<label>layer <select class="encoder"><option value="trained"></option><option value="tied">tied, W = Aᵀ, b = −θ</option></select></label></div>${P.COPY}`;

  s = { ...FRESH };
  hint = "Drag y, or click it and then its new place.";

  check({ preset, trained }) {
    expect(preset in PRESETS, "it names no preset");
    expect(Array.isArray(trained) && trained.every(({ features, lam, weight, bias }) => numbers([features, lam])
      && numbers(bias) && bias.length === features && Array.isArray(weight) && weight.length === features
      && weight.every((row) => numbers(row) && row.length === 2)), "its layers do not fit their dictionaries");
  }

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
  set(given, input = new P.Input()) {
    this.stop();
    let change = { ...given };
    const s = this.s, has = (name) => change[name] !== undefined && change[name] !== null;
    this.preset = has("preset") ? input.choice("preset", change.preset, Object.keys(PRESETS)) ?? "" : "";
    if (this.preset) change = { ...FRESH, ...PRESETS[this.preset], ...change };
    const put = (name, value) => { if (value !== undefined) s[name] = value; };
    for (const name of ["features", "seed", "lam", "threshold"])
      if (has(name)) put(name, input.number(name, change[name], ranges[name], WHOLE.includes(name)));
    if (has("kind")) put("kind", input.choice("dictionary", change.kind, Object.keys(KINDS)));
    if (has("encoder")) put("encoder", input.choice("layer", change.encoder, ENCODERS));
    if (has("nonnegative")) put("nonnegative", input.flag("only codes z ≥ 0", change.nonnegative));
    const point = has("point") && input.points("y", change.point, ranges.point, [2, 2]);
    if (point) Object.assign(s, { point: Array.from(point), code: null });
    const code = !point && has("code") && input.points("z", change.code, ranges.code, [1, ranges.features[1]]);
    if (code) Object.assign(s, { code, point: null });
    if (s.code)
      s.code = Array.from({ length: s.features }, (_, j) => Math.max(s.code[j] ?? 0, s.nonnegative ? 0 : -REACH));
    this.solve();
    this.controls();
    this.say();
    this.told(input);
    this.draw();
  }

  // From a button: a state, then FISTA from its start.
  attempt(change) {
    this.user(change);
    this.go(0);
    this.play();
  }

  user(change) {
    this.hands.letGo();
    super.user(change);
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

  parse(text, input) {
    const given = P.words(text, Object.keys(WORDS), input), change = {};
    for (const word in given) change[WORDS[word]] = given[word];
    for (const name of ["code", "point"]) if (name in change) change[name] = P.list(change[name]);
    if ("nonnegative" in change) change.nonnegative = { positive: true, both: false }[change.nonnegative] ?? change.nonnegative;
    return change;
  }

  // The same codes in Python, with protolib.
  get python() {
    const s = this.s, { weight, bias } = this.layer, lam = Number.isInteger(s.lam) ? s.lam.toFixed(1) : s.lam, rows = (M) => `[${Array.from(M, asList).join(",\n     ")}]`;
    return `import torch
from protolib.sparse import coding

kind = dict(dtype=torch.float64)
A = torch.tensor([${rows(this.A)}], **kind)
y = torch.tensor([[${asList(this.y)}]], **kind)
z = coding.fista(y, A, lam=${lam}, steps=${this.at}, nonnegative=${s.nonnegative ? "True" : "False"})
W = torch.tensor([${rows(weight)}], **kind)
b = torch.tensor([${asList(bias)}], **kind)
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
      ["active features", (code) => { const on = this.support(code); return on.length ? `${on.length}: ${asNames(on)}` : "none"; }],
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
      return `You placed y by hand, so there is no true code. FISTA names ${asNames(found)}${step}; ${layer.toLowerCase()} names ${asNames(guess)}.`;
    const truth = this.support(s.code), right = (set) => (set.join() === truth.join() ? "right" : "wrong");
    let text = `True: ${asNames(truth)}. FISTA names ${asNames(found)}${step}: ${right(found)}. ${layer} names ${asNames(guess)}: ${right(guess)}.`;
    if (right(found) === "wrong" && this.at === STEPS && norm(minus(this.y, mix(this.A, z))) < 0.2 * norm(this.y) && l1(z) + 1e-6 < l1(s.code))
      text += ` FISTA’s code makes almost the same y with a smaller ‖z‖₁, ${short(l1(z), 3)} against ${short(l1(s.code), 3)}: from y alone nobody can tell which was meant.`;
    return text;
  }

  // ------------------------------------------------------------ dragging y

  dragging() {
    const handle = this.$(".handle"), hint = (text) => P.say(this.shadowRoot, text, this.hint);
    const place = (point) => ({ point: point.map((v) => Number(clamp(v, -SIDE, SIDE).toFixed(3))) });
    this.hands = P.hands(this.$("canvas"), {
      hit: ([px, py], reach) =>
        (Math.hypot(this.view.X(this.y[0]) - px, this.view.Y(this.y[1]) - py) < reach + 3 ? { key: "y" } : null),
      move: (grip, at) => {
        const { view } = this;
        this.reach = view.reach; // the view does not zoom under the hand
        this.set(place(view.back(at)));
      },
      drop: () => {
        this.reach = 0;
        P.toAddress(this);
        this.draw();
        hint(`Moved y to ${this.y.map((v) => v.toFixed(2)).join(", ")}.`);
      },
      choose: (grip) => {
        this.draw();
        hint(grip && "Chosen: y. Now click its new place, or press Escape.");
      },
    });
    handle.addEventListener("keydown", (event) => {
      const by = event.shiftKey ? 0.25 : 0.05;
      const move = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
      if (!move) return;
      event.preventDefault();
      this.user(place(this.y.map((v, d) => v + move[d])));
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
      g.font = g.font.replace("12.5px", "600 12.5px").replace("600 600", "600");
      g.fillText(j + 1, x, y);
    }
    if (s.code) chain(s.code, c.muted, 6);
    const guessed = chain(this.guess, c.encoder, 2.5, [6, 5]);
    // the reconstructions A z on the way
    const way = this.path.slice(0, this.at + 1).map((code) => mix(this.A, code));
    line(way, c.ink, 1);
    way.slice(0, 40).forEach((p) => { g.fillStyle = c.ink; g.beginPath(); g.arc(...spot(p), 2.2, 0, 7); g.fill(); });
    chain(z, c.ink, 2.5);
    const [gx, gy] = spot(guessed);
    g.fillStyle = c.encoder;
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
    g.font = g.font.replace(/.*px/, "italic 600 15px");
    g.fillText("y", clamp(x + 16, 10, v.width - 10), clamp(y - 14, 10, v.height - 10));
    if (this.hands.chosen) P.ring(g, x, y, c.ink);
    const handle = this.$(".handle"), spoken = this.y.map((t) => t.toFixed(2)).join(", ");
    handle.style.left = `${clamp(x, 10, v.width - 10)}px`;
    handle.style.top = `${clamp(y, 10, v.height - 10)}px`;
    for (const [name, value] of Object.entries({ label: "sample y, to be placed by hand; arrow keys move it", valuemin: -SIDE, valuemax: SIDE,
      valuenow: this.y[0].toFixed(2), valuetext: spoken })) handle.setAttribute(`aria-${name}`, value);
    this.$("canvas").setAttribute("aria-label", `${s.features} features as arrows of length one in the plane, the sample y at ${spoken}. `
      + `Codes are chains of arrows from the origin. ${this.words()}`);
  }
}

P.sparse.PRESETS = PRESETS;
P.define("superposition-plane", SuperpositionPlane);
})();
