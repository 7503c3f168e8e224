// Formulas that a reader types: read by hand, never run as code. `formula(text, names)` gives a
// function of the names' values, or throws an error with the key of a message, and what it names.
// A `language` adds its own: `read(name, inside)` gives a function, or nothing, `names` what it tells of.
(() => {
"use strict";
const P = (globalThis.protolib ??= {});
const FUNCTIONS = ["exp", "log", "sqrt", "abs", "sin", "cos", "tan", "tanh", "min", "max"];
const JOIN = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b };
const CONSTANTS = { pi: Math.PI, e: Math.E };
const SIGNS = {
  "−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "**": "^", "²": "^2", "³": "^3", "%": "/100", "√": "sqrt ", "π": "pi", "τ": "tau",
  "λ": "lam", "σ": "sigma", "μ": "mu", "γ": "gamma",
};

const refuse = (key, values) => { throw Object.assign(new Error(key), { key, values }); };
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const listed = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join(""));

function formula(text, names = [], language) {
  if (text.length > 500) refuse("too_long");
  const source = text.replace(/\*\*|[−–·×÷²³%√πτλσμγ]/g, (sign) => SIGNS[sign]).trim();
  let at = 0, pairs = false; // whether a comma parts two arguments
  const skip = () => { while (/\s/.test(source[at] ?? "")) at += 1; };
  const take = (pattern) => {
    skip();
    const found = pattern.exec(source.slice(at));
    if (found) at += found[0].length;
    return found?.[0];
  };
  const fail = () => {
    skip();
    refuse(at < source.length ? "unreadable" : "unfinished", { rest: source.slice(at, at + 12) });
  };

  const chain = (next, signs) => () => {
    let left = next();
    for (let sign; (sign = take(signs));) {
      const a = left, b = next();
      left = (c) => JOIN[sign](a(c), b(c));
    }
    return left;
  };
  const sum = chain(chain(signed, /^[*/]/), /^[+-]/);

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
    const digits = take(pairs ? /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i : /^(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?/i);
    if (digits) {
      const value = Number(digits.replace(",", ".")), right = take(/^[a-z(]\w*/i);
      if (right) refuse("times", { left: digits, right });
      return () => value;
    }
    if (take(/^\(/)) return within(false)[0];
    const name = take(/^[a-z]\w*/i);
    return name ? named(name) : fail();
  }

  // What stands between brackets, the first of which is taken.
  function within(several) {
    const before = pairs, found = [];
    pairs = several;
    do found.push(sum()); while (several && take(/^[,;]/));
    pairs = before;
    if (!take(/^\)/)) { if (at < source.length) fail(); refuse("unclosed"); }
    return found;
  }

  function named(name) {
    const more = language?.read(name, () => { open(name); return within(false)[0]; });
    if (more) return more;
    if (name === "ln" || FUNCTIONS.includes(name)) return called(name);
    if (names.includes(name)) return (c) => c[name];
    if (own(CONSTANTS, name)) return () => CONSTANTS[name];
    refuse("unknown_name", { name, names: listed(language?.names ?? (names.length ? names : ["pi", "e"])) });
  }

  function open(name) {
    if (!take(/^\(/)) refuse("call", { name });
  }

  function called(name) {
    open(name);
    const given = within(name === "min" || name === "max"), f = Math[name] ?? Math.log;
    return (c) => f(...given.map((a) => a(c)));
  }

  if (!source) refuse("empty");
  const whole = sum();
  if (at < source.length) fail();
  return (context) => {
    const value = whole({ ...context });
    if (!Number.isFinite(value)) refuse("no_value");
    return value;
  };
}

Object.assign(P, { formula, refuse, listed, own });
})();
