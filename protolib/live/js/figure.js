// What the smaller live figures have in common: their numbers from the page's own run, as JSON in
// the attribute `data`, checked before anything is drawn; what stands inside the tag is shown in
// print, where scripts are off, and where the data cannot be read.
(() => {
"use strict";
const P = globalThis.protolib, { palette, onTheme, STYLE, STILL, TRIES, WATCH } = P;

// Stops with a sentence unless `fact` holds.
function expect(fact, sentence) {
  if (!fact) throw new Error(sentence);
}
const numbers = (list, low = -Infinity, high = Infinity) =>
  Array.isArray(list) && list.length > 0 && list.every((v) => Number.isFinite(v) && v >= low && v <= high);

class Figure extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open" });
      try {
        this.data = JSON.parse(this.getAttribute("data"));
        expect(this.data && typeof this.data === "object", "it has no data");
        this.check(this.data);
        root.innerHTML = `<style>${STYLE}${this.style_ ?? ""}</style><div class="live">${TRIES}${WATCH}${this.body}</div>${STILL}`;
        this.build();
        P.tries(this, ([{ set }]) => this.attempt?.(set));
      } catch (error) {
        root.innerHTML = `<style>${STYLE}</style><div class="broken"><p role="status"></p>${STILL}</div>`;
        root.querySelector("p").textContent = `This live figure is shown as a still: ${error.message}.`;
        this.broken = true;
      }
    }
    if (this.broken) return;
    const again = () => { this.colours = palette(this); this.draw(); };
    const resize = new ResizeObserver(() => this.draw());
    again();
    resize.observe(this);
    const theme = onTheme(again);
    document.fonts?.ready.then(() => this.isConnected && this.draw());
    this.leave = () => { resize.disconnect(); theme(); };
  }

  disconnectedCallback() { this.leave?.(); }

  $(selector) { return this.shadowRoot.querySelector(selector); }

  // A canvas `height` CSS pixels high; returns its context and width.
  pen(selector, height) {
    const canvas = this.$(selector), width = Math.max(canvas.clientWidth, 100);
    return [P.pen(canvas, width, height), width];
  }
}

Object.assign(P, { Figure, expect, numbers });
})();
