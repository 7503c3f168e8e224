// A live figure keeps its keys; on its buttons only those that press them, so that the arrows (and a
// presenter's remote) still turn the page. A button beside the title lets it fill the screen.
document.documentElement.dataset.theme = "light";
addEventListener("DOMContentLoaded", () => {
  for (const live of document.querySelectorAll("prototype-lab, digits-viewer"))
    live.addEventListener("keydown", (event) => {
      const free = event.composedPath()[0].tagName === "BUTTON" && !live.hasAttribute("present");
      if (!free || [" ", "Enter"].includes(event.key)) event.stopPropagation();
    });
  for (const lab of document.querySelectorAll("prototype-lab")) {
    const fill = Object.assign(document.createElement("button"), {
      type: "button", className: "fill", textContent: "Fill the screen",
    });
    fill.addEventListener("click", () => lab.shadowRoot.querySelector(".present").click());
    lab.closest("section").prepend(fill);
  }
});
