// Three smaller live figures: <phase-map>, <digits-viewer> and <predict-reveal>. Each takes its
// numbers from the page's own run, as JSON in its `data` attribute, and shows what stands inside
// the tag in print and where scripts are off.
(() => {
"use strict";
const { palette, onTheme, make, short, percent, clamp } = globalThis.protolib;

const STYLE = `
:host{display:block;margin:.6rem 0;font-size:.92rem;line-height:1.4;color:inherit}
*{box-sizing:border-box} .still{display:none}
button,input,select{font:inherit;color:inherit} :focus-visible{outline:3px solid var(--coverage);outline-offset:2px}
button{cursor:pointer;background:transparent;border:1px solid var(--muted);border-radius:.35rem;min-height:2.1rem;padding:.1rem .6rem}
button.main{background:var(--ink);color:var(--paper);border-color:var(--ink);font-weight:600}
button[disabled]{opacity:.5;cursor:default}
.row{display:flex;flex-wrap:wrap;gap:.45rem .8rem;align-items:center;margin:.45rem 0}
label{display:inline-flex;gap:.35rem;align-items:center} .muted{color:var(--muted)}
fieldset{border:0;padding:0;margin:.3rem 0;min-width:0} legend{padding:0;font-weight:600}
input[type=range]{width:100%;accent-color:var(--ink);min-height:1.9rem}
canvas{display:block;width:100%}
@media print{.live{display:none}.still{display:block}}
`;

// What the three have in common: data, colours, a fallback, and drawing again when asked.
class Figure extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      this.data = JSON.parse(this.getAttribute("data"));
      this.attachShadow({ mode: "open" }).innerHTML =
        `<style>${STYLE}${this.style_ ?? ""}</style><div class="live">${this.body}</div><div class="still"><slot></slot></div>`;
      this.build();
    }
    const again = () => {
      this.colours = palette(this);
      for (const name in this.colours) this.style.setProperty(`--${name}`, this.colours[name]);
      this.draw();
    };
    const resize = new ResizeObserver(() => this.draw());
    again();
    resize.observe(this);
    const theme = onTheme(again);
    this.leave = () => { resize.disconnect(); theme(); };
  }

  disconnectedCallback() { this.leave(); }

  $(selector) { return this.shadowRoot.querySelector(selector); }

  // A canvas at the screen's resolution, `height` CSS pixels high; returns its context and width.
  pen(selector, height) {
    const canvas = this.$(selector), ratio = Math.min(devicePixelRatio || 1, 2);
    const width = Math.max(canvas.clientWidth, 100);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.font = `12px ${getComputedStyle(this).fontFamily}`;
    g.textBaseline = "middle";
    return [g, width];
  }
}

const define = (name, type) => { if (!customElements.get(name)) customElements.define(name, type); };

// ---------------------------------------------------------------- <phase-map for="lab's id">
// data: {taus, sizes, share: [size][tau], spread, seeds, length, settings}

// 3·10⁻³ and the like: short enough for a telephone
function power(tau) {
  const exponent = Math.floor(Math.log10(tau) + 1e-9), mantissa = Math.round(tau / 10 ** exponent);
  if (exponent > -2) return short(tau, 1);
  return `${mantissa === 1 ? "" : `${mantissa}·`}10⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[-exponent]}`;
}

// cividis, in five steps
const RAMP = [[0, 34, 78], [65, 77, 107], [124, 123, 120], [188, 175, 111], [254, 232, 56]];
function ramp(t) {
  const at = clamp(t, 0, 1) * 4, k = Math.min(3, Math.floor(at));
  const rgb = RAMP[k].map((c, i) => Math.round(c + (RAMP[k + 1][i] - c) * (at - k)));
  return [`rgb(${rgb})`, 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2] > 120 ? "#000" : "#fff"];
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
      `Numbers are percent outside, means of ${this.data.seeds} seeds. Outlined: the packing threshold, s from ½ to 1. Choose a cell.`;
  }

  cell(r, c) { return this.cells.find((o) => o.r === r && o.c === c).cell; }

  crowding(r, c) { return (this.data.sizes[r] * Math.sqrt(this.data.taus[c])) / this.data.length; }

  words(r, c) {
    const { taus, sizes, share, spread } = this.data;
    return `N = ${sizes[r]}, τ = ${short(taus[c], 1)}, crowding s = ${short(this.crowding(r, c), 2)}: `
      + `${percent(share[r][c])} outside, seeds differ by ± ${percent(spread[r][c])}`;
  }

  say(r, c) { this.$("output").textContent = `${this.words(r, c)}.`; }

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

// ---------------------------------------------------------------- <digits-viewer>
// data: {steps, count, columns, truth, sets: {name: {frames, error, accuracy}}, others}
// images are 8×8 pixels of 4 bits, two a byte, in base64

const unpack = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

class DigitsViewer extends Figure {
  style_ = `.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.6rem}
canvas{image-rendering:pixelated}`;

  body = `<fieldset class="row"><legend>attractor</legend></fieldset>
<div class="row"><button type="button" class="main">Play</button><label style="flex:1 1 12rem">step
<input type="range" min="0" step="1" aria-label="training step"></label></div>
<div class="two"><div><div class="muted">training digits</div><canvas class="truth" role="img"></canvas></div>
<div><div class="muted">prototypes −b/w, matched</div><canvas class="now" role="img"></canvas></div></div>
<p class="row"><output aria-live="polite"></output></p>`;

  build() {
    const { steps, sets, truth } = this.data, names = Object.keys(sets), range = this.$("input[type=range]");
    this.truth = unpack(truth);
    this.frames = Object.fromEntries(names.map((name) => [name, unpack(sets[name].frames)]));
    this.name = names[0];
    names.forEach((name, k) => {
      const radio = make("input", { type: "radio", name: "attractor", value: name, checked: k === 0 });
      radio.addEventListener("change", () => { this.name = name; this.draw(); });
      this.$("fieldset").append(make("label", {}, radio, name));
    });
    range.max = steps.length - 1;
    range.value = 0;
    range.addEventListener("input", () => { this.stop(); this.draw(); });
    this.$("button").addEventListener("click", () => (this.timer ? this.stop() : this.start()));
  }

  start() {
    const range = this.$("input[type=range]");
    if (Number(range.value) === Number(range.max)) range.value = 0;
    this.$("button").textContent = "Pause";
    this.timer = setInterval(() => {
      range.value = Number(range.value) + 1;
      this.draw();
      if (range.value === range.max) this.stop();
    }, 250);
    this.draw();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.$("button").textContent = "Play";
  }

  disconnectedCallback() { this.stop(); super.disconnectedCallback(); }

  sheet(selector, bytes, from) {
    const { count, columns } = this.data, rows = Math.ceil(count / columns), width = this.$(selector).clientWidth || 300;
    const [g] = this.pen(selector, Math.round((width * (rows * 9 + 1)) / (columns * 9 + 1)));
    const small = make("canvas", { width: columns * 9 + 1, height: rows * 9 + 1 }), s = small.getContext("2d");
    const parse = (colour) => colour.match(/\w\w/g).slice(0, 3).map((h) => parseInt(h, 16));
    const paper = parse(this.colours.paper), ink = parse(this.colours.ink);
    s.fillStyle = this.colours.faint;
    s.fillRect(0, 0, small.width, small.height);
    for (let n = 0; n < count; n++) {
      const image = s.createImageData(8, 8);
      for (let k = 0; k < 64; k++) {
        const byte = bytes[from + n * 32 + (k >> 1)], t = (k % 2 ? byte & 15 : byte >> 4) / 15;
        for (let c = 0; c < 3; c++) image.data[4 * k + c] = paper[c] + (ink[c] - paper[c]) * t;
        image.data[4 * k + 3] = 255;
      }
      s.putImageData(image, 1 + 9 * (n % columns), 1 + 9 * Math.floor(n / columns));
    }
    g.imageSmoothingEnabled = false;
    g.drawImage(small, 0, 0, width, (width * small.height) / small.width);
  }

  draw() {
    const { steps, count, sets, others } = this.data, k = Number(this.$("input[type=range]").value), set = sets[this.name];
    this.sheet(".truth", this.truth, 0);
    this.sheet(".now", this.frames[this.name], k * count * 32);
    const text = `${this.name}, step ${steps[k]}: mean distance to the training digits ${short(set.error[k], 2)} `
      + `(ideal 0, other digits ${short(others, 2)}); accuracy ${short(set.accuracy[k], 2)}`;
    this.$("output").textContent = text;
    this.$("input[type=range]").setAttribute("aria-valuetext", `step ${steps[k]}`);
    this.$(".now").setAttribute("aria-label", `${count} images read from the weights. ${text}`);
    this.$(".truth").setAttribute("aria-label", `${count} handwritten digits that the network was trained on.`);
  }
}
define("digits-viewer", DigitsViewer);

// ---------------------------------------------------------------- <predict-reveal>
// kind="pick": data {question, unit, options: [{name, mean, low, high, wins}], seeds, colours?}
// kind="place": data {question, samples, start, ends: [seed][prototype], reach, chance}

const gap = (a, b) => { // mean distance of two clouds on a line, matched
  const s = [...a].sort((x, y) => x - y), t = [...b].sort((x, y) => x - y);
  return s.reduce((sum, v, k) => sum + Math.abs(v - t[k]), 0) / s.length;
};
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

class PredictReveal extends Figure {
  style_ = `.stage{position:relative;touch-action:pan-y} .handle{position:absolute;width:26px;height:26px;margin:-13px 0 0 -13px;border-radius:50%;pointer-events:none}
canvas{border:1px solid var(--faint);border-radius:.35rem} [hidden]{display:none}`;

  body = `<fieldset><legend></legend><div class="row options"></div></fieldset>
<div class="stage"><canvas role="img"></canvas><div class="handle" role="slider" tabindex="0"></div></div>
<div class="row"><button type="button" class="main">Commit, then reveal</button><button type="button" class="again" hidden>Try again</button></div>
<p class="row"><output aria-live="polite"></output></p>`;

  build() {
    this.place = this.getAttribute("kind") === "place";
    this.open = false;
    this.$("legend").textContent = this.data.question;
    if (this.place) {
      this.marks = [...this.data.start];
      this.at = 0;
      this.drag();
    } else {
      this.data.options.forEach(({ name }, k) => {
        const radio = make("input", { type: "radio", name: "pick", value: k });
        radio.addEventListener("change", () => { this.pick = k; this.$(".main").disabled = false; });
        this.$(".options").append(make("label", {}, radio, name));
      });
      this.$(".handle").hidden = this.$(".stage").hidden = true;
      this.$(".main").disabled = true;
    }
    this.$(".main").addEventListener("click", () => this.reveal(true));
    this.$(".again").addEventListener("click", () => this.reveal(false));
  }

  reveal(open) {
    this.open = open;
    this.$(".main").disabled = open;
    this.$(".again").hidden = !open;
    this.shadowRoot.querySelectorAll("input").forEach((input) => { input.disabled = open; });
    if (!this.place) this.$(".stage").hidden = !open;
    this.$("output").textContent = open ? (this.place ? this.placed() : this.picked()) : "";
    this.draw();
  }

  picked() {
    const { options, seeds } = this.data, mine = options[this.pick];
    const best = options.reduce((a, b) => (b.wins > a.wins ? b : a));
    const { chance } = this.data, worse = chance && best.mean > chance;
    return `You picked ${mine.name}: best in ${mine.wins} of ${seeds} seeds. `
      + (best === mine ? "No other wins as often." : `Most often best: ${best.name}, ${best.wins} of ${seeds}.`)
      + ` A blind pick wins ${short(seeds / options.length, 2)} on average.`
      + (worse ? ` And even its mean error, ${short(best.mean, 2)}, is worse than chance, ${short(chance, 2)}.` : "");
  }

  // Against the typical outcome: place by place from left to right, the median over seeds.
  placed() {
    const { ends, samples, start, reach } = this.data, low = Math.min(...samples), high = Math.max(...samples);
    const inView = (p) => [...p].map((v) => clamp(v, -reach, reach)).sort((a, b) => a - b);
    const every = ends.map(inView), typical = start.map((_, k) => middle(every.map((end) => end[k])));
    const score = (p) => short(gap(inView(p), typical), 2);
    const out = (p) => p.filter((v) => v < low || v > high).length, counts = ends.map(out);
    return `You put ${out(this.marks)} of ${start.length} outside the hull; in ${ends.length} seeds it was ${middle(counts)} `
      + `(from ${Math.min(...counts)} to ${Math.max(...counts)}). Your mean distance to the typical places: ${score(this.marks)}. `
      + `Leaving them where they stood: ${score(start)}; on the samples: ${score(samples)}; `
      + `one seed’s run against all: ${short(middle(every.map((end) => gap(end, typical))), 2)}.`;
  }

  X(value) { return this.width / 2 + (value / this.data.reach) * (this.width / 2); }

  drag() {
    const canvas = this.$("canvas"), handle = this.$(".handle");
    const where = (event) => event.clientX - canvas.getBoundingClientRect().left;
    const hit = (px) => {
      const k = this.marks.reduce((best, v, i) => (Math.abs(this.X(v) - px) < Math.abs(this.X(this.marks[best]) - px) ? i : best), 0);
      return Math.abs(this.X(this.marks[k]) - px) < 24 ? k : -1;
    };
    const move = (k, value) => {
      this.marks[k] = clamp(value, -this.data.reach, this.data.reach);
      this.draw();
    };
    canvas.addEventListener("pointerdown", (event) => {
      const k = this.open ? -1 : hit(where(event));
      if (k < 0) return;
      this.at = k;
      this.held = true;
      try { canvas.setPointerCapture(event.pointerId); } catch { /* a made-up pointer */ }
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.held) move(this.at, ((where(event) - this.width / 2) / (this.width / 2)) * this.data.reach);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.held = false; });
    canvas.addEventListener("touchstart", (event) => {
      const touch = event.touches[0];
      if (!this.open && hit(touch.clientX - canvas.getBoundingClientRect().left) >= 0) event.preventDefault();
    }, { passive: false });
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], turn = { PageDown: 1, ArrowDown: 1, PageUp: -1, ArrowUp: -1 }[event.key];
      if (turn) this.at = (this.at + turn + this.marks.length) % this.marks.length;
      else if (by && !this.open) this.marks[this.at] = clamp(this.marks[this.at] + by * (event.shiftKey ? 0.5 : 0.1), -this.data.reach, this.data.reach);
      else return;
      event.preventDefault();
      this.draw();
    });
  }

  draw() {
    if (this.place) this.drawPlace(); else if (this.open) this.drawPick();
  }

  drawPlace() {
    const { samples, ends, reach } = this.data, c = this.colours, height = this.open ? 130 + 4 * ends.length : 110;
    const [g, width] = this.pen("canvas", height), handle = this.$(".handle");
    this.width = width;
    g.fillStyle = c.hull;
    g.fillRect(this.X(Math.min(...samples)), 0, this.X(Math.max(...samples)) - this.X(Math.min(...samples)), height);
    const dot = (x, y, r, colour) => { g.fillStyle = colour; g.beginPath(); g.arc(x, y, r, 0, 7); g.fill(); };
    samples.forEach((v) => dot(this.X(v), 34, 5, c.ink));
    this.marks.forEach((v) => {
      g.fillStyle = c.all;
      g.beginPath();
      g.moveTo(this.X(v), 82);
      g.lineTo(this.X(v) - 8, 68);
      g.lineTo(this.X(v) + 8, 68);
      g.fill();
    });
    let beyond = 0;
    if (this.open)
      ends.forEach((end, r) => end.forEach((v) => {
        if (Math.abs(v) > reach) beyond++; else dot(this.X(v), 116 + 4 * r, 2, c[this.data.colour] ?? c.ink);
      }));
    g.fillStyle = c.muted;
    g.fillText("samples; shaded: their hull", 6, 10);
    g.fillText("your prediction: drag the triangles", 6, 54);
    if (this.open) g.fillText(`where they ended, a row a seed${beyond ? `; ${beyond} of ${ends.length * samples.length} beyond this view` : ""}`, 6, 102);
    handle.style.left = `${this.X(this.marks[this.at])}px`;
    handle.style.top = "75px";
    handle.setAttribute("aria-label", `predicted prototype ${this.at + 1} of ${this.marks.length}; left and right move it, Page Up and Page Down choose another`);
    handle.setAttribute("aria-valuemin", -reach);
    handle.setAttribute("aria-valuemax", reach);
    handle.setAttribute("aria-valuenow", this.marks[this.at].toFixed(1));
    this.$("canvas").setAttribute("aria-label", `${samples.length} samples between ${Math.min(...samples).toFixed(2)} and ${Math.max(...samples).toFixed(2)}, and your ${this.marks.length} predicted prototypes.`
      + (this.open ? ` ${this.$("output").textContent}` : ""));
  }

  drawPick() {
    const { options, unit, chance, log } = this.data, c = this.colours, row = 40;
    const [g, width] = this.pen("canvas", row * options.length + 34), bottom = row * options.length + 8;
    const f = log ? Math.log : (v) => v, most = Math.max(...options.map((o) => o.high), chance ?? 0);
    const least = log ? Math.min(...options.map((o) => o.low), chance ?? Infinity) : 0;
    const X = (v) => 12 + ((f(Math.max(v, least)) - f(least)) / (f(most) - f(least) || 1)) * (width - 24);
    options.forEach((o, k) => {
      const y = 10 + row * k, colour = k === this.pick ? c.separation : c.ink;
      g.fillStyle = colour;
      g.fillText(`${k === this.pick ? "▸ " : ""}${o.name}: ${short(o.mean, 2)} (${short(o.low, 2)} to ${short(o.high, 2)}), best in ${o.wins}`, 8, y + 4);
      if (chance) for (let dot = 12; dot < 28; dot += 5) g.fillRect(X(chance) - 0.75, y + dot, 1.5, 3);
      g.fillRect(X(o.low), y + 18, Math.max(X(o.high) - X(o.low), 1), 1.5);
      for (const v of [o.low, o.high]) g.fillRect(X(v) - 0.75, y + 14, 1.5, 9);
      g.beginPath();
      g.arc(X(o.mean), y + 19, 5, 0, 7);
      g.fill();
    });
    g.fillStyle = c.muted;
    g.fillText(`${unit}${chance ? `; dotted: chance, ${short(chance, 2)}` : ""}`, 8, bottom + 16);
    this.$("canvas").setAttribute("aria-label", options.map((o) => `${o.name}: ${short(o.mean, 2)}, best in ${o.wins} seeds`).join("; "));
  }
}
define("predict-reveal", PredictReveal);

Object.assign(globalThis.protolib, { Figure, ramp });
})();
