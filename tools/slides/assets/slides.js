// A live figure keeps its keys, and a button beside the title lets it fill the screen.
document.documentElement.dataset.theme = "light";
addEventListener("DOMContentLoaded", () => {
  for (const live of document.querySelectorAll("prototype-lab, digits-viewer"))
    live.addEventListener("keydown", (event) => event.stopPropagation());
  for (const lab of document.querySelectorAll("prototype-lab")) {
    const fill = Object.assign(document.createElement("button"), {
      type: "button", className: "fill", textContent: "Fill the screen",
    });
    fill.addEventListener("click", () => lab.shadowRoot.querySelector(".present").click());
    lab.closest("section").prepend(fill);
  }
});
