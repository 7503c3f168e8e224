// The gradients of the losses in closed form, and Adam: protolib.losses and protolib.training.
(() => {
"use strict";
const {
  SLOPE_FLOOR, unitsOf, safeSlope, prototypes, square, order, nearest, assign, shared,
} = globalThis.protolib;

const { kernels: KERNELS, attractors: ATTRACTORS } = shared.lab;
const DEFAULTS = Object.fromEntries(["masks", "lam", "tau", "attractor", "kernel", "softness",
  "learning_rate"].map((name) => [name, shared.lab.defaults[name]]));

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

Object.assign(globalThis.protolib, {
  gradients, forces, trainer, DEFAULTS, KERNELS, ATTRACTORS,
});
})();
