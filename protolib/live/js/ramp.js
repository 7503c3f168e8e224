// The colour of a share: cividis, in five steps; and black or white, whichever is read on it.
(() => {
"use strict";
const P = globalThis.protolib;
const RAMP = [[0, 34, 78], [65, 77, 107], [124, 123, 120], [188, 175, 111], [254, 232, 56]];
function ramp(t) {
  const at = P.clamp(t, 0, 1) * 4, k = Math.min(3, Math.floor(at));
  const rgb = RAMP[k].map((c, i) => Math.round(c + (RAMP[k + 1][i] - c) * (at - k)));
  const linear = rgb.map((v) => (v / 255 <= 0.04 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return [`rgb(${rgb})`, light > 0.179 ? "#000" : "#fff"];
}

Object.assign(P, { ramp });
})();
