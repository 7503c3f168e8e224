// A figure whose state is in the address, and can be copied as a link or as Python. `parse` makes a
// change of a link's words, `set` takes it; both refuse with sentences.
(() => {
"use strict";
const P = globalThis.protolib, { Figure, COPY, copy, say } = P;

class Linked extends Figure {
  connectedCallback() {
    super.connectedCallback();
    if (this.broken) return;
    const hash = () => {
      const text = P.inAddress(this.id);
      if (text === null) return;
      this.open(text);
      this.scrollIntoView({ block: "start" });
    };
    const leave = this.leave;
    addEventListener("hashchange", hash);
    this.leave = () => { removeEventListener("hashchange", hash); this.stop(); leave(); };
    hash();
  }

  on(selector, event, act) { this.$(selector).addEventListener(event, act); }

  build() {
    this.on(".link", "click", () =>
      copy(this.shadowRoot, `${location.href.split("#")[0]}#${this.id}:${this.query}`, "The link is copied."));
    this.on(".python", "click", () => copy(this.shadowRoot, this.python, "The Python is copied."));
  }

  // The state that a link names.
  open(text) {
    const input = new P.Input();
    this.set(this.parse(text, input), input);
  }

  // A change by the reader's hand also goes to the address.
  user(change) {
    this.set(change);
    P.toAddress(this);
  }

  told(input) { say(this.shadowRoot, input.refused.slice(0, 3).join(" "), this.hint); }
}

// As a list in Python, and as names of features.
const asList = (a) => `[${Array.from(a, String).join(", ")}]`;
const asNames = (set) => (set.length ? set.map((j) => j + 1).join(", ") : "none");

Object.assign(P, { Linked, COPY, asList, asNames });
})();
