// Formulas that a reader types: read by hand, never run as code. `formula(text, names)` gives a
// function of the names' values, or throws a FormulaError: the key of a message, and what it names.
// Of losses `formula(text, names, said)`: x_i, p_j, w_j, b_j are known within sum_i, mean_j, …
(() => {
"use strict";
const P = (globalThis.protolib ??= {});
const LONGEST = 500;
const FUNCTIONS = ["exp", "log", "sqrt", "abs", "sin", "cos", "tan", "tanh", "min", "max"];
const CONSTANTS = { pi: Math.PI, e: Math.E };
const REDUCE = {
  sum: (v) => v.reduce((a, b) => a + b, 0), mean: (v) => REDUCE.sum(v) / v.length,
  min: (v) => Math.min(...v), max: (v) => Math.max(...v),
};
const INDEXED = { x: "i", p: "jk", w: "jk", b: "jk" };
const SIGNS = {
  "−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "**": "^", "²": "^2", "³": "^3", "√": "sqrt", "π": "pi", "τ": "tau",
  "λ": "lam", "σ": "sigma",
};

class FormulaError extends Error {
  constructor(key, values = {}) { super(key); Object.assign(this, { key, values }); }
}

const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const listed = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join(""));

function formula(text, names = [], losses) {
  if (text.length > LONGEST) throw new FormulaError("too_long");
  const source = text.replace(/\*\*|[−–·×÷²³√πτλσ]/g, (sign) => SIGNS[sign]).trim(), bound = new Set();
  let at = 0, pairs = false; // whether a comma parts two arguments
  const known = losses ?? (names.length ? names : Object.keys(CONSTANTS));
  const skip = () => { while (/\s/.test(source[at] ?? "")) at += 1; };
  const take = (pattern) => {
    skip();
    const found = pattern.exec(source.slice(at));
    if (found) at += found[0].length;
    return found?.[0];
  };
  const fail = () => {
    skip();
    if (at >= source.length) throw new FormulaError("unfinished");
    throw new FormulaError("unreadable", { rest: source.slice(at, at + 12) });
  };

  function sum() {
    let left = product(), sign;
    while ((sign = take(/^[+-]/))) {
      const a = left, b = product();
      left = sign === "+" ? (c) => a(c) + b(c) : (c) => a(c) - b(c);
    }
    return left;
  }

  function product() {
    let left = signed(), sign;
    while ((sign = take(/^[*/]/))) {
      const a = left, b = signed();
      left = sign === "*" ? (c) => a(c) * b(c) : (c) => a(c) / b(c);
    }
    return left;
  }

  function signed() {
    const sign = take(/^[+-]/);
    if (!sign) return power();
    const a = signed();
    return sign === "-" ? (c) => -a(c) : a;
  }

  function power() {
    const a = atom();
    if (!take(/^\^/)) return a;
    const b = signed();
    return (c) => a(c) ** b(c);
  }

  function atom() {
    const digits = take(pairs ? /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i : /^(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?/i);
    if (digits) {
      const value = Number(digits.replace(",", "."));
      const next = /^\s*([a-z(][a-z0-9_]*)/i.exec(source.slice(at));
      if (next) throw new FormulaError("times", { left: digits, right: next[1] });
      return () => value;
    }
    if (take(/^\(/)) return within(false)[0];
    const name = take(/^[a-z][a-z0-9]*(_[a-z0-9]+)?/i);
    return name ? named(name) : fail();
  }

  // What stands between brackets, the first of which is taken.
  function within(several) {
    const before = pairs, found = [];
    pairs = several;
    do found.push(sum()); while (several && take(/^[,;]/));
    pairs = before;
    skip();
    if (!take(/^\)/)) { if (at >= source.length) throw new FormulaError("unclosed"); fail(); }
    return found;
  }

  function named(name) {
    const [word, index] = name.split("_");
    if (losses && index && own(REDUCE, word) && /^([ijk]|jk)$/.test(index)) return reduced(name, REDUCE[word], index);
    if (name === "ln" || FUNCTIONS.includes(name)) return called(name);
    if (losses && index && own(INDEXED, word) && INDEXED[word].includes(index)) {
      if (!bound.has(index)) throw new FormulaError("index", { name, index });
      return (c) => c[word][c[index]];
    }
    if (names.includes(name)) return (c) => c[name];
    if (own(CONSTANTS, name)) return () => CONSTANTS[name];
    throw new FormulaError("unknown_name", { name, names: listed(known) });
  }

  function open(name) {
    if (!take(/^\(/)) throw new FormulaError("call", { name });
  }

  function called(name) {
    open(name);
    const given = within(name === "min" || name === "max"), f = Math[name] ?? Math.log;
    return (c) => f(...given.map((a) => a(c)));
  }

  function reduced(name, over, indices) {
    open(name);
    const [first, second] = indices;
    for (const one of indices) {
      if (bound.has(one)) throw new FormulaError("taken", { index: one });
      bound.add(one);
    }
    const [inner] = within(false);
    for (const one of indices) bound.delete(one);
    return (c) => {
      const count = (first === "i" ? c.x : c.p).length, values = [];
      for (c[first] = 0; c[first] < count; c[first]++) {
        if (!second) values.push(inner(c));
        else for (c[second] = 0; c[second] < count; c[second]++) if (c[first] !== c[second]) values.push(inner(c));
      }
      return over(values);
    };
  }

  if (!source) throw new FormulaError("empty");
  const whole = sum();
  skip();
  if (at < source.length) fail();
  return (context) => {
    const value = whole({ ...context });
    if (!Number.isFinite(value)) throw new FormulaError("no_value");
    return value;
  };
}

Object.assign(P, { formula, FormulaError, listed });
})();
