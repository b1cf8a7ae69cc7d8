// Buttons with data-copy="text" appear where the clipboard can be used, and say when they have done it.
(() => {
  const show = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    label.setAttribute("role", "status");
    setTimeout(() => {
      label.textContent = before;
      label.removeAttribute("role");
    }, 2000);
  });

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:load", show);
  show();
})();
