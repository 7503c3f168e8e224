// What only a class needs of a lab, first part: a link to a run, which holds its start, the steps and
// what was changed on the way; opening it, which trains again; challenges. As protolib.grade in Python.
(() => {
"use strict";
const P = globalThis.protolib, { make, short, say, Input, words } = P;
const { hand_in: LIMITS, challenges: CHALLENGES, lab: LAB } = P.shared;
const { words: WORDS, defaults: START, ranges } = LAB;
const OWN = ["steps", "run", "moved", "challenge", "says", "version", "present"];
const MOVES = ["p", "x"];

// ------------------------------------------------------------ a run as a link

// Its address before the first step.
const begun = (state) => (state.steps === state.from ? state.query
  : state.log.findLast((one) => one.length === 2 && one[0] === state.from)[1]);

// What was changed on the way, [steps after the start, word, value] or [steps, "p" or "x", index,
// place], as texts; of several moves of one point at one step the last counts.
function changes(state) {
  const { from, s } = state, list = new Map();
  const seeded = Array.from(P.uniform(s.seed, s.size, s.dims), String), read = (query) => new URLSearchParams(query);
  const points = (given) => (given.get("x") ? P.list(given.get("x")) : seeded);
  let last = read(begun(state));
  for (const [step, what, ...value] of [...state.log, [state.steps, state.query]].filter(([step]) => step > from)) {
    const at = step - from, note = (...change) => {
      const key = [at, ...change.slice(0, change.length - 1)].join();
      list.delete(key);
      list.set(key, [at, ...change]);
    };
    if (what === "p") { note("p", ...value); continue; }
    const now = read(what), before = points(last), after = points(now);
    for (const name in NAMES) {
      const value = now.get(name) ?? usual(name);
      if (value !== (last.get(name) ?? usual(name))) note(name, value);
    }
    for (let i = 0; i < s.size; i++) {
      const [old, point] = [before, after].map((x) => x.slice(i * s.dims, (i + 1) * s.dims).join("_"));
      if (old !== point) note("x", String(i), point);
    }
    last = now;
  }
  return [...list.values()];
}

const NAMES = Object.fromEntries(LIMITS.settings.filter((name) => !["dims", "size"].includes(name)).map((name) => [WORDS[name], name]));
const usual = (word) => (word === "masks" ? "000" : String(START[NAMES[word]]));
const moved = (state) => Boolean(state.custom || state.own || changes(state).some(([, name]) => MOVES.includes(name)));

// The words after the state's own, or a sentence why there are none.
function run(state, challenge = "") {
  const steps = state.steps - state.from, list = changes(state), parts = [];
  if (steps > LIMITS.most_steps) return [null, `A link brings back ${LIMITS.most_steps} steps at most; these are ${steps}.`];
  if (list.length > LIMITS.most_changes)
    return [null, `A link holds ${LIMITS.most_changes} changes on the way at most; these are ${list.length}.`];
  const add = (name, value) => parts.push(`${name}=${encodeURIComponent(value).replaceAll("%3A", ":")}`);
  if (steps > 0) {
    add("steps", steps);
    if (list.length) add("run", list.map((one) => one.join(":")).join("~"));
    if (moved(state)) add("moved", 1);
    add("says", `${state.scores.error}_${state.scores.expelled}`);
    add("version", LIMITS.version);
  }
  if (challenge) add("challenge", challenge);
  return [[begun(state), ...parts].filter(Boolean).join("&")];
}

function copyLink(lab, challenge, root = lab.shadowRoot) {
  const [query, why] = run(lab.lab, challenge);
  if (why) { root.querySelector(".note").textContent = why; return null; }
  const present = lab.hasAttribute("present") ? `${query && "&"}present=1` : "";
  const link = `${location.href.split("#")[0]}#${lab.id || "lab"}:${query}${present}`, { steps, from } = lab.lab, { length } = changes(lab.lab);
  P.copy(root, link, `The link is copied: ${steps - from} steps${length ? `, ${length} changes on the way` : ""}`
    + `${moved(lab.lab) ? ", moved by hand" : ""}.`);
  return link;
}

// ------------------------------------------------------------ opening it

// The changes of a run, each checked as it is made; or undefined.
function parsed(text, steps, input) {
  const list = text ? text.split("~").map((one) => one.split(":")) : [];
  let before = 1; // what is changed before the first step is the start's
  const good = list.length <= LIMITS.most_changes && list.every(([at, name, ...value]) => {
    const step = Number(at), order = /^\d+$/.test(at) && step >= before && step <= steps;
    before = step;
    return order && value.length === (name === "p" || name === "x" ? 2 : 1) && (MOVES.includes(name) || name in NAMES);
  });
  if (!good) { input.no("run", text, "a list of changes, in the order of their steps"); return undefined; }
  return list.map(([at, name, ...value]) => [Number(at), name, ...value]);
}

function change(state, [, name, ...value], input) {
  if (name in NAMES) {
    const given = name === "masks" ? (value[0].includes("_") ? P.list(value[0]) : [...value[0]]) : value[0];
    state.set({ [NAMES[name]]: given }, input);
  } else {
    const { dims } = state.s, count = name === "p" ? state.units : state.s.size, index = Number(value[0]);
    const point = input.points(name, P.list(value[1]), name === "p" ? ranges.prototypes : ranges.samples, [1, 1], dims);
    if (!/^\d+$/.test(value[0]) || index >= count) input.no(name, value[0], `a number from 0 to ${count - 1}`);
    else if (point && name === "p") state.place(index, Array.from(point));
    else if (point) {
      const samples = Array.from(state.x);
      samples.splice(index * dims, dims, ...point);
      state.set({ samples }, input);
    }
  }
}

// Shows the state that a link names after its steps: it is trained again, some milliseconds at a time.
async function open(lab, text) {
  const input = new Input(), given = words(text, [...Object.values(WORDS), "preset", ...OWN], input), state = lab.lab;
  const own = Object.fromEntries(OWN.map((name) => [name, given[name]]));
  const rest = String(new URLSearchParams(Object.entries(given).filter(([name]) => !OWN.includes(name))));
  if (rest || own.steps !== undefined) lab.open(rest); // else the lab stays as its page has it
  else if (Object.hasOwn(CHALLENGES, own.challenge)) start(lab, CHALLENGES[own.challenge]);
  const hint = lab.shadowRoot.querySelector(".hint.said"), notes = hint ? [hint.textContent] : [];
  if (own.challenge !== undefined) {
    if (Object.hasOwn(CHALLENGES, own.challenge)) challenges(lab, own.challenge);
    else input.no("challenge", own.challenge, `one of ${Object.keys(CHALLENGES).join(", ")}`);
  }
  if (own.present === "1") P.present(lab);
  if (own.steps !== undefined) {
    if (own.version !== LIMITS.version) input.no("version", own.version ?? "nothing", `version ${LIMITS.version} of these links`);
    const steps = input.number("steps", own.steps, [0, LIMITS.most_steps], true), list = parsed(own.run ?? "", steps ?? 0, input);
    if (!input.refused.length && !(await again(lab, steps, list, input))) return;
    const [error, expelled] = P.list(own.says ?? "").map(Number), { scores } = state;
    if (own.says !== undefined && !input.refused.length && !(same(error, scores.error) && same(expelled, scores.expelled)))
      notes.push(`The link says error ${short(error)}, trained again it is ${short(scores.error)}.`);
  }
  notes.push(...input.refused.slice(0, 3));
  if (notes.length) say(lab.shadowRoot, notes.join(" "), "");
  else if (state.steps > state.from) say(lab.shadowRoot, `Trained again: step ${state.steps}${moved(state) ? ", moved by hand" : ""}.`, "");
}

const same = (a, b) => Math.abs(a - b) <= 1e-9 + 1e-9 * Math.abs(b);

// Trains from the start; false when a hand has meanwhile started something else.
async function again(lab, steps, list, input) {
  const state = lab.lab, { train } = state, inside = lab.shadowRoot.querySelector(".live");
  const waits = list.slice(), begin = state.steps;
  inside.inert = true; // nobody interferes
  try {
    for (let done = 0; ;) {
      const slice = performance.now();
      while (performance.now() - slice < 12) {
        while (waits.length && waits[0][0] === done && !input.refused.length) change(state, waits.shift(), input);
        if (done === steps || input.refused.length || state.train !== train) break;
        const count = Math.min(8, steps - done, (waits[0]?.[0] ?? steps) - done);
        lab.advance(count);
        done += count;
      }
      if (state.train !== train || state.steps - begin !== done) return false;
      if (done === steps || input.refused.length) return true;
      say(lab.shadowRoot, `Training again: ${done} of ${steps} steps.`, "");
      await new Promise((next) => setTimeout(next));
    }
  } finally {
    inside.inert = false;
    lab.pause();
  }
}

// ------------------------------------------------------------ challenges

// What counts of a run, by name; the fields of `plain` that a rule may speak of.
function measures(state, list) {
  const { scores, s } = state;
  return {
    outside: Math.round(scores.expelled * state.units), error: scores.error, r2: scores.r2,
    share: scores.error / scores.chance_error, orphans: orphans(state), steps: state.steps - state.from,
    get fewer() { return fetched(state, list); },
  };
}

// How many prototypes are nearest to no sample.
function orphans(state) {
  const { x, prototypes, units, s: { dims } } = state, owners = new Set();
  for (let i = 0; i < x.length / dims; i++) owners.add(P.nearest(x, i, prototypes, dims));
  return units - owners.size;
}

// How many orphans fewer than before the first prototype was moved, which is trained again.
const known = { key: "" };
function fetched(state, list) {
  const first = list.findIndex(([, name]) => name === "p");
  if (first < 0) return 0;
  const way = list.slice(0, first), key = [begun(state), list[first][0], ...way].join();
  if (known.key !== key) {
    const then = new P.LabState(), input = new Input();
    then.open(begun(state));
    for (const one of way) { then.advance(one[0] - then.steps); change(then, one, input); }
    then.advance(list[first][0] - then.steps);
    Object.assign(known, { key, orphans: orphans(then) });
  }
  return known.orphans - orphans(state);
}

// Whether a run meets a challenge: the reasons why not. As `judge` in protolib.grade.
function judge(rule, { start, list, hand, found }) {
  const why = [], word = (name) => WORDS[name];
  for (const name of LIMITS.settings) {
    const asked = rule.start[name] ?? START[name];
    if (!rule.free.includes(name) && String(start[name]) !== String(asked)) why.push(`${word(name)} must be ${asked} at the start`);
  }
  const handed = { start: hand.data || hand.weights, prototypes: list.some(([, name]) => name === "p"),
    samples: list.some(([, name]) => name === "x") };
  if (hand.weights) why.push("it must start from its seed");
  else if (handed.start && !rule.hand.includes("start")) why.push("the samples must be those of the seed");
  for (const of of ["samples", "prototypes"]) if (handed[of] && !rule.hand.includes(of)) why.push(`no ${of.slice(0, -1)} may be moved on the way`);
  for (const [at, name] of list) {
    const setting = NAMES[name] ?? name;
    if (!MOVES.includes(name) && !rule.change.includes(setting)) why.push(`${WORDS[setting] ?? name} may not be changed on the way`);
    if (at < rule.hold) why.push(`nothing may be changed before step ${rule.hold}`);
  }
  const [least, most] = rule.steps, last = list.at(-1)?.[0] ?? 0;
  if (found.steps < least || found.steps > most) why.push(least === most ? `it must be ${least} steps` : `it must be ${least} to ${most} steps`);
  if (rule.rest && found.steps - last < rule.rest) why.push(`${rule.rest} steps must follow the last move`);
  for (const [name, low, high] of rule.need)
    if (!(found[name] >= low && found[name] <= high)) why.push(`${SAID[name]} is ${short(found[name])}, not ${low === high ? low : `${low} to ${high}`}`);
  return [...new Set(why)];
}

const SAID = { outside: "the number outside the hull", error: "the error", r2: "R²", share: "the share of chance", fewer: "the number of orphans fetched back" };
const UNIT = { tau: "τ", steps: "steps", orphans: "orphans", share: "share of chance" };

// A lab's run as `judge` wants it.
function judged(state, rule) {
  const begin = new P.LabState();
  begin.open(begun(state));
  const list = changes(state), found = Object.assign(measures(state, list), { tau: begin.s.tau });
  return { why: judge(rule, { start: begin.s, list, hand: { data: begin.custom, weights: Boolean(begin.own) }, found }), found };
}

const start = (lab, rule) => lab.set({ ...START, preset: "baseline", ...rule.start, seed: lab.lab.s.seed, restart: true, playing: false });

// The challenges below the lab: which, what it asks, how far the run is, and the button that hands in.
function challenges(lab, name) {
  const root = lab.shadowRoot, old = root.querySelector(".challenge");
  if (old) {
    if (name && name !== old.chosen.value) { old.chosen.value = name; old.chosen.dispatchEvent(new Event("change")); }
    if (!name) old.chosen.focus();
    return;
  }
  const chosen = make("select", {}, ...Object.entries(CHALLENGES).map(([value, { title }]) => make("option", { value, textContent: title })));
  const text = make("p"), now = make("p", { className: "verdict" });
  const link = make("button", { type: "button", className: "hand-in", textContent: "Copy link to hand in" });
  const begin = make("button", { type: "button", className: "begin", textContent: "Set its start" });
  const box = make("fieldset", { className: "challenge" }, make("legend", { textContent: "Challenge" }),
    make("div", { className: "row" }, make("label", {}, "which ", chosen), begin, link,
      make("span", { className: "note", role: "status" })), text, now,
    make("textarea", { hidden: true, readOnly: true, ariaLabel: "link to hand in" }));
  const show = () => {
    const rule = CHALLENGES[chosen.value], { why, found } = judged(lab.lab, rule), [of] = rule.best;
    text.textContent = rule.text;
    const said = why.length ? `Not yet: ${why.slice(0, 2).join("; ")}.` : `Met, with ${of === "steps" || of === "orphans" ? `${found[of]} ${UNIT[of]}` : `${UNIT[of]} ${short(found[of])}`}.`;
    if (now.textContent !== said) now.textContent = said;
  };
  chosen.value = name ?? Object.keys(CHALLENGES)[0];
  chosen.addEventListener("change", show);
  link.addEventListener("click", () => copyLink(lab, chosen.value, box));
  begin.addEventListener("click", () => { start(lab, CHALLENGES[chosen.value]); show(); });
  lab.addEventListener("labchange", () => { if (box.isConnected && !lab.playing) show(); });
  root.querySelector("details").before(box);
  box.chosen = chosen;
  show();
  if (!name) chosen.focus();
}

// ------------------------------------------------------------ the run in Python

// A notebook's Lab, its settings by the names of the state.
function code(lab) {
  const { lab: state } = lab, { s, own } = state, given = {};
  for (const name in START)
    if (!["curves", "links", "forces"].includes(name) && String(s[name]) !== String(START[name])) given[name] = s[name];
  if (state.custom) given.samples = state.points(state.x);
  if (own) {
    const parts = state.parts(own.theta);
    Object.assign(given, parts, { bias: state.points(parts.bias), step: own.step });
  }
  const note = changes(state)[0] ? "# What was changed on the way is not in it.\n" : "";
  return `${note}from protolib import live

lab = live.Lab(${Object.entries(given).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")})
lab.train(${state.steps - state.from || P.LIMIT})
print("error", lab.scores["error"])
print("outside the hull", lab.scores["expelled"])
`;
}

const python = (lab) => P.copy(lab.shadowRoot, code(lab),
  `The Python is copied.${changes(lab.lab)[0] ? " It starts afresh with the settings shown now." : ""}`);

P.inClass = { link: (lab) => copyLink(lab), python, code, open, challenges, run, changes, judged, present: (lab) => P.present(lab, true) };
})();
