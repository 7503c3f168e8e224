// Sparse coding in the page: the same functions as protolib.sparse.coding in float64, tested
// against them, and the worlds of live/sparse.py. A matrix is a list of rows.
(() => {
"use strict";
const { generator } = globalThis.protolib;

const dot = (a, b) => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
};
const mix = (A, z) => A.map((row) => dot(row, z)); // A z
const minus = (a, b) => a.map((value, k) => value - b[k]);
const norm = (a) => Math.sqrt(dot(a, a));
const l1 = (z) => z.reduce((sum, value) => sum + Math.abs(value), 0);
const column = (A, j) => A.map((row) => row[j]);

function correlate(A, r) { // Aᵀ r
  const out = new Float64Array(A[0].length);
  A.forEach((row, i) => { for (let j = 0; j < out.length; j++) out[j] += row[j] * r[i]; });
  return out;
}

const soft = (v, threshold, nonnegative = false) =>
  nonnegative ? Math.max(v - threshold, 0) : Math.sign(v) * Math.max(Math.abs(v) - threshold, 0);

// The largest eigenvalue of A Aᵀ, by Jacobi's rotations.
function lipschitz(A) {
  const n = A.length, G = A.map((a) => A.map((b) => dot(a, b)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += G[p][q] ** 2;
        if (G[p][q] === 0) continue;
        const tau = (G[q][q] - G[p][p]) / (2 * G[p][q]);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau)), c = 1 / Math.hypot(1, t), s = t * c;
        for (let k = 0; k < n; k++) [G[k][p], G[k][q]] = [c * G[k][p] - s * G[k][q], s * G[k][p] + c * G[k][q]];
        for (let k = 0; k < n; k++) [G[p][k], G[q][k]] = [c * G[p][k] - s * G[q][k], s * G[p][k] + c * G[q][k]];
      }
    if (off < 1e-28 * Math.max(...G.map((row, k) => row[k] ** 2))) break;
  }
  return Math.max(...G.map((row, k) => row[k]));
}

// coding.fista(path=True): all iterates, from zero.
function fista(A, y, { lam, steps, nonnegative = false }) {
  const n = A[0].length, step = 1 / Math.max(lipschitz(A), 1e-12), drive = correlate(A, y).map((v) => step * v);
  const columns = Array.from({ length: n }, (_, j) => column(A, j));
  const keep = columns.map((a, i) => columns.map((b, j) => (i === j) - step * dot(a, b)));
  const path = [new Float64Array(n)];
  let ahead = path[0], t = 1;
  for (let k = 0; k < steps; k++) {
    const z = path[k], fresh = drive.map((d, j) => soft(d + dot(keep[j], ahead), lam * step, nonnegative));
    const after = (1 + Math.sqrt(1 + 4 * t * t)) / 2, by = (t - 1) / after;
    ahead = fresh.map((v, j) => v + by * (v - z[j]));
    t = after;
    path.push(fresh);
  }
  return path;
}

const lasso = (z, y, A, lam) => { const e = minus(y, mix(A, z)); return 0.5 * dot(e, e) + lam * l1(z); };

function kktResidual(z, y, A, lam, nonnegative = false) {
  const slope = correlate(A, minus(y, mix(A, z)));
  return z.reduce((worst, v, j) => {
    const off = Math.max((nonnegative ? slope[j] : Math.abs(slope[j])) - lam, 0);
    const on = Math.max(Math.abs(slope[j] - lam * Math.sign(v)), nonnegative ? -v : 0);
    return Math.max(worst, v === 0 ? off : on);
  }, 0);
}

// ReLU(W y + b)
const encode = (W, b, y) => Float64Array.from(W, (row, j) => Math.max(dot(row, y) + b[j], 0));

// H⁻¹ applied to several right-hand sides, by Cholesky; null if H is not positive definite.
function solve(H, ...sides) {
  const n = H.length, L = H.map((row) => Float64Array.from(row));
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) L[j][j] -= L[j][k] ** 2;
    if (!(L[j][j] > 1e-13)) return null;
    L[j][j] = Math.sqrt(L[j][j]);
    for (let i = j + 1; i < n; i++) {
      for (let k = 0; k < j; k++) L[i][j] -= L[i][k] * L[j][k];
      L[i][j] /= L[j][j];
    }
  }
  return sides.map((side) => {
    const x = Float64Array.from(side);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) x[i] -= L[i][k] * x[k];
      x[i] /= L[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i] -= L[k][i] * x[k];
      x[i] /= L[i][i];
    }
    return x;
  });
}

// Basis pursuit as the end of the lasso's path (homotopy): from the λ at which everything is zero
// down to λ = 0. Between two events, a feature entering or leaving, the code is p − λ q on its
// support, so each corner is exact and errors do not add up. Returns the corners and, as a
// certificate, by how much the dual vector of the last one exceeds its bound: 0 proves that no code
// of the same signal has a smaller ‖z‖₁.
function basisPursuit(A, y, nonnegative = false) {
  const n = A[0].length, columns = Array.from({ length: n }, (_, j) => column(A, j));
  const start = correlate(A, y), size = (v) => (nonnegative ? v : Math.abs(v));
  const first = start.reduce((best, v, j) => (size(v) > size(start[best]) ? j : best), 0);
  let lam = size(start[first]), on = [first], signs = [Math.sign(start[first])], excess = 0, last = { enter: first };
  const top = lam, path = [{ lam, z: new Float64Array(n) }];
  while (lam > 0 && path.length < 20 * n) {
    const S = on.map((j) => columns[j]), H = S.map((a) => S.map((b) => dot(a, b)));
    const parts = solve(H, S.map((a) => dot(a, y)), signs);
    if (!parts) break;
    const [p, q] = parts, at = (v) => Float64Array.from(y, (_, i) => S.reduce((sum, a, k) => sum + a[i] * v[k], 0));
    const rest = minus(Float64Array.from(y), at(p)), alpha = correlate(A, rest), beta = correlate(A, at(q));
    const fits = norm(rest) < 1e-10 * norm(y); // then no other feature can come
    // The next event is the one at the largest λ below. What has just come cannot go on this segment,
    // nor come back with its sign what has just gone: that line crosses its bound here, and once.
    let next = 1e-11 * top, event = null;
    const offer = (value, what) => { if (value > next && value < lam * (1 + 1e-9)) { next = Math.min(value, lam); event = what; } };
    on.forEach((j, k) => { if (j !== last.enter) offer(p[k] / q[k], { leave: k, feature: j, sign: signs[k] }); });
    for (let j = 0; j < n; j++)
      if (!fits && !on.includes(j))
        for (const sign of nonnegative ? [1] : [1, -1])
          if (j !== last.feature || sign !== last.sign) offer(alpha[j] / (sign - beta[j]), { enter: j, sign });
    lam = event ? next : 0;
    const z = new Float64Array(n);
    on.forEach((j, k) => { z[j] = event?.leave === k ? 0 : p[k] - lam * q[k]; });
    path.push({ lam, z });
    last = event ?? {};
    if (!event) excess = Math.max(0, ...Array.from(beta, size)) - 1;
    else if (event.leave !== undefined) {
      on = on.filter((_, k) => k !== event.leave);
      signs = signs.filter((_, k) => k !== event.leave);
    } else {
      on = [...on, event.enter];
      signs = [...signs, event.sign];
    }
  }
  return { path, z: path.at(-1).z, excess: lam > 0 ? Infinity : Math.max(excess, 0) };
}

// ---------------------------------------------------------------- the worlds, as in live/sparse.py

const PLANE = 200, PROBLEM = 201;
function planeDictionary(kind, features, seed = 0) {
  const draw = kind === "random" ? generator(seed, PLANE, features) : null;
  const share = draw ? Array.from({ length: features }, draw).sort((a, b) => a - b)
    : Array.from({ length: features }, (_, j) => j / features);
  const angles = share.map((u) => (kind === "half" ? 1 : 2) * Math.PI * u);
  return [Float64Array.from(angles, Math.cos), Float64Array.from(angles, Math.sin)];
}

// A dictionary with columns uniform on the sphere and a K-sparse code, from uniform numbers alone
// (Box and Muller's normals): NumPy's own normals take tables that are not worth shipping.
function recoveryProblem(seed, measurements, features, active, nonnegative = false) {
  const draw = generator(seed, PROBLEM, measurements, features, active);
  const normal = () => { const u = draw(); return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * draw()); };
  const A = Array.from({ length: measurements }, () => Float64Array.from({ length: features }, normal));
  for (let j = 0; j < features; j++) {
    const length = norm(column(A, j));
    for (const row of A) row[j] /= length;
  }
  const rank = Array.from({ length: features }, draw), truth = new Float64Array(features);
  const places = [...rank.keys()].sort((a, b) => rank[a] - rank[b]).slice(0, active);
  for (const j of places) { const value = normal(); truth[j] = nonnegative ? Math.abs(value) : value; }
  return { A, truth };
}

globalThis.protolib.sparse = {
  dot, mix, minus, norm, l1, column, soft, lipschitz, fista, lasso, kktResidual, encode, basisPursuit,
  planeDictionary, recoveryProblem,
};
})();
