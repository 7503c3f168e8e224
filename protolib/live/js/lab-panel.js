// The controls and read-outs of a lab: what stands in its shadow, what they ask for (`act` gets a
// change in the names of the state), and what they show.
(() => {
"use strict";
const P = globalThis.protolib, { make, short, clamp, STYLE, COPY, STILL, TRIES, WATCH, FORCES, LIMIT } = P;
const { ranges } = P.shared.lab;
const LABELS = {
  coverage: "coverage (the paper's)", "soft coverage": "soft coverage", gaussian: "Gaussian kernel",
  imq: "inverse multiquadric", energy: "energy (distance)", transport: "transport",
};
const NAMES = { gaussian: "Gaussian", imq: "multiquadric" };
const SHOWN = { curves: "responses", links: "matching", forces: "force arrows" };
// label, and limits of the logarithm with its step; null: limits as the state has them
const SLIDERS = {
  tau: ["temperature τ of separation", [-6, 1, 0.05]], lam: ["coefficient λ of all forces", [-3, 1, 0.05]],
  size: ["samples and units N", null], speed: ["steps a frame", [0, 2, 0.1]], zoom: ["view, times the hull", [0, 1, 0.05]],
};
// the λ of one force, λ times its weight in the mask: logarithm, and none at the left end
const WEIGHTS = ["attractor", "separation", "overlap"], NONE = -3.05, MOST = 4;

const PANEL = `<style>${STYLE}
:host{container-type:inline-size}
button.play{min-width:5.6rem}
.scores{display:grid;grid-template-columns:repeat(3,1fr);gap:.4rem .9rem;margin:.5rem 0}
.scores dt,small{color:var(--muted);font-size:.85em} small{display:block} .scores dd{margin:0;font-variant-numeric:tabular-nums}
.scores b{font-size:1.1em} .bar{position:relative;height:7px;background:var(--faint);border-radius:4px;margin-top:3px}
.bar i{position:absolute;inset:0 auto 0 0;background:var(--ink);border-radius:4px}
.bar u{position:absolute;top:-3px;bottom:-3px;width:2px;background:var(--muted)}
.switch{border:2px solid var(--c);border-radius:1.2rem;padding:.1rem .8rem;min-height:2.3rem} .switch::before{content:"○ "}
.switch[aria-checked=true]{background:color-mix(in srgb,var(--c) 22%,var(--paper));color:var(--ink);font-weight:600}
.switch[aria-checked=true]::before{content:"● ";color:var(--c)} .row.run{gap:.4rem}
.sliders{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:.5rem 1.2rem}
.first{min-height:4.4rem} .mark{display:block;margin:-.2rem 8px 0;font-size:.8rem;color:var(--muted)}
.mark i{display:block;height:5px;background:var(--separation);border-radius:2px;min-width:4px}
.mark em{font-style:normal}
summary{cursor:pointer;padding:.25rem 0;font-weight:600}
@container (max-width:480px){.switch{padding:.1rem .55rem} .stage{position:sticky;top:3.5rem;z-index:1;background:var(--pst-color-background,var(--paper))} .watch{min-height:2.9em}}
</style>
<div class="live">
 <p class="sr status" role="status" aria-live="polite"></p>
 <div class="row run" role="group" aria-label="Run">
  <button class="play main" type="button">Play</button>
  <button class="reset" type="button" title="back to the start of this seed">Reset</button>
  <div class="row run forces" role="group" aria-label="Forces beside the fit"></div>
 </div>
 <div class="stage"><canvas class="framed" role="img"></canvas>
  <div class="handle" role="slider" tabindex="0" data-of="sample"></div>
  <div class="handle" role="slider" tabindex="0" data-of="prototype"></div></div>
 <div class="lines">${WATCH}<p class="hint" role="status"></p></div>${TRIES}
 <dl class="scores"></dl>
 <div class="first"></div>
 <details><summary>More</summary>
  <div class="row"><label>preset <select class="preset"></select></label>
   <label>seed <input class="seed" type="number" min="0" max="${ranges.seed[1]}" step="1"></label>
   <button class="step" type="button">Step</button></div>
  <div class="row"><label>attractor <select class="attractor"></select></label>
   <label>kernel of separation <select class="kernel"></select></label>
   <button class="match" type="button">match the attractor to separation</button></div>
  <div class="sliders rest"></div>
  <div class="sliders weights" role="group" aria-label="One coefficient for each force"></div>
  <div class="row shows" role="group" aria-label="Show"></div>
  <p class="muted more"></p>
 <div class="row"><button type="button" class="challenges">Challenges</button><button type="button" class="present">Projector</button></div>${COPY}</details>
</div>${STILL}`;

function range(place, name, label, [min, max, step], change) {
  const input = make("input", { type: "range", min, max, step, className: `s-${name}` });
  const box = make("label", { className: `slider l-${name}` },
    make("span", {}, make("span", { textContent: label }), make("output", { className: `o-${name}` })), input);
  input.addEventListener("input", () => change(Number(input.value)));
  place.append(box);
  return box;
}

const power = (value) => Number((10 ** value).toPrecision(3));

function slider(root, name, act) {
  const [label, axis] = SLIDERS[name];
  const box = range(root.querySelector(".rest"), name, label, axis ?? [...ranges[name], 1], (v) => act({ [name]: axis ? power(v) : v }));
  if (name === "tau") box.append(make("span", { className: "mark" }, make("i"), make("em")));
}

function weight(root, name, k, lab, act) {
  range(root.querySelector(".weights"), name, `λ of ${k ? "" : "the "}${name}`, [NONE, MOST, 0.05], (v) => {
    const { lam, masks } = lab.s, own = v < -3 ? 0 : Number((power(v) / (lam || 1)).toPrecision(9));
    act({ lam: lam || 1, masks: masks.map((m, i) => (i === k ? own : lam ? m : 0)) });
  });
}

// The one slider that stands outside of "More" is one that acts: τ where separation has one, else λ
// of the forces, and of the fit alone N. It changes with the forces only, never under a hand.
function first(root, { masks, kernel }) {
  const place = root.querySelector(".first"), name = masks[1] && kernel !== "energy" ? "tau" : masks.some(Boolean) ? "lam" : "size";
  const box = root.querySelector(`.l-${name}`), old = place.firstElementChild;
  if (old === box) return;
  if (old) root.querySelector(".rest").prepend(old);
  place.append(box);
}

function force(root, name, k, lab, act) {
  const button = make("button", { type: "button", className: "switch", textContent: name });
  button.setAttribute("role", "switch");
  button.addEventListener("click", () => act({ masks: lab.s.masks.map((m, i) => (i === k ? +!m : m)) }));
  root.querySelector(".forces").append(button);
}

// All that changes the state; what runs it is the figure's own.
function controls(root, lab, act) {
  const $ = (selector) => root.querySelector(selector);
  $(".seed").addEventListener("change", (event) => act({ seed: event.target.value }));
  $(".preset").append(make("option", { value: "", textContent: "choose…" }),
    ...Object.keys(P.PRESETS).map((name) => make("option", { value: name, textContent: name })));
  $(".preset").addEventListener("change", (event) => {
    if (event.target.value) act({ preset: event.target.value });
    event.target.value = "";
  });
  FORCES.forEach((name, k) => force(root, name, k, lab, act));
  for (const [name, list] of [["attractor", P.ATTRACTORS], ["kernel", P.KERNELS]]) {
    $(`.${name}`).append(...list.map((value) => make("option", { value, textContent: LABELS[value] })));
    $(`.${name}`).addEventListener("change", (event) => act({ [name]: event.target.value }));
  }
  $(".match").addEventListener("click", () => {
    $(".attractor").focus(); // the button is about to go
    act({ attractor: lab.s.kernel, masks: [lab.s.masks[1], lab.s.masks[1], lab.s.masks[2]] });
  });
  for (const name in SLIDERS) slider(root, name, act);
  WEIGHTS.forEach((name, k) => weight(root, name, k, lab, act));
  for (const flag in SHOWN) {
    const box = make("input", { type: "checkbox", className: `f-${flag}` });
    box.addEventListener("change", () => act({ [flag]: box.checked }));
    $(".shows").append(make("label", {}, box, SHOWN[flag]));
  }
}

// The controls as the state is.
function showControls(root, lab, playing) {
  const { s } = lab, $ = (selector) => root.querySelector(selector);
  first(root, s);
  $(".play").textContent = playing ? "Pause" : "Play";
  if (root.activeElement !== $(".seed")) $(".seed").value = s.seed;
  root.querySelectorAll(".switch").forEach((button, k) => {
    button.setAttribute("aria-checked", String(Boolean(s.masks[k])));
    if (k === 0) button.textContent = s.attractor === "coverage" ? "coverage" : `${NAMES[s.attractor] ?? s.attractor} attractor`;
    button.style.setProperty("--c", `var(--${P.colourOf(FORCES[k], s)})`);
  });
  $(".match").hidden = !s.masks[1] || (s.masks[0] === s.masks[1] && s.attractor === s.kernel);
  for (const name in SLIDERS) {
    const log = Boolean(SLIDERS[name][1]), input = $(`.s-${name}`), value = log ? Math.log10(Math.max(s[name], 1e-9)) : s[name];
    if (Math.abs(Number(input.value) - value) > (log ? 0.026 : 0)) input.value = value;
    $(`.o-${name}`).textContent = name === "tau" && s.kernel === "energy" ? "no effect" : short(s[name], 2);
  }
  WEIGHTS.forEach((name, k) => {
    const lam = s.lam * s.masks[k], text = lam ? short(lam, 2) : "off", value = lam ? Math.log10(lam) : NONE, input = $(`.s-${name}`);
    if (Math.abs(Number(input.value) - value) > 0.026) input.value = value;
    $(`.o-${name}`).textContent = text;
    input.setAttribute("aria-valuetext", text);
  });
  const [low, high] = P.box(lab.x, s.dims), length = Math.hypot(...high.map((h, d) => h - low[d])) / Math.sqrt(s.dims);
  const room = s.size ** (1 / s.dims), crowding = (room * Math.sqrt(s.tau)) / length, uses = s.kernel !== "energy";
  if (uses) $(".o-tau").textContent += `, s = ${short(crowding, 2)}`;
  const at = (crowd) => clamp((Math.log10((crowd * length / room) ** 2) + 6) / 7, 0, 1) * 100;
  const mark = $(".mark i");
  mark.style.marginLeft = `${at(0.5)}%`;
  mark.style.width = `${at(1) - at(0.5)}%`;
  $(".mark em").textContent = uses ? "bar: the packing estimate, crowding s = ½ to 1" : "the energy kernel of separation has no τ";
  mark.hidden = !uses;
  $(".s-tau").setAttribute("aria-valuetext", `${short(s.tau, 2)}, crowding ${short(crowding, 2)}, estimate one half to one`);
  $(".attractor").value = s.attractor;
  $(".kernel").value = s.kernel;
  for (const flag in SHOWN) $(`.f-${flag}`).checked = s[flag];
}

function showScores(root, lab) {
  const q = lab.scores, n = lab.units, list = root.querySelector(".scores");
  const rows = [ // name, value, hint, share of the bar, chance
    ["error", short(q.error), `chance ${short(q.chance_error, 2)}, ideal 0`,
      q.error / (2 * q.chance_error), 0.5],
    ["outside the hull", `${Math.round(q.expelled * n)} of ${n}`,
      q.expelled ? `ideal 0; up to ${short(q.farthest, 2)}` : "ideal 0", q.expelled, 0],
    ["fit, R²", (q.r2 > 0.9995 ? "> 0.999" : short(q.r2)).replace("-", "−"), "ideal 1", q.r2, null],
  ];
  root.querySelector(".more").textContent = `Step ${lab.steps} (nominal ${LIMIT}). Specialization ${short(q.specialization, 2)} `
    + `(chance ${short(q.chance_specialization, 2)}, ideal 1).`;
  if (list.children.length !== rows.length)
    list.replaceChildren(...rows.map(([name]) => make("div", {}, make("dt", { textContent: name }),
      make("dd", { innerHTML: '<b></b> <small></small><div class="bar"><i></i><u></u></div>' }))));
  rows.forEach(([, value, hint, share, level], k) => {
    const cell = list.children[k];
    cell.querySelector("b").textContent = value;
    cell.querySelector("small").textContent = hint;
    cell.querySelector("i").style.width = `${100 * clamp(share, 0, 1)}%`;
    cell.querySelector("u").hidden = level === null;
    cell.querySelector("u").style.left = `${100 * (level ?? 0)}%`;
  });
}

// One sentence for who does not see it.
function summary(lab) {
  const q = lab.scores, n = lab.units;
  const on = FORCES.filter((_, k) => lab.s.masks[k]).map((name) => (name === "coverage" ? lab.s.attractor : name));
  return `Step ${lab.steps}, ${on.length ? on.join(" and ") : "the fit alone"}: error ${short(q.error)}, `
    + `chance ${short(q.chance_error)}; ${Math.round(q.expelled * n)} of ${n} prototypes outside the hull; `
    + `R² ${short(q.r2)}.`;
}

P.panel = { PANEL, controls, showControls, showScores, summary };
})();
