// What all live figures need of a page: colours, elements, numbers as text, copying.
(() => {
"use strict";
const { colours } = globalThis.protolib.shared;

// The book's colours, light or dark as the text around is dark or light.
function palette(element) {
  const style = getComputedStyle(element);
  const [r, g, b] = (style.color.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  const theme = colours[0.3 * r + 0.59 * g + 0.11 * b > 128 ? "dark" : "light"], out = {};
  for (const name in theme) {
    const own = style.getPropertyValue(`--fig-${name}`).trim();
    out[name] = own && own !== "transparent" ? own : theme[name];
    element.style.setProperty(`--${name}`, out[name]);
  }
  return out;
}

// Calls back when the theme changes: an attribute of the page's root or body, or the system.
function onTheme(callback) {
  const observer = new MutationObserver(callback);
  for (const root of [document.documentElement, document.body])
    observer.observe(root, { attributes: true, attributeFilter: ["data-theme", "class",
      "data-jp-theme-light"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  return () => { observer.disconnect(); system.removeEventListener("change", callback); };
}

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const short = (value, digits = 3) =>
  !Number.isFinite(value) ? "∞" : Math.abs(value) >= 1000 ? value.toExponential(1)
    : String(Number(value.toPrecision(digits)));
// Whether a reader prefers that nothing moves by itself.
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
// Calls once, when half of an element has come into view.
function firstSeen(element, act) {
  const see = new IntersectionObserver((entries) => {
    if (entries.at(-1).intersectionRatio < 0.5) return;
    see.disconnect();
    act();
  }, { threshold: [0.5, 0.75, 1] });
  see.observe(element);
}
const percent = (share) => `${Math.round(100 * share)}%`;
const define = (name, type) => { if (!customElements.get(name)) customElements.define(name, type); };

// What stands in every figure's shadow; the still is seen in print and where scripts are off.
const STYLE = `
:host{display:block;margin:.6rem 0;font-size:.92rem;line-height:1.4;color:inherit}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box} .still{display:none} .broken .still{display:block}
button,select,input{font:inherit;color:inherit;max-width:100%}
button,select,input[type=number]{background:transparent;border:1px solid var(--muted);border-radius:.35rem;min-height:2.1rem;padding:.1rem .6rem}
select,input[type=number]{background:var(--paper)} input[type=number]{width:4.8rem} option{background:var(--paper);color:var(--ink)}
button{cursor:pointer} button:hover{border-color:var(--ink)}
button.main{font-weight:600;background:var(--ink);color:var(--paper);border-color:var(--ink)}
:focus-visible{outline:3px solid var(--coverage);outline-offset:2px}
.row{display:flex;flex-wrap:wrap;gap:.45rem .7rem;align-items:center;margin:.45rem 0}
label{display:inline-flex;gap:.35rem;align-items:center;max-width:100%} label select{min-width:0;flex:0 1 auto}
fieldset{border:0;padding:0;margin:.3rem 0;min-width:0} legend{padding:0;font-weight:600}
.stage{position:relative;touch-action:pan-y;user-select:none;-webkit-user-select:none}
canvas{display:block;width:100%} canvas.framed{border:1px solid var(--faint);border-radius:.35rem}
.watch{min-height:1.45em;margin:.3rem 0;font-weight:600}
.watch:empty::before{content:"Each button sets the figure, plays, and says here what to watch.";font-weight:400;color:var(--muted)}
.tries{display:flex;flex-wrap:wrap;gap:.35rem;align-items:center;margin:.5rem 0} .tries button{border-radius:1.1rem}
.tries button[aria-pressed=true]{background:var(--ink);border-color:var(--ink);color:var(--paper)}
.handle{position:absolute;width:26px;height:26px;margin:-13px 0 0 -13px;border-radius:50%;pointer-events:none}
.handle:focus-visible{outline-width:2px;outline-offset:0}
.slider{display:block} .slider>span:first-child{display:flex;justify-content:space-between;gap:.5rem}
.slider output{font-variant-numeric:tabular-nums;color:var(--muted);text-align:right}
input[type=range]{display:block;width:100%;padding:0;border:0;min-height:1.9rem;accent-color:var(--ink);margin:0}
input[type=checkbox],input[type=radio]{accent-color:var(--ink);width:1.1rem;height:1.1rem;margin:0}
.muted,.note,.hint{color:var(--muted)} .hint{min-height:1.4em;margin:.2rem 0} .hint.said{color:var(--ink);font-weight:600}
.lines{display:grid} .lines>*{grid-area:1/1} .lines .watch:empty::before{content:none} .watch:not(:empty)+.hint:not(.said),.watch:has(+.hint.said){visibility:hidden}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
textarea{width:100%;min-height:7rem;font:.8rem/1.4 ui-monospace,monospace;color:inherit;background:transparent;border:1px solid var(--muted)}
::slotted(.tries){text-align:left}
@media print{.live{display:none}.still{display:block}}
`;
const COPY = `<div class="row"><button type="button" class="link">Copy link to this state</button>
<button type="button" class="python">Copy as Python</button> <span class="note" role="status"></span></div>
<textarea hidden readonly aria-label="text to copy"></textarea>`;
const STILL = '<div class="still"><slot></slot></div>';

// To the clipboard, or where that is not allowed into the figure's text area.
async function copy(root, text, done) {
  const area = root.querySelector("textarea"), note = root.querySelector(".note");
  area.value = text;
  try {
    await navigator.clipboard.writeText(text);
    area.hidden = true;
    note.textContent = done;
  } catch {
    area.hidden = false;
    area.focus();
    area.select();
    note.textContent = "Select and copy:";
  }
}

// The state in the address: what stands there for a figure, and writing it.
const inAddress = (id) =>
  (id && location.hash.startsWith(`#${id}:`) ? location.hash.slice(id.length + 2) : null);
function toAddress(figure) {
  if (!figure.id || !figure.isConnected || !figure.hasAttribute("linked")) return;
  try { history.replaceState(history.state, "", `#${figure.id}:${figure.query}`); } catch {} // a frame
}

// A hint below the stage, or what has just to be said there, which is also spoken.
function say(root, text, otherwise) {
  const hint = root.querySelector(".hint");
  hint.textContent = text || otherwise;
  hint.classList.toggle("said", Boolean(text));
}

// A canvas at the screen's resolution, `height` CSS pixels high; returns its context and width.
function pen(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio || 1, 2) * (canvas.sharp || 1), size = [width, height].map((v) => Math.round(v * ratio));
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  canvas.style.height = `${height}px`;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = `12.5px "Weights Sans", ${getComputedStyle(canvas).fontFamily}`;
  g.textBaseline = "middle";
  g.textAlign = "left";
  g.lineJoin = g.lineCap = "round";
  return g;
}

const dot = (g, x, y, radius, colour) => {
  g.fillStyle = colour;
  g.beginPath();
  g.arc(x, y, radius, 0, 7);
  g.fill();
};
const ring = (g, x, y, colour) => { // around what was chosen
  g.strokeStyle = colour;
  g.lineWidth = 2.5;
  g.setLineDash([4, 3]);
  g.beginPath();
  g.arc(x, y, 13, 0, 7);
  g.stroke();
  g.setLineDash([]);
};

Object.assign(globalThis.protolib, {
  palette, onTheme, make, short, percent, calm, firstSeen, define, STYLE, COPY, STILL, copy, inAddress, toAddress, say, pen,
  dot, ring,
});
})();
