// <predict-reveal>: the reader predicts, then sees what the page's own run gave.
// kind="pick": data {question, unit, options: [{name, median, low, high, wins}], seeds, colours?}
// kind="place": data {question, samples, start, ends: [seed][prototype], reach, colour}
(() => {
"use strict";
const { Figure, expect, numbers, hands, say, dot, ring, make, short, clamp, define } = globalThis.protolib;
const HINT = "Drag a triangle, or click it and then its new place.";

const gap = (a, b) => { // mean distance of two clouds on a line, matched
  const s = [...a].sort((x, y) => x - y), t = [...b].sort((x, y) => x - y);
  return s.reduce((sum, v, k) => sum + Math.abs(v - t[k]), 0) / s.length;
};
const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

class PredictReveal extends Figure {
  style_ = `button[disabled],button.main[disabled]{cursor:default;background:transparent;border:1px dashed var(--muted);color:var(--muted)}`;

  body = `<fieldset><legend></legend><div class="row options"></div></fieldset>
<div class="stage"><canvas class="framed" role="img"></canvas><div class="handle" role="slider" tabindex="0"></div></div>
<p class="hint" role="status"></p>
<div class="row"><button type="button" class="main">Commit, then reveal</button><button type="button" class="again" hidden>Try again</button></div>
<p class="row"><output aria-live="polite"></output></p>`;

  check({ question, options, seeds, samples, start, ends, reach }) {
    expect(typeof question === "string", "it asks no question");
    if (this.getAttribute("kind") === "place") {
      expect(reach > 0 && numbers(samples) && numbers(start, -reach, reach), "its samples or its start are not numbers in view");
      expect(Array.isArray(ends) && ends.length > 0 && ends.every((end) => numbers(end) && end.length === start.length),
        "its ends are not as many as its prototypes");
    } else {
      expect(seeds > 0 && Array.isArray(options) && options.length > 1, "there is nothing to choose from");
      expect(options.every(({ name, median, low, high, wins }) => typeof name === "string" && numbers([median, low, high, wins])),
        "its options lack numbers");
    }
  }

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
      this.$(".handle").hidden = this.$(".stage").hidden = this.$(".hint").hidden = true;
      this.$(".main").disabled = true;
    }
    this.$(".main").addEventListener("click", () => this.reveal(true));
    this.$(".again").addEventListener("click", () => this.reveal(false));
  }

  reveal(open) {
    this.open = open;
    this.hands?.letGo();
    if (this.place) this.$(".hint").hidden = open;
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
    const { chance } = this.data, worse = chance && best.median > chance;
    return `You picked ${mine.name}: best in ${mine.wins} of ${seeds} seeds. `
      + (best === mine ? "No other wins as often." : `Most often best: ${best.name}, ${best.wins} of ${seeds}.`)
      + ` A blind pick wins ${short(seeds / options.length, 2)} on average.`
      + (worse ? ` And even its median error, ${short(best.median, 2)}, is worse than chance, ${short(chance, 2)}.` : "");
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
    const canvas = this.$("canvas"), handle = this.$(".handle"), hint = (text) => say(this.shadowRoot, text, HINT);
    const called = (k) => `prototype ${k + 1} of ${this.marks.length}`;
    hint("");
    this.hands = hands(canvas, {
      hit: ([px, py], reach) => {
        const gaps = this.marks.map((v) => Math.abs(this.X(v) - px)), k = gaps.indexOf(Math.min(...gaps));
        return !this.open && gaps[k] < reach && Math.abs(py - 75) < 36 ? { key: k } : null;
      },
      move: ({ key }, [px]) => {
        this.at = key;
        this.marks[key] = clamp((px / this.width * 2 - 1) * this.data.reach, -this.data.reach, this.data.reach);
        this.draw();
      },
      drop: ({ key }) => hint(`Moved ${called(key)} to ${this.marks[key].toFixed(1)}.`),
      choose: (grip) => {
        if (grip) this.at = grip.key;
        this.draw();
        hint(grip && `Chosen: ${called(grip.key)}. Now click its new place, or press Escape.`);
      },
    });
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
    const put = (x, y, r, colour) => dot(g, x, y, r, colour), { chosen } = this.hands;
    samples.forEach((v) => put(this.X(v), 34, 5, c.ink));
    this.marks.forEach((v) => {
      g.fillStyle = c.pick;
      g.beginPath();
      g.moveTo(this.X(v), 82);
      g.lineTo(this.X(v) - 8, 68);
      g.lineTo(this.X(v) + 8, 68);
      g.fill();
    });
    if (chosen) ring(g, this.X(this.marks[chosen.key]), 74, c.ink);
    let beyond = 0;
    if (this.open)
      ends.forEach((end, r) => end.forEach((v) => {
        if (Math.abs(v) > reach) beyond++; else put(this.X(v), 116 + 4 * r, 2, c[this.data.colour] ?? c.ink);
      }));
    g.fillStyle = c.muted;
    g.fillText("samples; shaded: their hull", 6, 10);
    g.fillText("your prediction: the triangles", 6, 54);
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
      const y = 10 + row * k, colour = k === this.pick ? c.pick : c.ink;
      g.fillStyle = colour;
      g.fillText(`${k === this.pick ? "▸ " : ""}${o.name}: ${short(o.median, 2)} (${short(o.low, 2)} to ${short(o.high, 2)}), best in ${o.wins}`, 8, y + 4);
      if (chance) for (let dot = 12; dot < 28; dot += 5) g.fillRect(X(chance) - 0.75, y + dot, 1.5, 3);
      g.fillRect(X(o.low), y + 18, Math.max(X(o.high) - X(o.low), 1), 1.5);
      for (const v of [o.low, o.high]) g.fillRect(X(v) - 0.75, y + 14, 1.5, 9);
      g.beginPath();
      g.arc(X(o.median), y + 19, 5, 0, 7);
      g.fill();
    });
    g.fillStyle = c.muted;
    g.fillText(`${unit}${chance ? `; dotted: chance, ${short(chance, 2)}` : ""}`, 8, bottom + 16);
    this.$("canvas").setAttribute("aria-label", options.map((o) => `${o.name}: ${short(o.median, 2)}, best in ${o.wins} seeds`).join("; "));
  }
}
define("predict-reveal", PredictReveal);
})();
