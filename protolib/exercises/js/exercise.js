// <protolib-exercise label="…" key='{"ask": …}'>: an answer, checked in the page. The key holds salted
// hashes, and what is said to an answer encrypted by that answer. Nothing is sent; what was solved is
// kept in the browser under one name, `KEPT`. Inside the tag stand the lines to choose from or to put
// in order: they are what is printed, and what is seen where scripts are off.
(() => {
"use strict";
const P = globalThis.protolib, { formula, refuse, listed, own, messages: SAY } = P;
const KEPT = "protolib-exercises", TAG = "protolib-exercise", ROUNDS = 1000;
const fill = (key, values = {}) => SAY[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const letter = (k) => String.fromCharCode(65 + k);

// ---------------------------------------------------------------- SHA-256 (FIPS 180-4)
// The page may come over plain http or from a folder, where the browser lends no crypto.subtle.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every((p) => n % p)) PRIMES.push(n);
const bits = (root) => ((root % 1) * 2 ** 32) | 0;
const START = PRIMES.slice(0, 8).map((p) => bits(Math.sqrt(p))), K = PRIMES.map((p) => bits(Math.cbrt(p)));
const turn = (v, n) => (v >>> n) | (v << (32 - n));

function sha256(bytes) {
  const count = bytes.length, data = Array(((count + 72) >> 6) << 4).fill(0), w = [], h = [...START];
  [...bytes, 128].forEach((byte, k) => { data[k >> 2] |= byte << (24 - 8 * (k & 3)); });
  data[data.length - 1] = 8 * count;
  for (let block = 0; block < data.length; block += 16) {
    let [a, b, c, d, e, f, g, last] = h;
    for (let t = 0; t < 64; t++) {
      const u = w[t - 15], v = w[t - 2];
      w[t] = t < 16 ? data[block + t]
        : ((turn(v, 17) ^ turn(v, 19) ^ (v >>> 10)) + w[t - 7] + (turn(u, 7) ^ turn(u, 18) ^ (u >>> 3)) + w[t - 16]) | 0;
      const one = last + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t];
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [last, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, last].forEach((v, k) => { h[k] = (h[k] + v) | 0; });
  }
  return h.flatMap((v) => [24, 16, 8, 0].map((by) => (v >>> by) & 255));
}

function secret(label, salt, text) {
  let bytes = sha256(new TextEncoder().encode(`${salt}|${label}|${text}`));
  for (let k = 0; k < ROUNDS; k++) bytes = sha256(bytes);
  return bytes;
}
const hash = (bytes) => bytes.slice(0, 8).map((b) => b.toString(16).padStart(2, "0")).join("");

// What was encrypted by an answer: SHA-256 of it and of a counter is the stream of keys.
function open(cipher, bytes) {
  const stream = [], text = Uint8Array.from(atob(cipher), (sign) => sign.charCodeAt(0));
  for (let n = 0; stream.length < text.length; n++) stream.push(...sha256([...bytes, 0, 0, n >> 8, n & 255]));
  return new TextDecoder().decode(text.map((b, k) => b ^ stream[k]));
}

// ---------------------------------------------------------------- answers in normal form
const normal = (v, digits) => (v ? (v * (1 + 1e-9)).toExponential(digits - 1).replace("+", "") : "0");
const normals = (values, free) => values.map((v) => normal(free ? v / values[0] : v, 6)).join();

// A mistake by its name, and what undoes it.
const SLIPS = [
  ["sign", (v) => -v], ["double", (v) => v / 2], ["half", (v) => v * 2], ["reciprocal", (v) => 1 / v], ["square", (v) => Math.sqrt(v)],
  ["root", (v) => (v < 0 ? NaN : v * v)], ["percent", (v) => v / 100], ["percent", (v) => v * 100],
];

// By how much a typed decimal may be off on either side; an expression, and fewer digits, are exact.
function slack(text, digits) {
  const [, whole, part = "", power = "0"] = /^[-+−]?(\d*)[.,]?(\d*)(?:e([-+]?\d+))?$/i.exec(text.trim()) ?? [];
  const digitsTyped = ((whole ?? "") + part).replace(/^0+/, "");
  if (!digitsTyped || digitsTyped.length < digits) return [0, 0];
  const unit = 0.5 * 10 ** (Number(power) - part.length);
  return [/^10*$/.test(digitsTyped) ? unit / 10 : unit, unit];
}

// The checker of one exercise: whether a text has a hash, and what the key says to it, if anything.
function checker(label, { salt, entries = [] }) {
  const known = {}, bytes = (text) => (known[text] ??= secret(label, salt, text));
  const is = (text, wanted) => hash(bytes(text)) === wanted;
  const told = (text) => {
    const k = entries.findIndex(([one]) => is(text, one)), cipher = entries[k]?.[1];
    return k < 0 ? null : { k, said: cipher ? open(cipher, bytes(text)) : "" };
  };
  return { is, told };
}

const right = (said) => ({ right: true, message: said || fill("right") });
const wrong = (message) => ({ right: false, message });
const judged = (found) => (found?.k === 0 ? right(found.said) : wrong(found?.said || fill("wrong")));

// of what a loss speaks; `engine.js` adds the checks that need the engine
const NAMES = { coverage: ["x_i", "p_j"], separation: ["p_j", "p_k", "tau"], overlap: ["x_i", "w_j", "b_j"], energy: ["x_i", "p_j", "p_k"] };

const CHECK = {
  number(text, label, key) {
    const { digits, unit = "" } = key, bare = text.trim(), value = formula(unit && bare.endsWith(unit) ? bare.slice(0, -unit.length) : bare)({});
    const { is, told } = checker(label, key), found = told(normal(value, digits)), [below, above] = slack(bare, digits);
    if (found) return judged(found);
    if (key.rough && is(normal(value, digits - 1), key.rough)) return wrong(fill("rough", { digits }));
    for (const [name, undo] of SLIPS)
      for (const t of [0, -1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1]) {
        const v = undo(value + 0.999 * t * (t * value < 0 ? below : above));
        if (is(normal(v, digits), key.entries[0][0])) return wrong(fill(name));
      }
    return judged();
  },

  formula(text, label, key) {
    const names = Object.keys(key.variables), f = formula(text, names), free = key.scale === "free";
    const at = key.points.map((point) => Object.fromEntries(names.map((name, k) => [name, point[k]]))), values = at.map(f);
    const { is, told } = checker(label, key), found = told(normals(values, free));
    if (found) return judged(found);
    for (const [name, undo] of [...SLIPS, ["times_n", (v, n) => v / n], ["over_n", (v, n) => v * n]])
      if (is(normals(values.map((v, k) => undo(v, at[k].N)), free), key.entries[0][0])) return wrong(fill(name, { name: "N" }));
    return judged();
  },

  choice(text, label, key) {
    if (!text) refuse("empty");
    return judged(checker(label, key).told(text));
  },

  order(text, label, key) {
    const { is, told } = checker(label, key), found = told(text);
    for (let count = text.length; count > 0 && !found; count--)
      if (is(text.slice(0, count), key.prefixes?.[count - 1])) return wrong(fill(count > 1 ? "prefix" : "prefix_one", { count }));
    return judged(found);
  },
};

// ---------------------------------------------------------------- what was solved, in this browser
let kept = true, memory = {}; // until the browser refuses to keep it
function solved() {
  try {
    const text = localStorage.getItem(KEPT);
    memory = {};
    Object.assign(memory, JSON.parse(text));
  } catch (error) { kept &&= error instanceof SyntaxError; }
  return memory;
}
function keep(change) {
  memory = change({ ...solved() });
  try {
    if (Object.keys(memory).length) localStorage.setItem(KEPT, JSON.stringify(memory)); else localStorage.removeItem(KEPT);
  } catch { kept = false; }
  progress();
}

// Of this page's exercises, or where there are none of the whole book's.
function progress() {
  const forms = Array.from(document.querySelectorAll(TAG)), all = solved();
  const labels = new Set(forms.length ? forms.map((form) => form.getAttribute("label")) : Object.keys(all));
  const done = [...labels].filter((label) => own(all, label)).length;
  for (const line of document.querySelectorAll(".exercise-progress")) {
    line.hidden = false;
    line.tabIndex = -1;
    line.textContent = `${fill(forms.length ? "solved" : "solved_all", { done, all: labels.size })} ${kept ? "" : fill("not_kept")} `;
    if (!done) continue;
    const button = make("button", { type: "button", textContent: fill("forget") });
    button.onclick = () => {
      keep((held) => Object.fromEntries(Object.entries(held).filter(([label]) => !labels.has(label))));
      forms.forEach((form) => form.clear());
      line.focus();
    };
    line.append(button);
  }
}

// ---------------------------------------------------------------- the form
const STYLE = `
:host{display:block} *{box-sizing:border-box} p,ol{margin:.4rem 0;padding:0} fieldset{border:0;padding:0;margin:0;min-width:0}
.still{display:none} button,input{font:inherit;color:inherit}
button,.row input{background:transparent;border:1px solid var(--pst-color-text-muted,#767676);border-radius:.35rem;min-height:2.2rem;padding:.1rem .6rem}
.row input{flex:1 1 12rem;min-width:0;max-width:26rem} .row.number input{flex-basis:6rem;max-width:14rem} .formula span,.loss span{flex:1 0 100%}
button{cursor:pointer} button:hover{border-color:currentColor} :focus-visible{outline:3px solid var(--fig-coverage,#0072b2);outline-offset:2px}
.row{display:flex;flex-wrap:wrap;gap:.45rem .7rem;align-items:center} .row label{display:contents}
li,.choice{display:flex;gap:.6rem;align-items:baseline;padding:.25rem 0} li span{flex:1}
.choice input{flex:none;width:1.1rem;height:1.1rem;margin:0;transform:translateY(.15rem);accent-color:var(--fig-coverage,#0072b2)}
.said{min-height:1.6em;padding-left:.6rem;border-left:4px solid transparent}
.right{border-color:var(--fig-overlap,#009e73)} .wrong{border-color:var(--fig-separation,#d55e00)} .right b::before{content:"✓ "} .wrong b::before{content:"✗ "}
small{color:var(--pst-color-text-muted,#666)} .sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media print{form{display:none}.still{display:block}}`;

const typed = (words, unit = "") => [make("label", {}, make("span", { textContent: words }),
  make("input", { autocomplete: "off", spellcheck: false, autocapitalize: "off" }), unit)];

class Exercise extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const label = this.getAttribute("label");
    try { this.key = JSON.parse(this.getAttribute("key")); } catch {}
    if (!label || !this.key?.ask) return; // what stands inside stays
    const { key } = this, { ask } = key, root = this.attachShadow({ mode: "open" });
    this.options = Array.from(this.querySelectorAll("li"), (line) => line.textContent);
    root.innerHTML = `<style>${STYLE}</style><form><fieldset><legend class="sr"></legend><div class="row ${ask}"></div></fieldset>
<p class="said" role="status"></p></form><div class="still"><slot></slot></div>`;
    const row = this.$(".row"), title = this.closest(".exercise")?.querySelector(".exercise-title")?.firstChild.textContent ?? label;
    this.$("legend").textContent = fill("of", { title });
    if (ask === "number") row.append(...typed(fill("your_number"), key.unit));
    else if (ask === "formula" || ask === "loss") row.append(...typed(fill("your_formula", { names: this.names })));
    else if (ask !== "placement") row.before(...(ask === "order" ? this.lines() : this.choices()));
    row.append(make("button", { textContent: fill(ask === "placement" ? "read_lab" : "check") }));
    if (ask === "loss") row.after(make("small", { textContent: fill("how_loss") }));
    this.$("form").onkeydown = (event) => event.stopPropagation(); // the page takes a / for its search
    this.$("form").onsubmit = (event) => { event.preventDefault(); this.check(); };
    const before = solved();
    if (own(before, label)) { this.answer = String(before[label]); this.say(fill("checked_before"), true); }
    progress();
  }

  get names() { return listed(NAMES[this.key.loss] ?? Object.keys(this.key.variables)); }

  $(selector) { return this.shadowRoot.querySelector(selector); }
  $$(selector) { return this.shadowRoot.querySelectorAll(`fieldset ${selector}`); }

  choices() {
    return this.options.map((option, k) =>
      make("label", { className: "choice" }, make("input", { type: "radio", name: "choice", value: k + 1 }), make("span", { textContent: option })));
  }

  lines() {
    const list = make("ol"), count = this.options.length;
    list.append(...this.options.map((option, k) => {
      const line = make("b", { textContent: letter(k) }), item = make("li", {}, line, make("span", { textContent: option }));
      for (const [way, sign] of [["up", "↑"], ["down", "↓"]]) {
        const button = make("button", { type: "button", textContent: sign, ariaLabel: fill(way, { line: letter(k) }) });
        button.onclick = () => {
          if (way === "up") item.previousSibling?.before(item); else item.nextSibling?.after(item);
          button.focus(); // moved, it lost it
          this.say(fill("place", { line: letter(k), place: [...list.children].indexOf(item) + 1, count }));
        };
        item.append(button);
      }
      return item;
    }));
    return [list];
  }

  get answer() {
    if (this.key.ask === "order") return Array.from(this.$$("b"), (b) => b.textContent).join("");
    return (this.$(":checked") ?? this.$(".row input"))?.value ?? "";
  }

  set answer(text) {
    const at = (line) => text.indexOf(line.firstChild.textContent);
    if (this.key.ask === "order") this.$("ol").append(...[...this.$$("li")].sort((a, b) => at(a) - at(b)));
    else for (const input of this.$$("input")) if (input.type === "radio") input.checked = input.value === text; else input.value = text;
  }

  // Right or not, and why; what cannot be read counts as not right.
  check() {
    const { key, answer } = this, label = this.getAttribute("label");
    let found;
    try { found = CHECK[key.ask](answer, label, key); } catch (error) {
      if (!error.key) throw error;
      found = wrong(fill(error.key, error.values));
    }
    this.say(found.message, found.right);
    if (found.right) keep((held) => ({ ...held, [label]: answer }));
    return found;
  }

  say(text, isRight) {
    const line = this.$(".said"), way = ["wrong", "right"][+isRight] ?? "";
    line.className = `said ${way}`;
    line.replaceChildren(...(way ? [make("b", {}, make("span", { className: "sr", textContent: fill({ right: "right_in_words", wrong: "wrong_in_words" }[way]) }))] : []), text);
    this.$(".row input")?.setAttribute("aria-invalid", way === "wrong");
  }

  clear() {
    if (!this.shadowRoot) return;
    this.answer = this.key.ask === "order" ? [...this.answer].sort().join("") : "";
    this.say("");
  }
}

P.exercises = { sha256, secret, hash, open, normal, normals, checker, right, wrong, fill, CHECK, NAMES };
customElements.get(TAG) ?? customElements.define(TAG, Exercise);
progress();
})();
