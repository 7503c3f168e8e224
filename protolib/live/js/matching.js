// Distances, matching, the hull and the scores: protolib.matching and protolib.hull.
(() => {
"use strict";
const { generator, draws, CHANCE } = globalThis.protolib;

const FAR = 1e150;

function square(a, i, b, j, dims) {
  let sum = 0;
  for (let d = 0; d < dims; d++) sum += (a[i * dims + d] - b[j * dims + d]) ** 2;
  return sum;
}

function table(a, b, dims, squared) {
  const m = a.length / dims, n = b.length / dims, out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const s = square(a, i, b, j, dims);
      out[i * n + j] = squared ? s : Math.sqrt(s);
    }
  return out;
}

// The Hungarian algorithm with potentials, rows ≤ columns: column of each row. What is not a number
// counts as very far, so that it ends on any input: every turn sees one more column.
function hungarian(costs, rows, columns) {
  const cost = Float64Array.from(costs, (c) => (Math.abs(c) < FAR ? c : FAR));
  const u = new Float64Array(rows + 1), v = new Float64Array(columns + 1);
  const owner = new Int32Array(columns + 1), way = new Int32Array(columns + 1);
  for (let i = 1; i <= rows; i++) {
    owner[0] = i;
    const least = new Float64Array(columns + 1).fill(Infinity), seen = new Uint8Array(columns + 1);
    let j0 = 0;
    do {
      seen[j0] = 1;
      let delta = Infinity, j1 = 0;
      for (let j = 1; j <= columns; j++) {
        if (seen[j]) continue;
        const slack = cost[(owner[j0] - 1) * columns + j - 1] - u[owner[j0]] - v[j];
        if (slack < least[j]) { least[j] = slack; way[j] = j0; }
        if (least[j] < delta) { delta = least[j]; j1 = j; }
      }
      for (let j = 0; j <= columns; j++)
        if (seen[j]) { u[owner[j]] += delta; v[j] -= delta; } else least[j] -= delta;
      j0 = j1;
    } while (owner[j0]);
    for (; j0; j0 = way[j0]) owner[j0] = owner[way[j0]];
  }
  const match = new Int32Array(rows);
  for (let j = 1; j <= columns; j++) if (owner[j]) match[owner[j] - 1] = j - 1;
  return match;
}

const order = (a) => Array.from(a.keys()).sort((i, j) => a[i] - a[j]);

// For each sample the index of its prototype, −1 for a sample left alone.
function assign(p, x, dims, squared = false) {
  const units = p.length / dims, samples = x.length / dims;
  const match = new Int32Array(samples).fill(-1);
  if (dims === 1 && units === samples) {
    const byX = order(x), byP = order(p);
    byX.forEach((i, k) => { match[i] = byP[k]; });
  } else if (samples <= units) {
    match.set(hungarian(table(x, p, dims, squared), samples, units));
  } else {
    hungarian(table(p, x, dims, squared), units, samples).forEach((i, j) => { match[i] = j; });
  }
  return match;
}

function box(x, dims) {
  const low = new Array(dims).fill(Infinity), high = new Array(dims).fill(-Infinity);
  x.forEach((value, k) => {
    low[k % dims] = Math.min(low[k % dims], value);
    high[k % dims] = Math.max(high[k % dims], value);
  });
  return [low, high];
}

// mean_i ‖x_i − p_σ(i)‖; a sample left alone is charged the diameter of the samples' box.
function reconstructionError(p, x, dims, match = assign(p, x, dims)) {
  const [low, high] = box(x, dims), diameter = Math.hypot(...high.map((h, d) => h - low[d]));
  let sum = 0;
  match.forEach((j, i) => { sum += j < 0 ? diameter : Math.sqrt(square(x, i, p, j, dims)); });
  return sum / match.length;
}

function nearest(x, i, p, dims) {
  let best = 0, least = Infinity;
  for (let j = 0; j < p.length / dims; j++) {
    const s = square(x, i, p, j, dims);
    if (s < least) { least = s; best = j; }
  }
  return best;
}

function specializationRatio(p, x, dims) {
  const used = new Set();
  for (let i = 0; i < x.length / dims; i++) used.add(nearest(x, i, p, dims));
  return used.size / (p.length / dims);
}

// The corners of the convex hull of points in the plane, anticlockwise (Andrew's monotone chain).
function corners(x) {
  const points = Array.from({ length: x.length / 2 }, (_, i) => [x[2 * i], x[2 * i + 1]]);
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (list) => {
    const chain = [];
    for (const q of list) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), q) <= 0) chain.pop();
      chain.push(q);
    }
    chain.pop();
    return chain;
  };
  const hull = [...half(points), ...half(points.reverse())];
  return hull.length ? hull : [points[0]];
}

// Distance of every point to the hull of the samples, 0 inside; dims 1 or 2.
function hullDistance(p, x, dims) {
  if (dims === 1) {
    const [[low], [high]] = box(x, 1);
    return Float64Array.from(p, (q) => Math.max(low - q, q - high, 0));
  }
  const hull = corners(x);
  return Float64Array.from({ length: p.length / 2 }, (_, j) => {
    const a = p[2 * j], b = p[2 * j + 1];
    let inside = hull.length > 2, least = Infinity;
    hull.forEach(([x0, y0], k) => {
      const [x1, y1] = hull[(k + 1) % hull.length], dx = x1 - x0, dy = y1 - y0;
      if (dx * (b - y0) - dy * (a - x0) < 0) inside = false;
      const along = ((a - x0) * dx + (b - y0) * dy) / (dx * dx + dy * dy || 1);
      const t = Math.min(1, Math.max(0, along));
      least = Math.min(least, Math.hypot(a - x0 - t * dx, b - y0 - t * dy));
    });
    return inside ? 0 : least;
  });
}

const expelledShare = (p, x, dims) =>
  hullDistance(p, x, dims).reduce((n, d) => n + (d > 1e-6), 0) / (p.length / dims);

function fitR2(f, y) {
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  let residual = 0, variance = 0;
  y.forEach((t, i) => { residual += (f[i] - t) ** 2; variance += (t - mean) ** 2; });
  return variance > 0 ? 1 - residual / variance : residual === 0 ? 1 : -Infinity;
}

// What prototypes score that know only the samples' box: matching.chance_prototypes(seed=0).
const chanceCache = new Map();
function chance(x, units, dims, nets = 200) {
  const key = [units, dims, nets].join();
  if (!chanceCache.has(key))
    chanceCache.set(key, draws(generator(0, CHANCE, units, dims), nets * units * dims, 0, 1));
  const u = chanceCache.get(key), [low, high] = box(x, dims), size = units * dims;
  let error = 0, ratio = 0;
  for (let r = 0; r < nets; r++) {
    const p = u.slice(r * size, (r + 1) * size)
      .map((t, k) => low[k % dims] + (high[k % dims] - low[k % dims]) * t);
    error += reconstructionError(p, x, dims) / nets;
    ratio += specializationRatio(p, x, dims) / nets;
  }
  return { error, ratio };
}

Object.assign(globalThis.protolib, {
  square, order, nearest, hungarian, assign, box, corners, reconstructionError, specializationRatio,
  hullDistance, expelledShare, fitR2, chance,
});
})();
