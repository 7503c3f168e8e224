// Where require.js finds the widget manager and anywidget: beside this page, not on another host.
(() => {
  const base = new URL("vendor/widgets/", document.currentScript.src).href;
  const here = base.slice(0, -1);
  window.__jupyter_widgets_assets_path__ = base; // its fonts
  requirejs.config({
    paths: {
      anywidget: base + "anywidget",
      "@jupyter-widgets": here,
      "@jupyter-widgets/html-manager/dist": here,
    },
  });
  // The widget manager asks for mathematics in the way of MathJax 2; the book has MathJax 3, which
  // is deferred and so is there when the document is read, before any widget is drawn.
  document.addEventListener("DOMContentLoaded", () => {
    if (!window.MathJax?.startup) return;
    const typeset = ([, , element]) =>
      MathJax.startup.promise.then(() => MathJax.typesetPromise([element]));
    MathJax.Hub = { Queue: typeset };
  });
})();
