// <prototype-lab>: one network of protolib, alive. The attribute `state` holds what a link holds;
// in the page `state` reads and `set` changes it, "labchange" events tell of it. What stands inside
// the tag is shown in print and where scripts are off.
(() => {
"use strict";
const P = globalThis.protolib, { clamp, LIMIT } = P;
const { PANEL, controls, showControls, showScores, summary } = P.panel;
const HINT = "Drag a point (or click it, then its new place), or press a button.";
const PICTURE = {
  1: "From top to bottom: the function and the samples; the responses; samples joined to their prototypes; the prototypes' recent paths.",
  2: "Samples are dots, prototypes triangles, links join each sample to its prototype; the shaded polygon is the hull of the samples.",
};

class PrototypeLab extends HTMLElement {
  lab = new P.LabState();
  #playing = false; #wants = false; #visible = false; #made = false; #frame = 0; #before = null; #stale = true; #debt = 0;
  #acts = null; #touch = false; #undo = []; #chosen = { sample: 0, prototype: 0 }; #hands; #lastScores = 0; #lastTold = 0;

  constructor() { // a notebook sets the state before it puts the figure on the page
    super();
    const root = this.attachShadow({ mode: "open" }), on = (selector, act) => this.$(selector).addEventListener("click", act);
    root.innerHTML = PANEL;
    controls(root, this.lab, (change) => this.#user(change));
    on(".play", () => (this.#playing || this.#touch ? this.pause() : this.play()));
    on(".step", () => { this.pause(); this.advance(1); this.#tell(true); });
    on(".reset", () => { this.#quiet(); this.lab.custom = false; this.lab.restart(); this.#touched(); });
    for (const act of ["link", "python", "challenges", "present"]) on(`.${act}`, () => P.classroom(act, this));
    for (const type of ["pointerdown", "click", "keydown", "input"]) // a finger may also scroll the page
      root.addEventListener(type, (event) => { if (event.pointerType !== "touch" || type === "click") this.#halt(event); }, true);
    this.#dragging();
    P.say(root, "", HINT);
  }

  connectedCallback() {
    const found = this.#made ? [] : P.tries(this, (acts) => this.perform(acts, true));
    if (!this.#made && this.hasAttribute("state")) this.open(this.getAttribute("state"));
    this.#made = true;
    const resize = new ResizeObserver(() => this.#redraw());
    resize.observe(this.$("canvas"));
    const see = new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1).isIntersecting;
      if (this.#visible) this.#schedule();
    });
    see.observe(this);
    const hash = () => this.#readHash(), paint = () => { this.colours = P.palette(this); this.#redraw(); };
    addEventListener("hashchange", hash);
    this.#undo = [() => resize.disconnect(), () => see.disconnect(),
      () => removeEventListener("hashchange", hash), P.onTheme(paint)];
    paint();
    document.fonts?.ready.then(() => this.#redraw());
    const linked = this.#readHash();
    showControls(this.shadowRoot, this.lab, this.#playing);
    this.#tell(true);
    this.#wants = !P.calm();
    if (linked || !this.hasAttribute("autoplay")) return;
    const [story] = found;
    if (!story) { if (this.#wants) this.play(); } else if (!this.#wants) this.end(story.acts);
    else {
      this.told = false; // until it is seen, or touched; and one thing plays at a time
      const busy = () => [...document.querySelectorAll("digits-viewer")].some((o) => o.playing && o.getBoundingClientRect().bottom > 150);
      const begin = () => {
        if (this.told) return;
        if (busy()) { setTimeout(begin, 300); return; }
        P.pressed(this.shadowRoot, this.$(".tries button"));
        this.perform(story.acts);
      };
      P.firstSeen(this.$("canvas"), () => setTimeout(begin, 300));
    }
  }

  disconnectedCallback() {
    this.pause();
    this.#undo.forEach((undo) => undo());
  }

  $(selector) { return this.shadowRoot.querySelector(selector); }

  // ------------------------------------------------------------ state

  get playing() { return this.#playing; }
  get step() { return this.lab.steps; }
  get samples() { return this.lab.points(this.lab.x); }
  get prototypes() { return this.lab.points(this.lab.prototypes); }
  get query() { return this.lab.query; }
  get view() { return (this.layout ?? P.layout)(this.lab, Math.max(this.$("canvas").clientWidth, 200)); }

  // Everything that the lab shows, as plain data; the names are those of the notebook's Lab.
  get state() { return { ...this.lab.plain, playing: this.#playing, scores: this.lab.scores }; }

  // Changes any part of the state; names as in `state`, and `preset`.
  set(change) {
    this.#halt();
    this.#quiet();
    this.#changed(this.lab.set(change));
    if (change.playing === true) this.play();
    if (change.playing === false && this.#playing) this.pause();
  }

  #quiet() {
    P.watch(this.shadowRoot, "");
    P.pressed(this.shadowRoot);
  }

  // The state that a link names.
  open(text) {
    if (this.#playing) this.pause();
    this.told = true;
    if (/\b(steps|challenge|present)=/.test(text)) return P.classroom("open", this, text);
    this.#quiet();
    this.#changed(this.lab.open(text));
  }

  #changed(refused) {
    this.#hands.letGo();
    P.say(this.shadowRoot, refused.slice(0, 3).join(" "), HINT);
    showControls(this.shadowRoot, this.lab, this.#playing);
    this.$(".note").textContent = "";
    this.#redraw();
  }

  #readHash() {
    const text = P.inAddress(this.id);
    if (text === null) return false;
    this.open(text);
    this.scrollIntoView({ block: "start" });
    return true;
  }

  // ------------------------------------------------------------ running

  play() {
    this.told = true;
    this.#acts = null;
    if (this.lab.steps >= this.lab.until) this.lab.until = Infinity;
    this.#wants = true;
    this.#run();
  }

  pause() {
    this.#wants = this.#touch = false;
    this.#stop();
  }

  #run() {
    this.#playing = true;
    showControls(this.shadowRoot, this.lab, true);
    this.#schedule();
  }

  // A pause that a touch of the controls ends: at the nominal number of steps.
  #stop() {
    this.#playing = false;
    this.#acts = null;
    showControls(this.shadowRoot, this.lab, false);
    this.#tell(true);
    this.#redraw();
  }

  // Acts, one after the other: each sets something, then trains so many steps in so many seconds
  // and says what to watch. The first touch ends them.
  perform(acts, byHand = false) {
    this.told = true;
    this.#next({ acts, at: -1, byHand });
  }

  get acting() { return this.#acts && this.#acts.at + 1; }

  #next({ acts, at, byHand }) {
    const { lab } = this, from = lab.s.zoom, act = acts[at + 1];
    this.#changed(lab.set(act.set));
    P.watch(this.shadowRoot, act.say);
    if (byHand) P.toAddress(this);
    this.#acts = { acts, byHand, at: at + 1, time: 0, done: 0, from: at < 0 ? lab.s.zoom : from, to: lab.s.zoom };
    lab.until = Infinity;
    this.#run();
  }

  // So much time has passed on the stage.
  #act(seconds) {
    const now = this.#acts, act = now.acts[now.at], { lab } = this;
    now.time += seconds;
    const due = Math.min(act.steps, Math.floor((act.steps * now.time) / act.seconds)), t = clamp(now.time / 0.8, 0, 1);
    lab.s.zoom = t < 1 ? now.from + (now.to - now.from) * t * t * (3 - 2 * t) : now.to;
    now.done += this.#train(due - now.done);
    this.#redraw();
    if (now.done < act.steps || now.time < act.seconds) return;
    if (now.at + 1 < now.acts.length) this.#next(now); else this.#stop();
  }

  // How the acts end, without the way there.
  end(acts) {
    const { lab } = this;
    for (const { set, steps } of acts) { lab.set(set); lab.advance(steps); }
    this.#changed([]);
    P.watch(this.shadowRoot, acts.at(-1).say);
    P.pressed(this.shadowRoot, this.$(".tries button"));
  }

  #halt(event) {
    this.told = true;
    if (!this.#acts) return;
    this.lab.s.zoom = this.#acts.to;
    this.#stop();
    // what is about to become a click of Play has paused already
    this.#touch = event?.target === this.$(".play") && [undefined, " ", "Enter"].includes(event.key);
  }

  advance(count = 1) {
    this.lab.advance(count, () => {
      const { held } = this.#hands;
      if (held?.of === "prototype") this.lab.place(held.index, held.at);
    });
    this.#redraw();
  }

  // At most so many steps, as many as a frame has time for; returns how many.
  #train(count) {
    const begin = performance.now();
    let done = 0;
    while (count - done >= 1 && performance.now() - begin < 9) {
      const now = Math.min(4, Math.floor(count - done));
      this.advance(now);
      done += now;
    }
    return done;
  }

  #schedule() {
    if (!this.#frame && this.isConnected) this.#frame = requestAnimationFrame((t) => this.#tick(t));
  }

  #redraw() {
    this.#stale = true;
    this.#schedule();
  }

  #tick(time) {
    const { lab } = this;
    this.#frame = 0;
    if (this.#acts && this.#visible && !document.hidden) {
      this.#act(Math.min(time - (this.#before ?? time), 100) / 1000);
      this.#schedule();
    } else if (this.#playing && this.#visible && !document.hidden) {
      this.#debt = Math.min(this.#debt + lab.s.speed, 200); // steps a frame need not be whole
      this.#debt -= this.#train(Math.min(this.#debt, lab.until - lab.steps));
      if (lab.steps >= lab.until) {
        lab.until = Infinity;
        this.#stop();
      }
      this.#schedule();
    }
    this.#before = this.#acts ? time : null;
    if (this.#stale) {
      this.#stale = false;
      this.#draw();
      if (!this.#playing || time - this.#lastScores > 120) {
        this.#lastScores = time;
        showScores(this.shadowRoot, lab);
        this.$(".status").dataset.step = lab.steps;
        this.dispatchEvent(new Event("labchange"));
      }
    }
    if (this.#playing) this.#tell(false);
  }

  #tell(now) {
    const status = this.$(".status"), { lab } = this;
    status.dataset.step = lab.steps;
    if (!now && lab.steps - this.#lastTold < 1000) return;
    this.#lastTold = lab.steps;
    status.textContent = summary(lab);
    this.$("canvas").setAttribute("aria-label", `${status.textContent} ${PICTURE[lab.s.dims]}`);
    this.dispatchEvent(new Event("labchange"));
  }

  // ------------------------------------------------------------ the reader's hand

  // A change by the reader's hand: it also goes to the address, and wakes a lab at its limit.
  #user(change) {
    this.set(change);
    this.#touched();
  }

  #touched() {
    P.toAddress(this);
    showControls(this.shadowRoot, this.lab, this.#playing);
    this.#redraw();
    this.#tell(true);
    if (!this.#wants || this.#playing) return;
    this.lab.until = this.lab.steps + LIMIT;
    this.#run();
  }

  #points(of) { return of === "sample" ? this.samples : this.prototypes; }

  #move({ of, index }, point) {
    this.#halt();
    this.#chosen[of] = index;
    if (of === "sample") this.lab.move(index, point); else this.lab.place(index, point);
    this.#redraw();
  }

  #dragging() {
    const called = ({ of, index }) => `${of} ${index + 1} of ${this.#points(of).length}`;
    this.#hands = P.hands(this.$("canvas"), {
      hit: ([px, py], reach) => {
        const v = this.view;
        let best = null, least = reach ** 2;
        for (const of of ["prototype", "sample"])
          this.#points(of).forEach((point, index) => {
            for (const [x, y] of P.spots(this.lab, v, of, index)) {
              const distance = (x - px) ** 2 + (y - py) ** 2;
              if (distance < least) { least = distance; best = { key: `${of} ${index}`, of, index, at: [point].flat() }; }
            }
          });
        return best;
      },
      move: (grip, at) => { grip.at = this.view.back(at); this.#move(grip, grip.at); },
      drop: (grip) => {
        const place = [this.#points(grip.of)[grip.index]].flat().map((v) => v.toFixed(2).replace("-", "−")).join(", ");
        P.say(this.shadowRoot, `Moved ${called(grip)} to ${place}.`);
        this.#touched();
      },
      choose: (grip) => {
        if (grip) this.#chosen[grip.of] = grip.index;
        this.#redraw();
        P.say(this.shadowRoot, grip && `Chosen: ${called(grip)}. Now click its new place, or press Escape.`, HINT);
      },
    });
    for (const handle of this.shadowRoot.querySelectorAll(".handle"))
      handle.addEventListener("keydown", (event) => this.#key(event, handle.dataset.of));
  }

  #key(event, of) {
    const list = this.#points(of), by = event.shiftKey ? 0.1 : 0.02, next = { PageDown: 1, PageUp: -1 };
    const index = clamp(this.#chosen[of], 0, list.length - 1), point = [list[index]].flat();
    if (this.lab.s.dims === 1) Object.assign(next, { ArrowDown: 1, ArrowUp: -1 });
    const moves = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [1, by], ArrowDown: [1, -by] };
    if (event.key in next) this.#chosen[of] = (index + next[event.key] + list.length) % list.length;
    else if (event.key in moves) {
      const [d, step] = moves[event.key];
      point[d] += step;
      this.#move({ of, index }, point);
      this.#touched();
    } else return;
    event.preventDefault();
    this.#redraw();
  }

  // ------------------------------------------------------------ drawing

  #draw() {
    const { lab, view: v, colours: c } = this, { chosen } = this.#hands;
    const g = P.pen(this.$("canvas"), v.width, v.height);
    P.drawLab(g, v, lab, c);
    if (chosen && chosen.index < this.#points(chosen.of).length)
      for (const [x, y] of P.spots(lab, v, chosen.of, chosen.index)) P.ring(g, x, y, c.ink);
    for (const handle of this.shadowRoot.querySelectorAll(".handle")) {
      const { of } = handle.dataset, list = this.#points(of), index = clamp(this.#chosen[of], 0, list.length - 1);
      const point = [list[index]].flat(), [[x, y]] = P.spots(lab, v, of, index), reach = of === "sample" ? 1 : 1000;
      handle.style.left = `${clamp(x, 8, v.width - 8)}px`;
      handle.style.top = `${clamp(y, 8, v.height - 8)}px`;
      for (const [name, value] of Object.entries({
        label: `${of} ${index + 1} of ${list.length}; arrow keys move it, Page Up and Page Down choose another`,
        valuemin: -reach, valuemax: reach, valuenow: clamp(point[0], -reach, reach).toFixed(2),
        valuetext: point.map((t) => t.toFixed(2)).join(", "),
      })) handle.setAttribute(`aria-${name}`, value);
    }
  }
}

// What only a class needs, in a file of its own beside this one.
const here = document.currentScript?.src;
P.classroom = async (act, lab, ...given) => {
  try {
    await (P.inClass || new Promise((onload, onerror) => document.head.append(P.make("script", { src: new URL("live-class.js", here), onload, onerror }))));
    return P.inClass[act](lab, ...given);
  } catch { P.say(lab.shadowRoot, "live-class.js could not be read."); }
};
P.define("prototype-lab", PrototypeLab);
})();
