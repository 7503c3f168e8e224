// What only a class needs of a lab, second part: it fills the screen for a projector, with one row of
// controls above the picture, the scores beside it, and every letter so large as a last row can read.
(() => {
"use strict";
const P = globalThis.protolib, { make } = P;
const TEXT = 12.5; // pixels of the letters on a canvas, see `pen`

// All lengths in em, so that 1920 × 1080 is 1280 × 720 enlarged.
const LOOK = `
:host([present]){box-sizing:border-box;position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;margin:0;border:0;padding:.35em .5em;overflow:auto;z-index:9999;
 background:var(--pst-color-background,var(--paper));color:inherit;font-size:var(--text);line-height:1.25}
:host([present])>.live{display:grid;grid-template:auto minmax(0,1fr)/minmax(0,1fr) 11.6em;gap:.3em .5em;height:100%}
.present-row{grid-column:1/-1;display:flex;gap:.3em;align-items:center;min-width:0}
.present-row .row{flex-wrap:nowrap;gap:.25em;margin:0} .present-row button,.present-row select{min-height:1.7em;padding:.05em .4em;white-space:nowrap;border-radius:.3em}
.present-row button.play{min-width:3.4em} .present-row .switch{border-radius:1em}
.present-row .first{flex:1 1 6em;min-width:5em;min-height:0} .present-row .mark{display:none}
.present-row .slider>span:first-child{justify-content:start;gap:.3em;white-space:nowrap;overflow:hidden}
.present-row .slider>span>span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.present-row .slider>span::before{content:attr(data-short)} .present-row .slider output{text-align:left}
.present-row input[type=range]{min-height:1em} .present-row select{width:5em;flex:0 1 auto}
:host([present]) .stage{position:relative;top:0;min-height:0;overflow:hidden;display:block} :host([present]) .paper{transform-origin:0 0}
.present-side{display:flex;flex-direction:column;min-width:0;min-height:0} .present-side>*{flex:none} .present-side .lines{flex:0 1 auto;overflow:auto}
.present-side details{flex:0 1 auto;min-height:0;overflow:auto;margin-top:.3em} .present-side details[open]{flex:1 1 8em} .present-side details *{font-size:1em}
.present-side .row :is(select,label){max-width:100%} .present-side .mark em{line-height:1.1} .present-side .scores{grid-template-columns:1fr;gap:.45em;margin:0 0 .5em} .present-side .scores *{font-size:1em}
.present-side .scores>div{display:grid;grid-template-columns:max-content 1fr;gap:0 .4em;align-items:baseline} .present-side dd{display:contents}
.present-side .scores b{font-size:1.15em;white-space:nowrap} .present-side :is(small,.bar){grid-column:1/-1} .present-side .bar{height:.3em} .present-side .at{margin:0 0 .3em} .present-side .watch{font-weight:600;margin:0;min-height:0}
.present-side .watch:empty::before{content:none} .present-side .hint{margin:0}
:host([present]) :is(.tries,button.present){display:none}
.present-side fieldset{flex:0 1 auto;overflow:auto;padding-top:.2em} .present-side fieldset *{font-size:1em} .present-side fieldset p{margin:.2em 0}
@media (max-width:800px),(orientation:portrait){
 :host([present])>.live{grid-template:auto auto auto/minmax(0,1fr);height:auto}
 .present-row{flex-wrap:wrap;position:sticky;top:-.35em;z-index:1;background:inherit;background:var(--pst-color-background,var(--paper))} .present-row .row{flex-wrap:wrap}
 .present-row .first{flex-basis:100%} .present-side .scores{grid-template-columns:repeat(3,1fr)} .present-side .scores>div{display:block}
}`;
const SHORT = { tau: "τ", lam: "λ", size: "N" };

// A letter's pixels: 24 on 1280 × 720, and in proportion above; on a telephone as on a page.
const letter = () => (Math.min(innerWidth, innerHeight) < 500 || innerWidth < 800 ? 16 : Math.max(24, Math.min(innerWidth / 1280, innerHeight / 720) * 24));

// The picture in so many rows: less room for paths, where the screen is low.
function layout(high) {
  return (lab, width) => {
    if (lab.s.dims === 2) {
      const side = Math.min(width, high - 18), reach = 1.25 * lab.s.zoom, scale = side / 2 / reach, middle = 18 + side / 2;
      return { width, height: side + 18, scale, X: (x) => width / 2 + x * scale, Y: (y) => middle - y * scale,
        back: ([px, py]) => [(px - width / 2) / scale, (middle - py) / scale] };
    }
    const v = P.layout(lab, width), least = v.name + 34;
    if (high >= least) return { ...v, height: high };
    const fit = v.fit - Math.min(30, least - high), up = v.fit - fit; // a flatter curve
    return { ...v, height: Math.max(high, least - up), fit, rail: v.rail.map((y) => y - up), name: v.name - up,
      F: (y) => 18 + (fit - 20) / 2 - (y * (fit - 26)) / 2.6 };
  };
}

function present(lab, byHand) {
  if (lab.hasAttribute("present")) return;
  const root = lab.shadowRoot, $ = (selector) => root.querySelector(selector), live = $(".live"), canvas = $("canvas"), stage = $(".stage");
  const focused = root.activeElement, page = document.documentElement, scroll = page.style.overflow, undo = [];
  const style = make("style", { textContent: LOOK });
  // places to come back to
  const moved = (element, to) => {
    const mark = document.createComment("");
    element.before(mark);
    to.append(element);
    undo.unshift(() => mark.replaceWith(element));
  };
  const row = make("div", { className: "present-row" }), side = make("div", { className: "present-side" });
  const paper = make("div", { className: "paper" }), leave = make("button", { type: "button", className: "leave", textContent: "✕", title: "leave (Escape)", ariaLabel: "Leave the projector mode" });
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Controls");
  live.prepend(row);
  stage.after(side);
  stage.append(paper);
  for (const part of [$(".row.run"), $(".first")]) moved(part, row);
  for (const part of [...stage.children]) if (part !== paper) moved(part, paper);
  for (const part of [$(".scores"), $(".lines"), $("details")]) moved(part, side);
  const { open } = $("details");
  $("details").open = false;
  undo.push(() => { $("details").open = open; });
  const box = $("fieldset.challenge");
  if (box) $("details").before(box);
  const tries = [...root.querySelectorAll(".tries button")];
  if (tries.length) {
    const menu = make("select", { ariaLabel: "Try this", className: "try" }, make("option", { value: "", textContent: "Try…" }),
      ...tries.map((button, value) => make("option", { value, textContent: button.textContent })));
    menu.addEventListener("change", () => { tries[menu.value]?.click(); menu.value = ""; });
    row.append(menu);
  }
  row.append(leave);
  const at = make("p", { className: "at" }), count = () => { at.textContent = `step ${lab.step}`; };
  $(".scores").after(at);
  lab.addEventListener("labchange", count);
  count();
  root.append(style);
  for (const name in SHORT) $(`.l-${name}>span`).dataset.short = SHORT[name];

  // everything else stands still behind it
  for (let here = lab; here && here !== document.body; here = here.parentElement ?? here.getRootNode().host)
    for (const other of here.parentElement?.children ?? [])
      if (other !== here && !other.inert && !["SCRIPT", "STYLE"].includes(other.tagName)) { other.inert = true; undo.push(() => { other.inert = false; }); }
  const fit = () => {
    const text = letter(), by = text / TEXT;
    lab.style.setProperty("--text", `${text}px`);
    paper.style.width = `${stage.clientWidth / by}px`;
    paper.style.transform = `scale(${by})`;
    canvas.sharp = by;
    const narrow = getComputedStyle(live).gridTemplateColumns.split(" ").length === 1;
    lab.layout = layout(narrow ? 352 : Math.floor(stage.clientHeight / by) - 1);
    stage.style.height = narrow ? `${lab.view.height * by}px` : "";
    lab.advance(0);
  };
  const key = (event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); end(); } };
  const full = () => { if (!document.fullscreenElement) end(); };
  const watch = new ResizeObserver(fit);

  function end() {
    watch.disconnect();
    lab.removeEventListener("labchange", count);
    removeEventListener("keydown", key, true);
    document.removeEventListener("fullscreenchange", full);
    if (document.fullscreenElement && byHand) document.exitFullscreen().catch(() => {});
    const taken = $("fieldset.challenge"); // it may have come meanwhile
    undo.forEach((back) => back());
    if (taken) $("details").before(taken);
    for (const part of [row, side, paper, style, at]) part.remove();
    if (lab.popover) { lab.hidePopover(); lab.removeAttribute("popover"); }
    lab.removeAttribute("present");
    lab.style.removeProperty("--text");
    stage.style.height = "";
    delete lab.layout;
    delete canvas.sharp;
    page.style.overflow = scroll;
    lab.advance(0);
    lab.scrollIntoView({ block: "nearest" });
    (focused ?? $(".play")).focus({ preventScroll: true });
  }

  lab.setAttribute("present", "");
  page.style.overflow = "hidden";
  if (lab.showPopover) { lab.popover = "manual"; lab.showPopover(); } // above everything
  addEventListener("keydown", key, true);
  leave.addEventListener("click", end);
  if (byHand) page.requestFullscreen?.().then(() => document.addEventListener("fullscreenchange", full)).catch(() => {});
  watch.observe(lab);
  watch.observe(stage);
  fit();
  $(".play").focus({ preventScroll: true });
}

P.present = present;
})();
