// A live figure keeps its keys, and trains only while its slide is shown.
document.documentElement.dataset.theme = "light";
document.documentElement.dataset.mode = "light";
addEventListener("DOMContentLoaded", () => {
  for (const live of document.querySelectorAll("prototype-lab, digits-viewer"))
    live.addEventListener("keydown", (event) => event.stopPropagation());
});
