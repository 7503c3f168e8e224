// One network as in protolib.model: a flat array, θ = [w | b, dimension by dimension | v | c].
(() => {
"use strict";

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

Object.assign(globalThis.protolib, {
  SLOPE_FLOOR, unitsOf, safeSlope, prototypes, respond, predict,
});
})();
