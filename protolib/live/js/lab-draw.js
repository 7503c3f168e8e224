// How a lab is drawn: on a line its function, responses, samples, prototypes and their paths; in
// the plane samples, prototypes and paths. The shaded region is the hull of the samples. Names
// stand in strips of their own, where nothing is drawn.
(() => {
"use strict";
const P = globalThis.protolib, { short, clamp, dot } = P;
const FORCES = ["coverage", "separation", "overlap"];
const LINE = 18; // of text

// A colour means one thing: the kernel's own where the attractor is not the paper's.
const colourOf = (name, s) => (name === "coverage" && P.KERNELS.includes(s.attractor) ? s.attractor : name);

// Where things stand on a canvas so wide: functions from the world to pixels, and back.
function layout(lab, width) {
  const { dims, zoom, curves } = lab.s, reach = 1.25 * zoom;
  if (dims === 2) {
    const side = Math.min(width, 400), scale = side / 2 / reach, middle = LINE + side / 2;
    return { width, height: side + LINE, scale, X: (x) => width / 2 + x * scale, Y: (y) => middle - y * scale,
      back: ([px, py]) => [(px - width / 2) / scale, (middle - py) / scale] };
  }
  const fit = 112, shape = curves ? 60 : 0, rail = [fit + shape + LINE + 12, fit + shape + LINE + 66];
  const name = rail[1] + (lab.s.forces ? 44 : 20); // where the prototypes are named; below it their paths
  return { width, height: name + 76, reach, fit, shape, rail, name, F: (y) => LINE + 46 - y * 36,
    X: (x) => width / 2 + (x / reach) * (width / 2), back: ([px]) => [(px / width * 2 - 1) * reach] };
}

// Where a sample or prototype is drawn: the first spot is its own, others can be dragged too.
function spots(lab, v, of, index) {
  const { dims } = lab.s, flat = of === "sample" ? lab.x : lab.prototypes;
  const x = v.X(flat[index * dims]);
  if (dims === 2) return [[x, v.Y(flat[2 * index + 1])]];
  return of === "prototype" ? [[x, v.rail[1]]] : [[x, v.rail[0]], [x, v.F(lab.y[index])]];
}

function path(g, points, colour, width = 1.5, alpha = 1) {
  g.globalAlpha = alpha;
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.beginPath();
  points.forEach(([x, y], k) => (k ? g.lineTo(x, y) : g.moveTo(x, y)));
  g.stroke();
  g.globalAlpha = 1;
}

function write(g, text, x, y, colour, align = "left") {
  g.textAlign = align;
  g.fillStyle = colour;
  g.fillText(text, x, y);
}

function triangle(g, x, y, edge, fill, size = 6) {
  g.fillStyle = fill;
  g.strokeStyle = edge;
  g.lineWidth = 1.5;
  g.beginPath();
  g.moveTo(x, y + size);
  g.lineTo(x - size, y - size * 0.8);
  g.lineTo(x + size, y - size * 0.8);
  g.closePath();
  g.fill();
  g.stroke();
}

// Edge and filling of the prototypes, by the forces that act.
function marks(lab, c) {
  const { s } = lab, on = FORCES.filter((_, k) => s.masks[k]), own = on.map((name) => c[colourOf(name, s)]);
  if (on.length === 2 && s.masks[0] && s.masks[1] && s.attractor === s.kernel) return [own[0], own[0]]; // matched: one force
  return on.length === 0 ? [c.ink, c.ink] : on.length === 3 ? [c.all, c.all] : [own[0], own.at(-1)];
}

function onLine(g, v, lab, c) {
  const { ink, muted, faint, hull } = c, { x, theta, s } = lab, p = lab.prototypes, [edge, fill] = marks(lab, c);
  const [[low], [high]] = P.box(x, 1);
  g.fillStyle = hull;
  g.fillRect(v.X(low), 0, v.X(high) - v.X(low), v.height);
  const count = 161, grid = Float64Array.from({ length: count }, (_, k) => -v.reach + (2 * v.reach * k) / (count - 1));
  const f = P.predict(theta, grid, 1), at = (k) => v.X(grid[k]);
  path(g, Array.from(grid, (q) => [v.X(q), v.F(Math.sin(Math.PI * q))]), muted, 1, 0.6);
  path(g, Array.from(f, (y, k) => [at(k), clamp(v.F(y), LINE, v.fit)]), ink, 2);
  lab.y.forEach((y, i) => dot(g, v.X(x[i]), v.F(y), 4, ink));
  if (s.curves) {
    const h = P.respond(theta, grid, 1), units = p.length, floor = v.fit + v.shape;
    for (let j = 0; j < units; j++)
      path(g, Array.from(grid, (_, k) => [at(k), floor - (v.shape - LINE - 2) * h[k * units + j]]), edge, 1, units > 30 ? 0.35 : 0.6);
  }
  if (s.links) P.assign(p, x, 1).forEach((j, i) => {
    if (j >= 0) path(g, [[v.X(x[i]), v.rail[0]], [v.X(p[j]), v.rail[1]]], muted, 1, 0.8);
  });
  x.forEach((q) => dot(g, v.X(q), v.rail[0], 5, ink));
  // the paths of the last steps, the newest on top
  const past = lab.history, dip = 64 / 160, below = v.name + LINE / 2;
  for (let j = 0; j < p.length; j++) {
    const way = [[v.X(p[j]), below]];
    for (let k = past.length - 1; k >= 0 && past[k].length === p.length; k -= 2)
      way.push([v.X(past[k][j]), below + (past.length - k) * dip]);
    path(g, way, edge, 1, 0.55);
  }
  const gone = { left: [], right: [] };
  p.forEach((q) => {
    if (q < -v.reach) gone.left.push(q);
    else if (q > v.reach) gone.right.push(q);
    else triangle(g, v.X(q), v.rail[1], edge, fill);
  });
  if (s.forces) arrows(g, v, lab, c);
  const wide = v.width > 560, away = ({ length }, side) => (length ? `${length} beyond ${side}` : "");
  const beyond = [away(gone.left, "◀"), away(gone.right, "▶")].filter(Boolean).join(", ");
  write(g, wide ? "the network's function f; grey: the target sin πx" : "f; grey: the target sin πx", 6, 10, ink);
  write(g, wide ? "shaded: hull of the samples" : "shaded: hull", v.width - 6, 10, ink, "right");
  if (s.curves) write(g, "responses of the units", 6, v.fit + 11, ink);
  write(g, "● samples", 6, v.rail[0] - 19, ink);
  write(g, wide ? "▼ prototypes −b/w, read from the weights; below: their recent paths" : "▼ prototypes −b/w", 6, v.name, ink);
  write(g, beyond, v.width - 6, v.name, ink, "right");
  for (const y of [v.fit, v.fit + v.shape]) path(g, [[0, y], [v.width, y]], faint, 1);
}

function inPlane(g, v, lab, c) {
  const { ink, muted, hull } = c, { x, s } = lab, p = lab.prototypes, [edge, fill] = marks(lab, c), units = p.length / 2;
  g.fillStyle = hull;
  g.beginPath();
  P.corners(x).forEach(([a, b], k) => (k ? g.lineTo(v.X(a), v.Y(b)) : g.moveTo(v.X(a), v.Y(b))));
  g.fill();
  for (let j = 0; j < units; j++) {
    const way = [];
    for (let k = Math.max(0, lab.history.length - 60); k < lab.history.length; k += 2)
      way.push([v.X(lab.history[k][2 * j]), v.Y(lab.history[k][2 * j + 1])]);
    way.push([v.X(p[2 * j]), v.Y(p[2 * j + 1])]);
    path(g, way, edge, 1, 0.5);
    if (!s.curves) continue;
    g.globalAlpha = 0.25;
    g.strokeStyle = edge;
    g.beginPath();
    g.arc(v.X(p[2 * j]), v.Y(p[2 * j + 1]), Math.min(v.scale / Math.abs(P.safeSlope(lab.theta[j])), 4000), 0, 7);
    g.stroke();
    g.globalAlpha = 1;
  }
  if (s.links) P.assign(p, x, 2).forEach((j, i) => {
    if (j >= 0) path(g, [[v.X(x[2 * i]), v.Y(x[2 * i + 1])], [v.X(p[2 * j]), v.Y(p[2 * j + 1])]], muted, 1, 0.8);
  });
  let out = 0;
  for (let i = 0; i < x.length; i += 2) dot(g, v.X(x[i]), v.Y(x[i + 1]), 5, ink);
  for (let j = 0; j < units; j++) {
    const a = v.X(p[2 * j]), b = v.Y(p[2 * j + 1]);
    if (a < 0 || a > v.width || b < LINE || b > v.height) out++; else triangle(g, a, b, edge, fill, 5);
  }
  if (s.forces) arrows(g, v, lab, c);
  g.clearRect(0, 0, v.width, LINE);
  write(g, "● samples   ▼ prototypes −b/w", 6, 10, ink);
  write(g, out ? `${out} beyond view` : v.width > 560 ? "shaded: hull of the samples" : "shaded: hull", v.width - 6, 10, ink, "right");
}

// Velocity of each prototype under each force alone; every colour on a scale of its own.
function arrows(g, v, lab, c) {
  const { dims, masks } = lab.s, p = lab.prototypes, all = P.forces(lab.theta, lab.x, lab.y, dims, lab.s);
  const names = ["muted", ...FORCES.map((name) => colourOf(name, lab.s))];
  all.forEach((force, which) => {
    if (which && !masks[which - 1]) return;
    const sizes = Array.from({ length: p.length / dims }, (_, j) => Math.hypot(...force.slice(j * dims, (j + 1) * dims)));
    const most = Math.max(...sizes);
    g.fillStyle = c[names[which]];
    for (let j = 0; j < p.length / dims; j++) {
      const size = sizes[j], length = 7 + 27 * Math.sqrt(size / most);
      if (!(size > 1e-4 * most && most > 1e-9)) continue;
      const x = v.X(p[j * dims]), y = dims === 1 ? v.rail[1] + 14 + 9 * (which > 0) : v.Y(p[j * dims + 1]);
      const dx = (force[j * dims] / size) * length, dy = dims === 1 ? 0 : (-force[j * dims + 1] / size) * length;
      path(g, [[x, y], [x + dx, y + dy]], g.fillStyle, 2);
      const turn = Math.atan2(dy, dx);
      g.beginPath();
      for (const [a, r] of [[0, 6], [2.4, 5], [-2.4, 5]])
        g.lineTo(x + dx + r * Math.cos(turn + a), y + dy + r * Math.sin(turn + a));
      g.fill();
    }
  });
}

const drawLab = (g, v, lab, c) => (lab.s.dims === 1 ? onLine : inPlane)(g, v, lab, c);

Object.assign(P, { layout, spots, drawLab, colourOf, FORCES });
})();
