// Buttons with data-print print the page; without script they are not shown.
(() => {
  const show = () => {
    for (const button of document.querySelectorAll("[data-print][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("DOMContentLoaded", show);
  show();
})();
