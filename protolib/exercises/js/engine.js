// What needs the engine of the live figures: losses that a reader types, compared with its values and
// slopes on random inputs, and placements, read off the page's first lab.
(() => {
"use strict";
const P = globalThis.protolib, { formula, refuse, own, exercises: { normals, checker, right, wrong, fill, CHECK, NAMES } } = P;
const TAU = 0.3;

// ---------------------------------------------------------------- the language of losses
// x_i, p_j, w_j, b_j, known within sum_i, mean_j, … and mean_jk, sum_jk, over pairs j ≠ k
const REDUCE = {
  sum: (v) => v.reduce((a, b) => a + b, 0), mean: (v) => REDUCE.sum(v) / v.length,
  min: (v) => Math.min(...v), max: (v) => Math.max(...v),
};
const INDEXED = { x: "i", p: "jk", w: "jk", b: "jk" };

function indices(names) {
  const bound = new Set();
  const read = (name, inside) => {
    const [word, index = ""] = name.split("_"), [first, second] = index;
    if (own(INDEXED, word) && index.length === 1 && INDEXED[word].includes(index)) {
      if (!bound.has(index)) refuse("index", { name, index });
      return (c) => c[word][c[index]];
    }
    if (!own(REDUCE, word) || !/^([ijk]|jk)$/.test(index)) return null;
    for (const one of index) {
      if (bound.has(one)) refuse("taken", { index: one });
      bound.add(one);
    }
    const f = inside();
    for (const one of index) bound.delete(one);
    return (c) => {
      const count = (first === "i" ? c.x : c.p).length, values = [];
      for (c[first] = 0; c[first] < count; c[first]++)
        if (!second) values.push(f(c));
        else for (c[second] = 0; c[second] < count; c[second]++) if (c[first] !== c[second]) values.push(f(c));
      return REDUCE[word](values);
    };
  };
  return { names, read };
}

// ---------------------------------------------------------------- losses on a line, and the engine's slopes
const { mean } = REDUCE;
const across = (one, two, f) => mean(one.flatMap((a) => two.map((b) => f(a, b))));
const pairs = (list, f) => mean(list.flatMap((a, i) => list.filter((_, j) => j !== i).map((b) => f(a, b))));
const far = (a, b) => Math.abs(a - b);
const LOSS = {
  coverage: ({ x, p }) => mean(x.map((v) => Math.min(...p.map((q) => (v - q) ** 2)))),
  separation: ({ p }) => pairs(p, (a, b) => Math.exp(-((a - b) ** 2) / TAU)),
  energy: ({ x, p }) => 2 * across(x, p, far) - across(p, p, far), // what depends on p
  overlap: ({ x, w, b }) => mean(x.map((v) => pairs(w.map((s, j) => Math.exp(-((s * v + b[j]) ** 2))), (g, h) => g * h))),
};
const MASKS = { coverage: [1, 0, 0], separation: [0, 1, 0], energy: [1, 1, 0], overlap: [0, 0, 1] };
const network = (x, w, b) => ({ x, w, b, p: w.map((s, j) => -b[j] / s) });

function drawn(samples, units) {
  const list = (count, low, high) => Array.from({ length: count }, () => low + (high - low) * Math.random());
  return network(list(samples, -1, 1), list(units, 0.5, 2), list(units, -1, 1));
}

// ∂/∂w and ∂/∂b by central differences
function slope(f, { x, w, b }) {
  const theta = [...w, ...b], n = w.length, step = 1e-6;
  const at = (k, by) => {
    const moved = theta.map((v, j) => (j === k ? v + by : v));
    return f(network(x, moved.slice(0, n), moved.slice(n)));
  };
  return theta.map((_, k) => (at(k, step) - at(k, -step)) / (2 * step));
}

function engine(loss, { x, w, b }) {
  const theta = Float64Array.from([...w, ...b, ...w.map(() => 0), 0]), kind = loss === "energy" ? { kernel: loss, attractor: loss } : {};
  const config = { ...P.DEFAULTS, masks: MASKS[loss], lam: kind.kernel ? 1 - 1 / w.length : 1, tau: TAU, ...kind };
  return Array.from(P.gradients(theta, Float64Array.from(x), x.map(() => 0), 1, config, undefined, 0).slice(0, 2 * w.length));
}

const MEASURE = { // of a lab
  outside: (p, x, { dims }) => P.hullDistance(p, x, dims).filter((d) => d > 1e-6).length,
  unowned: (p, x, { dims }) => Math.round((p.length / dims) * (1 - P.specializationRatio(p, x, dims))),
  error: (p, x, { dims }) => P.reconstructionError(p, x, dims),
  coverage: (p, x, { dims }) => mean(Array.from({ length: x.length / dims }, (_, i) => P.square(x, i, p, P.nearest(x, i, p, dims), dims))),
  separation: (p, _, { dims, tau }) => pairs(Array.from({ length: p.length / dims }, (_, j) => j), (j, k) => Math.exp(-P.square(p, j, p, k, dims) / tau)),
};

Object.assign(CHECK, {
  loss(text, label, key) {
    const f = formula(text, ["tau", "N"], indices(NAMES[key.loss])), given = (c) => f({ tau: TAU, N: c.p.length, ...c });
    const cases = Array.from({ length: 5 }, () => drawn(3, 3)), want = cases.map((c) => LOSS[key.loss](c)), got = cases.map(given);
    const near = (a, b) => a.every((v, k) => Math.abs(v - b[k]) <= 1e-4 * Math.max(...b.map(Math.abs)));
    if (near(got, want)) {
      const slopes = P.gradients && cases.every((c) => near(slope(given, c), engine(key.loss, c)));
      return slopes === false ? wrong(fill("loss_gradient")) : right(key.right);
    }
    const named = key.entries?.length && checker(label, key).told(normals(key.cases.map(given)));
    if (named) return wrong(named.said);
    const by = want.map((v, k) => got[k] / v), off = want.map((v, k) => got[k] - v), text_ = (v) => String(Number(v.toPrecision(3))).replace("-", "−");
    if (near(by, by.map(() => by[0])) && Math.abs(by[0]) > 1e-9) return wrong(fill("loss_factor", { factor: text_(by[0]), samples: 3, units: 3 }));
    if (near(off, off.map(() => off[0]))) return wrong(fill("loss_constant", { got: text_(off[0]) }));
    return wrong(fill("loss_value", { got: text_(got[0]), want: text_(want[0]) }));
  },

  placement(_, label, key) {
    const lab = document.querySelector("prototype-lab")?.lab;
    if (!lab) refuse("no_lab");
    for (const [k, { measure, at_least: least, at_most: most }] of key.where.entries()) {
      const got = MEASURE[measure](lab.prototypes, lab.x, lab.s);
      if (!(got >= (least ?? -Infinity) && got <= (most ?? Infinity))) {
        const want = [least !== undefined && `≥ ${least}`, most !== undefined && `≤ ${most}`].filter(Boolean).join(", ");
        return wrong(key.say?.[k] || fill("placement", { measure, got: Number(got.toPrecision(3)), want }));
      }
    }
    return right(key.right);
  },
});

Object.assign(P.exercises, { LOSS, MEASURE, engine, indices });
})();
