// What strangers give a figure, in a link, a tag or a call: parsed, kept within its limits, or
// refused with a sentence that the figure shows.
(() => {
"use strict";

const LONGEST = 30000; // characters of a link

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const quote = (value) => {
  let text;
  try { text = Array.isArray(value) ? value.flat().join("_") : String(value); } catch { text = "something"; }
  return `“${text?.length > 24 ? `${text.slice(0, 23)}…` : text}”`;
};
const finite = (value) => (typeof value === "number" ? value
  : typeof value === "string" && value.trim() !== "" ? Number(value) : NaN);

// Collects what was refused. Each method returns what may stand, or undefined.
class Input {
  refused = [];

  no(name, given, expected, instead = "") {
    this.refused.push(`${name} = ${quote(given)} was refused: ${expected} was expected${instead}.`);
  }

  number(name, given, [low, high], whole = false) {
    const value = finite(given), here = clamp(whole ? Math.round(value) : value, low, high);
    const expected = `a number from ${low} to ${high}`;
    if (!Number.isFinite(value)) return this.no(name, given, expected);
    if (value < low || value > high) this.no(name, given, expected, `, and ${here} is taken`);
    return here;
  }

  choice(name, given, options) {
    if (options.includes(given)) return given;
    return this.no(name, given, `one of ${options.join(", ")}`);
  }

  flag(name, given) {
    if ([true, 1, "1", "true"].includes(given)) return true;
    if ([false, 0, "0", "false"].includes(given)) return false;
    return this.no(name, given, "0 or 1");
  }

  // Numbers in a flat array, `each` to a point; given flat or point by point.
  points(name, given, [low, high], [least, most], each = 1) {
    const nested = Array.isArray(given) && given.length > 0 && given.every(Array.isArray);
    const flat = nested ? given.flat() : given;
    const fits = Array.isArray(flat) && flat.length >= least * each && flat.length <= most * each
      && flat.length % each === 0 && (!nested || given.every((point) => point.length === each));
    const values = fits ? flat.map(finite) : [];
    if (fits && values.every((v) => v >= low && v <= high)) return Float64Array.from(values);
    const count = least === most ? most : `${least} to ${most}`;
    return this.no(name, given, `a list of ${count} ${each > 1 ? `points of ${each} numbers` : "numbers"} from ${low} to ${high}`);
  }
}

// The words of a link, or a sentence why there are none.
function words(text, known, input) {
  const given = {};
  if (text.length > LONGEST) {
    input.refused.push(`The link was refused: it has ${text.length} characters, at most ${LONGEST} are read.`);
    return given;
  }
  for (const [name, value] of new URLSearchParams(text)) {
    if (known.includes(name)) given[name] = value;
    else if (input.refused.length < 3) input.refused.push(`The word ${quote(name)} was not understood.`);
  }
  return given;
}

const list = (text) => text.split("_");

Object.assign(globalThis.protolib, { Input, words, list, clamp });
})();
