// Excerpts for the results of a search, from search-texts.js and not by fetching the pages:
// see book/_ext/offline_search.py.
(() => {
  const root = new URL(document.documentElement.dataset.content_root, document.baseURI).href;
  const fetchPage = window.fetch;
  window.fetch = (address, ...rest) => {
    const url = new URL(address, document.baseURI).href;
    const page = url.startsWith(root) ? url.slice(root.length).replace(/\.html$/, "") : "";
    return page in window.PAGE_TEXTS
      ? Promise.resolve(new Response(window.PAGE_TEXTS[page]))
      : fetchPage(address, ...rest);
  };
  // before the search itself begins, which waits for the same event
  document.addEventListener("DOMContentLoaded", () => { Search.htmlToText = (text) => text; });
})();
