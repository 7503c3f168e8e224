// <digits-viewer>: images read from the weights, under a slider of training time.
// data: {steps, count, columns, truth, sets: {name: {frames, error, accuracy}}, others}
// images are 8×8 pixels of 4 bits, two a byte, in base64
(() => {
"use strict";
const { Figure, expect, numbers, make, short, define } = globalThis.protolib;

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

  check({ steps, count, columns, truth, sets, others }) {
    expect(numbers(steps, 0) && count > 0 && columns > 0 && Number.isFinite(others), "it has no steps or images");
    this.truth = unpack(truth);
    this.frames = Object.fromEntries(Object.keys(sets).map((name) => [name, unpack(sets[name].frames)]));
    expect(this.truth.length === 32 * count, "its images are not all there");
    expect(Object.keys(sets).length > 0 && Object.keys(sets).every((name) => this.frames[name].length === 32 * count * steps.length
      && ["error", "accuracy"].every((key) => numbers(sets[name][key]) && sets[name][key].length === steps.length)),
      "its frames do not fit its steps");
  }

  build() {
    const { steps, sets } = this.data, names = Object.keys(sets), range = this.$("input[type=range]");
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
    if (this.broken) return;
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
})();
