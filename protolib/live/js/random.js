// Random numbers as NumPy draws them, and what they are drawn for: protolib.data and
// protolib.model.initialise, in float64. Points are flat arrays, point by point:
// [x_1 … x_D of point 1, x_1 … x_D of point 2, …].
(() => {
"use strict";

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

Object.assign(globalThis.protolib, { generator, draws, CHANCE, uniform, sine, initialise });
})();
