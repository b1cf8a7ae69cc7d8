// A link with data-dialog="id" opens the <dialog> of that id instead of the page it leads to; without script, or with
// a new tab asked for, the page opens. A click on the veil or on data-dialog-close closes.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    const dialog = event.target.closest("dialog");
    if (dialog && (event.target === dialog || event.target.closest("[data-dialog-close]"))) dialog.close();
  });

  // A refused form comes back as a page: the dialog that holds its errors opens again
  document.querySelector("dialog [data-error-summary]")?.closest("dialog").showModal();
})();
