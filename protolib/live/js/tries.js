// "Try this": buttons that bring a figure into a state, play, and say what to watch. They come from
// the list inside the tag, which is read in print and where scripts are off.
(() => {
"use strict";
const P = globalThis.protolib, { make } = P;

const TRIES = `<div class="tries" role="group" aria-label="Try this" hidden><b>Try this</b></div>`;
const WATCH = `<p class="watch" role="status" hidden></p>`;

// Fills the group of buttons; `act` gets the acts of the one that is pressed.
function tries(figure, act) {
  const root = figure.shadowRoot, group = root.querySelector(".tries");
  const found = [...figure.querySelectorAll(":scope > .tries > li")].map((item) =>
    ({ acts: JSON.parse(item.dataset.acts), label: item.firstChild.textContent }));
  root.querySelector(".watch").hidden = group.hidden = found.length === 0;
  for (const { label, acts } of found) {
    const button = make("button", { type: "button", textContent: label, ariaPressed: "false" });
    button.addEventListener("click", () => {
      pressed(root, button);
      watch(root, acts[0].say);
      act(acts);
      root.querySelector(".stage, .two, .map")?.scrollIntoView({ block: "nearest" });
    });
    group.append(button);
  }
  return found;
}

function pressed(root, button = null) {
  for (const one of root.querySelectorAll(".tries button")) one.ariaPressed = String(one === button);
}

function watch(root, text) {
  root.querySelector(".watch").textContent = text;
}

Object.assign(P, { TRIES, WATCH, tries, pressed, watch });
})();
