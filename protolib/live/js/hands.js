// Moving points in a picture: by dragging, and the same by two clicks or taps, the first on the
// point, the second on its place (a second click on the point, or Escape, lets it go again).
(() => {
"use strict";

// hit([x, y], reach) finds a grip {key, …} or null; move(grip, [x, y]) moves it; drop(grip) tells
// that the move is over; choose(grip or null) shows what is chosen. Returns what is held.
function hands(canvas, { hit, move, drop, choose }) {
  const now = { held: null, chosen: null };
  let from = null, moved = false;
  const where = (event) => {
    const frame = canvas.getBoundingClientRect(), part = canvas.offsetWidth / frame.width; // 1, or enlarged
    return [(event.clientX - frame.left) * part, (event.clientY - frame.top) * part];
  };
  const reach = (event) => (event.pointerType === "mouse" ? 14 : 24);
  const pick = (grip) => {
    if (grip || now.chosen) choose((now.chosen = grip));
  };
  const end = () => { now.held = from = null; };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    from = where(event);
    moved = false;
    const grip = hit(from, reach(event));
    now.held = now.chosen && grip?.key !== now.chosen.key ? null : grip;
    if (!now.held) return;
    try { canvas.setPointerCapture(event.pointerId); } catch {} // a made-up pointer
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = where(event);
    if (!from) canvas.style.cursor = now.chosen ? "crosshair" : hit(at, 14) ? "grab" : "";
    else if (Math.hypot(at[0] - from[0], at[1] - from[1]) > 4) moved = true;
    if (moved && now.held) move(now.held, at);
  });
  canvas.addEventListener("pointerup", (event) => {
    const { held, chosen } = now, at = where(event), tapped = from && !moved;
    end();
    if (held && !tapped) {
      pick(null);
      drop(held);
    } else if (tapped && chosen && !held) {
      move(chosen, at);
      pick(null);
      drop(chosen);
    } else if (tapped) pick(chosen ? null : held);
  });
  canvas.addEventListener("pointercancel", () => {
    const { held } = now;
    end();
    if (held && moved) drop(held);
  });
  // a finger on a point drags it; beside the points it scrolls the page
  canvas.addEventListener("touchstart", (event) => {
    const grip = hit(where(event.touches[0]), 24);
    if (grip && (!now.chosen || grip.key === now.chosen.key)) event.preventDefault();
  }, { passive: false });
  canvas.getRootNode().addEventListener("keydown", (event) => {
    if (event.key === "Escape") pick(null);
  });
  now.letGo = () => pick(null);
  return now;
}

Object.assign(globalThis.protolib, { hands });
})();
