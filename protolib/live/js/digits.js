// <digits-viewer>: images read from the weights, under a slider of training time.
// data: {steps, count, columns, phone, truth, sets: {name: {frames, error, accuracy}}, others}
// images are 8×8 pixels of 4 bits, two a byte, in base64. With `autoplay` it plays once, when first
// seen; between two steps an image is faded from one to the other.
(() => {
"use strict";
const P = globalThis.protolib, { Figure, expect, numbers, make, short, percent, clamp, define } = P;

const unpack = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const SECONDS = 0.4; // a step of the slider

class DigitsViewer extends Figure {
  at = 0; // frame, and between two

  style_ = `.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.3rem 1.4rem;margin:.3rem 0}
canvas{image-rendering:pixelated} .told{margin:.2rem 0;min-height:1.4em}`;

  body = `<div class="two"><div><b>training digits</b><canvas class="truth" role="img"></canvas></div>
<div><b>read out of the weights, −b/w</b><canvas class="now" role="img"></canvas></div></div>
<div class="row"><button type="button" class="main play">Play</button><label style="flex:1 1 10rem">training
<input type="range" min="0" step="1" aria-label="training step"></label></div>
<p class="told"><output aria-live="polite"></output></p>`;

  check({ steps, count, columns, phone, truth, sets, others }) {
    expect(numbers(steps, 0) && count > 0 && columns > 0 && phone > 0 && Number.isFinite(others), "it has no steps or images");
    this.truth = unpack(truth);
    this.frames = Object.fromEntries(Object.keys(sets).map((name) => [name, unpack(sets[name].frames)]));
    expect(this.truth.length === 32 * count, "its images are not all there");
    expect(Object.keys(sets).length > 0 && Object.keys(sets).every((name) => this.frames[name].length === 32 * count * steps.length
      && ["error", "accuracy"].every((key) => numbers(sets[name][key]) && sets[name][key].length === steps.length)),
      "its frames do not fit its steps");
  }

  build() {
    const { steps, sets } = this.data, range = this.$("input[type=range]");
    this.name = Object.keys(sets)[0];
    this.last = steps.length - 1;
    range.max = this.last;
    range.value = 0;
    range.addEventListener("input", () => { const at = Number(range.value); this.stop(); this.go(at); });
    this.$(".play").addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    if (this.hasAttribute("autoplay") && P.calm()) this.at = this.last;
    else if (this.hasAttribute("autoplay")) P.firstSeen(this.$(".now"), () => { if (!this.touched) this.start(); });
  }

  // From a button: `name` of the attractor.
  attempt({ name }) {
    this.name = name;
    this.at = 0;
    this.start();
  }

  get playing() { return Boolean(this.frame); }

  start() {
    if (this.at >= this.last) this.at = 0;
    this.$(".play").textContent = "Pause";
    this.$("output").ariaLive = "off"; // not every step is spoken
    let before = null, at = this.at || -2; // the noise is looked at for a moment
    const tick = (time) => {
      const passed = before === null ? 0 : Math.min(time - before, 100);
      before = time;
      this.go(at += passed / 1000 / SECONDS);
      if (this.at >= this.last) this.stop(); else this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  go(at) {
    this.at = clamp(at, 0, this.last);
    this.draw();
  }

  stop() {
    if (this.broken || !this.shadowRoot) return;
    this.touched = true;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.$(".play").textContent = "Play";
    this.$("output").ariaLive = "polite";
    this.draw();
  }

  disconnectedCallback() { this.stop(); super.disconnectedCallback(); }

  // Ink on the page's own paper; `share` of the images that follow `step` bytes later is mixed in.
  sheet(selector, bytes, from, share = 0, step = 0) {
    const canvas = this.$(selector), width = canvas.clientWidth || 300, { count } = this.data;
    const columns = this.clientWidth < 560 ? this.data.phone : this.data.columns, rows = Math.ceil(count / columns);
    const [g] = this.pen(selector, Math.round((width * (rows * 9 - 1)) / (columns * 9 - 1)));
    const small = make("canvas", { width: columns * 9 - 1, height: rows * 9 - 1 }), s = small.getContext("2d");
    const ink = this.colours.ink.match(/\w\w/g).slice(0, 3).map((h) => parseInt(h, 16));
    const level = (at, k) => (k % 2 ? bytes[at + (k >> 1)] & 15 : bytes[at + (k >> 1)] >> 4) * 17;
    for (let n = 0; n < count; n++) {
      const image = s.createImageData(8, 8), at = from + 32 * n;
      for (let k = 0; k < 64; k++)
        image.data.set([...ink, (1 - share) * level(at, k) + (share && share * level(at + step, k))], 4 * k);
      s.putImageData(image, 9 * (n % columns), 9 * Math.floor(n / columns));
    }
    g.imageSmoothingEnabled = false;
    g.drawImage(small, 0, 0, width, (width * small.height) / small.width);
  }

  draw() {
    if (!this.colours) return;
    const { steps, count, sets, others } = this.data, set = sets[this.name], range = this.$("input[type=range]");
    const k = Math.floor(this.at), size = count * 32, told = Object.keys(sets).length > 1 ? `${this.name}, ` : "";
    range.value = Math.round(this.at);
    this.sheet(".truth", this.truth, 0);
    this.sheet(".now", this.frames[this.name], k * size, this.at - k, size);
    const text = `${told}step ${steps[k]}: ${short(set.error[k], 2)} from the training digits `
      + `(ideal 0, other digits ${short(others, 2)}); ${percent(set.accuracy[k])} named rightly`;
    this.$("output").textContent = text[0].toUpperCase() + text.slice(1);
    range.setAttribute("aria-valuetext", `step ${steps[k]}`);
    this.$(".now").setAttribute("aria-label", `${count} images read from the weights. ${text}`);
    this.$(".truth").setAttribute("aria-label", `${count} handwritten digits that the network was trained on.`);
  }
}
define("digits-viewer", DigitsViewer);
})();
