// The network of protolib, in the page: the same units, losses, gradients, optimiser and random
// numbers as protolib.{data,model,losses,training,matching,hull}, in float64, and tested against
// them. Points are flat arrays, point by point: [x_1 … x_D of point 1, x_1 … x_D of point 2, …].
// A network is one flat array, θ = [w | b, dimension by dimension | v | c].
(() => {
"use strict";

// ---------------------------------------------------------------- random numbers, as in NumPy

// SeedSequence (O'Neill's seed_seq_fe, as in NumPy): 32-bit words mixed into a pool of four.
function seedSequence(seed, key) {
  const INIT_A = 0x43b0d7e5, MULT_A = 0x931e8875, INIT_B = 0x8b51f9dd, MULT_B = 0x58f38ded;
  const MIX_L = 0xca01f9dd, MIX_R = 0x4973f715;
  const words = (n) => (n < 2 ** 32 ? [n] : [n >>> 0, Math.floor(n / 2 ** 32)]);
  const entropy = words(seed);
  if (key.length) while (entropy.length < 4) entropy.push(0);
  entropy.push(...key.flatMap(words));
  let constant = INIT_A;
  const hash = (value) => {
    value = (value ^ constant) >>> 0;
    constant = Math.imul(constant, MULT_A) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mix = (x, y) => {
    const value = (Math.imul(MIX_L, x) - Math.imul(MIX_R, y)) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const pool = [0, 1, 2, 3].map((i) => hash(entropy[i] ?? 0));
  for (let s = 0; s < 4; s++)
    for (let d = 0; d < 4; d++) if (s !== d) pool[d] = mix(pool[d], hash(pool[s]));
  for (let s = 4; s < entropy.length; s++)
    for (let d = 0; d < 4; d++) pool[d] = mix(pool[d], hash(entropy[s]));
  constant = INIT_B;
  return Array.from({ length: 8 }, (_, i) => {
    let value = (pool[i % 4] ^ constant) >>> 0;
    constant = Math.imul(constant, MULT_B) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  });
}

// protolib.data.generator(seed, ...key): PCG64; returns a function that draws from [0, 1).
function generator(seed, ...key) {
  const s = seedSequence(seed, key).map(BigInt);
  const u64 = (i) => s[2 * i] | (s[2 * i + 1] << 32n);
  const MASK = (1n << 128n) - 1n, MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
  const increment = ((((u64(2) << 64n) | u64(3)) << 1n) | 1n) & MASK;
  let state = 0n;
  const advance = () => { state = (state * MULTIPLIER + increment) & MASK; };
  advance();
  state = (state + ((u64(0) << 64n) | u64(1))) & MASK;
  advance();
  return () => {
    advance();
    const word = BigInt.asUintN(64, (state >> 64n) ^ state), turn = state >> 122n;
    const out = BigInt.asUintN(64, (word >> turn) | (word << ((64n - turn) & 63n)));
    return Number(out >> 11n) / 2 ** 53;
  };
}

const INPUTS = 0, INITIALISATION = 1, CHANCE = 2;
const draws = (draw, count, low, high) =>
  Float64Array.from({ length: count }, () => low + (high - low) * draw());

const uniform = (seed, samples, dims = 1) =>
  draws(generator(seed, INPUTS, samples, dims), samples * dims, -1, 1);

// y = sin(π x), averaged over dims
const sine = (x, dims = 1) =>
  Float64Array.from({ length: x.length / dims }, (_, i) => {
    let sum = 0;
    for (let d = 0; d < dims; d++) sum += Math.sin(Math.PI * x[i * dims + d]);
    return sum / dims;
  });

function initialise(seed, units, dims = 1, slope = 1.5) {
  const draw = generator(seed, INITIALISATION, units, dims), bound = units ** -0.5;
  const p = draws(draw, units * dims, -1, 1);
  const theta = new Float64Array(units * (dims + 2) + 1);
  theta.fill(slope, 0, units);
  for (let j = 0; j < units; j++)
    for (let d = 0; d < dims; d++) theta[units * (1 + d) + j] = -slope * p[j * dims + d];
  theta.set(draws(draw, units, -bound, bound), units * (dims + 1));
  theta.set(draws(draw, 1, -bound, bound), units * (dims + 2));
  return theta;
}

// ---------------------------------------------------------------- the network

const SLOPE_FLOOR = 1e-4;
const unitsOf = (theta, dims) => (theta.length - 1) / (dims + 2);
const safeSlope = (w) =>
  Math.abs(w) < SLOPE_FLOOR ? (w < 0 || Object.is(w, -0) ? -SLOPE_FLOOR : SLOPE_FLOOR) : w;

// p_j = −b_j / w_j, point by point
function prototypes(theta, dims) {
  const units = unitsOf(theta, dims), p = new Float64Array(units * dims);
  for (let j = 0; j < units; j++)
    for (let d = 0; d < dims; d++)
      p[j * dims + d] = -theta[units * (1 + d) + j] / safeSlope(theta[j]);
  return p;
}

// h_ij = exp(−‖w_j x_i + b_j‖²), sample by sample
function respond(theta, x, dims) {
  const units = unitsOf(theta, dims), samples = x.length / dims;
  const h = new Float64Array(samples * units);
  for (let i = 0; i < samples; i++)
    for (let j = 0; j < units; j++) {
      let square = 0;
      for (let d = 0; d < dims; d++) {
        const z = theta[j] * x[i * dims + d] + theta[units * (1 + d) + j];
        square += z * z;
      }
      h[i * units + j] = Math.exp(-square);
    }
  return h;
}

function predict(theta, x, dims) {
  const units = unitsOf(theta, dims), h = respond(theta, x, dims), v = units * (dims + 1);
  return Float64Array.from({ length: x.length / dims }, (_, i) => {
    let sum = theta[v + units];
    for (let j = 0; j < units; j++) sum += theta[v + j] * h[i * units + j];
    return sum;
  });
}

// ---------------------------------------------------------------- distances, matching, hull

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

// The Hungarian algorithm with potentials, rows ≤ columns: column of each row.
function hungarian(cost, rows, columns) {
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

// ---------------------------------------------------------------- losses

const DEFAULTS = {
  masks: [0, 0, 0], lam: 0.1, tau: 1e-3, attractor: "coverage", kernel: "gaussian",
  softness: 1e-2, learning_rate: 1e-2,
};
const KERNELS = ["gaussian", "imq", "energy"];
const ATTRACTORS = ["coverage", "soft coverage", ...KERNELS, "transport"];

// k as a function of the squared distance
const kernelValue = (s, kernel, tau) =>
  kernel === "gaussian" ? Math.exp(-s / tau)
    : kernel === "imq" ? 1 / Math.sqrt(1 + s / tau) : -Math.sqrt(s);

function meanKernel(a, b, dims, kernel, tau) {
  let sum = 0;
  const m = a.length / dims, n = b.length / dims;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) sum += kernelValue(square(a, i, b, j, dims), kernel, tau);
  return sum / (m * n);
}

function attract(p, x, dims, { attractor, tau, softness }) {
  const units = p.length / dims, samples = x.length / dims;
  let sum = 0;
  if (attractor === "coverage") {
    for (let i = 0; i < samples; i++) sum += square(x, i, p, nearest(x, i, p, dims), dims);
    return sum / samples;
  }
  if (attractor === "soft coverage") {
    for (let i = 0; i < samples; i++) {
      const least = square(x, i, p, nearest(x, i, p, dims), dims);
      let mass = 0;
      for (let j = 0; j < units; j++) mass += Math.exp((least - square(x, i, p, j, dims)) / softness);
      sum += least - softness * Math.log(mass / units);
    }
    return sum / samples;
  }
  if (attractor === "transport") {
    assign(p, x, dims, true).forEach((j, i) => { sum += square(x, i, p, j, dims); });
    return sum / samples;
  }
  const mean = (a, b) => meanKernel(a, b, dims, attractor, tau);
  const atZero = attractor === "energy" ? 0 : 1;
  return (units * (mean(x, x) - 2 * mean(x, p)) + atZero) / Math.max(units - 1, 1);
}

function losses(theta, x, y, dims, config) {
  const units = unitsOf(theta, dims), samples = y.length, pairs = Math.max(units * (units - 1), 1);
  const p = prototypes(theta, dims), h = respond(theta, x, dims), f = predict(theta, x, dims);
  let fit = 0, separation = 0, overlap = 0;
  y.forEach((t, i) => { fit += (f[i] - t) ** 2 / samples; });
  for (let j = 0; j < units; j++)
    for (let k = 0; k < units; k++)
      if (j !== k) separation += kernelValue(square(p, j, p, k, dims), config.kernel, config.tau);
  for (let i = 0; i < samples; i++) {
    let row = 0;
    for (let j = 0; j < units; j++) row += h[i * units + j];
    for (let j = 0; j < units; j++) overlap += h[i * units + j] * (row - h[i * units + j]);
  }
  return [fit, attract(p, x, dims, config), separation / pairs, overlap / (samples * pairs)];
}

// ---------------------------------------------------------------- gradients

// force += scale · Σ_k T_kj (p_j − o_k), −∂k/∂(d²) = c T as in protolib.training
function kernelForce(force, p, o, dims, scale, kernel, tau) {
  scale *= { gaussian: 4 / tau, imq: 2 / tau, energy: 2 }[kernel];
  const units = p.length / dims, others = o.length / dims, own = o === p;
  for (let j = 0; j < units; j++)
    for (let k = own ? j + 1 : 0; k < others; k++) {
      const s = square(p, j, o, k, dims);
      if (s === 0) continue;
      let t = scale;
      if (kernel === "gaussian") t *= Math.exp(-s / tau);
      else if (kernel === "imq") t *= (1 + s / tau) ** -1.5;
      else t /= Math.sqrt(s);
      for (let d = 0; d < dims; d++) {
        const push = t * (p[j * dims + d] - o[k * dims + d]);
        force[j * dims + d] += push;
        if (own) force[k * dims + d] -= push;
      }
    }
}

function attractorForce(force, p, x, dims, weight, { attractor, tau, softness }) {
  const units = p.length / dims, samples = x.length / dims, share = (2 / samples) * weight;
  const pull = (j, i, by) => {
    for (let d = 0; d < dims; d++)
      force[j * dims + d] += by * (p[j * dims + d] - x[i * dims + d]);
  };
  if (attractor === "coverage" && dims === 1) {
    const sorted = order(p);
    for (let i = 0; i < samples; i++) { // the first place whose midpoint is not left of x_i
      let low = 0, high = units - 1;
      while (low < high) {
        const m = (low + high) >> 1;
        if ((p[sorted[m]] + p[sorted[m + 1]]) * 0.5 < x[i]) low = m + 1; else high = m;
      }
      pull(sorted[low], i, share);
    }
  } else if (attractor === "coverage") {
    for (let i = 0; i < samples; i++) pull(nearest(x, i, p, dims), i, share);
  } else if (attractor === "soft coverage") {
    const r = new Float64Array(units);
    for (let i = 0; i < samples; i++) {
      const least = square(x, i, p, nearest(x, i, p, dims), dims);
      let mass = 0;
      for (let j = 0; j < units; j++)
        mass += r[j] = Math.exp((least - square(x, i, p, j, dims)) / softness);
      for (let j = 0; j < units; j++) pull(j, i, (share * r[j]) / mass);
    }
  } else if (attractor === "transport") {
    assign(p, x, dims, true).forEach((j, i) => { if (j >= 0) pull(j, i, share); });
  } else {
    kernelForce(force, p, x, dims, weight / (Math.max(units - 1, 1) * samples), attractor, tau);
  }
}

// ∂objective/∂θ, objective = fitWeight · fit + λ Σ m · loss, in closed form
function gradients(theta, x, y, dims, config, gradient = new Float64Array(theta.length), fitWeight = 1) {
  const units = unitsOf(theta, dims), samples = y.length, pairs = Math.max(units * (units - 1), 1);
  const { lam, masks } = config, atV = units * (dims + 1), h = new Float64Array(units);
  const share = (2 * fitWeight) / samples, quiet = (2 * lam * masks[2]) / (samples * pairs);
  gradient.fill(0);
  for (let i = 0; i < samples; i++) {
    let f = theta[atV + units], row = 0;
    for (let j = 0; j < units; j++) {
      let s = 0;
      for (let d = 0; d < dims; d++) {
        const z = theta[j] * x[i * dims + d] + theta[units * (1 + d) + j];
        s += z * z;
      }
      h[j] = Math.exp(-s);
      row += h[j];
      f += theta[atV + j] * h[j];
    }
    const residual = share * (f - y[i]);
    gradient[atV + units] += residual;
    for (let j = 0; j < units; j++) {
      gradient[atV + j] += residual * h[j];
      const g = -2 * h[j] * (residual * theta[atV + j] + quiet * (row - h[j]));
      for (let d = 0; d < dims; d++) {
        const gz = g * (theta[j] * x[i * dims + d] + theta[units * (1 + d) + j]);
        gradient[units * (1 + d) + j] += gz;
        gradient[j] += gz * x[i * dims + d];
      }
    }
  }
  if (!(lam * (masks[0] || masks[1]))) return gradient;
  const p = prototypes(theta, dims), force = new Float64Array(p.length);
  if (masks[0]) attractorForce(force, p, x, dims, lam * masks[0], config);
  if (masks[1]) kernelForce(force, p, p, dims, (-lam * masks[1]) / pairs, config.kernel, config.tau);
  for (let j = 0; j < units; j++) {
    const slope = safeSlope(theta[j]), free = Math.abs(theta[j]) >= SLOPE_FLOOR;
    for (let d = 0; d < dims; d++) {
      const push = force[j * dims + d] / slope; // ∂p/∂b = −1/w, ∂p/∂w = −p/w
      gradient[units * (1 + d) + j] -= push;
      if (free) gradient[j] -= push * p[j * dims + d];
    }
  }
  return gradient;
}

// How each loss alone would move the prototypes under gradient descent: dp/dt, four arrays
function forces(theta, x, y, dims, config) {
  const units = unitsOf(theta, dims), p = prototypes(theta, dims);
  return [0, 1, 2, 3].map((which) => {
    const alone = [0, 0, 0];
    if (which) alone[which - 1] = config.masks[which - 1];
    const g = gradients(theta, x, y, dims, { ...config, masks: alone }, undefined, which ? 0 : 1);
    return p.map((value, k) => {
      const j = Math.floor(k / dims), d = k % dims;
      return (g[units * (1 + d) + j] + value * g[j]) / safeSlope(theta[j]);
    });
  });
}

// Adam as in torch.optim; `step(count)` changes θ in place.
function trainer(theta) {
  const g = new Float64Array(theta.length), mean = g.slice(), second = g.slice();
  let t = 0;
  return (count, x, y, dims, config) => {
    for (let k = 0; k < count; k++) {
      gradients(theta, x, y, dims, config, g);
      t += 1;
      const correction = Math.sqrt(1 - 0.999 ** t);
      const rate = (config.learning_rate * correction) / (1 - 0.9 ** t), epsilon = 1e-8 * correction;
      for (let a = 0; a < theta.length; a++) {
        mean[a] += (g[a] - mean[a]) * (1 - 0.9);
        second[a] = second[a] * 0.999 + g[a] * g[a] * (1 - 0.999);
        theta[a] -= (rate * mean[a]) / (Math.sqrt(second[a]) + epsilon);
      }
    }
  };
}

globalThis.protolib = {
  generator, uniform, sine, initialise, unitsOf, safeSlope, prototypes, respond, predict,
  assign, box, corners, reconstructionError, specializationRatio, hullDistance, expelledShare,
  fitR2, chance, losses, gradients, forces, trainer, DEFAULTS, KERNELS, ATTRACTORS,
};
})();
