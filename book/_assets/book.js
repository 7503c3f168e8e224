// What every page of the book does beyond the theme; see book/_ext/page_scripts.py.
(() => {
  // Mathematics a few formulas at a time, in reading order, so that the page answers in between.
  const formulas = ".math, .tex2jax_process, .mathjax_process";
  const typeset = async () => {
    const all = [...document.querySelectorAll(formulas)].filter(
      (one) => /\\\(|\\\[|\\begin/.test(one.textContent) && !one.parentElement.closest(formulas));
    for (let begin = 0; begin < all.length; begin += 20) {
      await MathJax.typesetPromise(all.slice(begin, begin + 20));
      await new Promise((go) => setTimeout(go));
    }
  };
  if (window.MathJax) {
    window.MathJax.startup = { ...window.MathJax.startup, typeset: false, pageReady: typeset };
  }

  // What scrolls sideways can be reached and scrolled with keys, and has a name.
  const scrollers = ".pst-scrollable-table-container, div.math, div.highlight pre";
  const named = [["table", "Table"], ["svg", "Figure"], [".math", "Formula"], ["pre", "Code"]];
  const reach = ({ target }) => {
    const wide = target.scrollWidth > target.clientWidth + 1;
    const [, kind] = named.find(([sign]) => target.matches(sign) || target.querySelector(sign)) ?? named[0];
    const inner = target.querySelector("[aria-label], caption");
    const label = inner?.getAttribute("aria-label") || inner?.textContent || kind;
    const given = { tabindex: "0", role: "group", "aria-label": `${label.slice(0, 80)} (scrolls)` };
    for (const [name, value] of Object.entries(given)) {
      if (wide) target.setAttribute(name, value);
      else target.removeAttribute(name);
    }
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(reach));
  document.querySelectorAll(scrollers).forEach((one) => sizes.observe(one));

  // Paper is light, whatever the screen is.
  const root = document.documentElement;
  let screen = null;
  const print = (begins) => {
    if (begins && screen === null) {
      screen = root.dataset.theme;
      root.dataset.theme = "light";
    } else if (!begins && screen !== null) {
      root.dataset.theme = screen;
      screen = null;
    }
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
})();
