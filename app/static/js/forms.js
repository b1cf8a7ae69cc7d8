// Forms that send once, warn before typed words are lost, and lead to what was refused.
(() => {
  const release = (form) => {
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
    delete form.dataset.sent;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    delete form.dataset.changed;
    if (!form.matches("[data-submit-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    // not `disabled`: a disabled button would leave its name and value out of what is sent
    const button = event.submitter ?? form.querySelector('[type="submit"]');
    button?.setAttribute("aria-busy", "true");
    button?.setAttribute("aria-disabled", "true");
  });

  // Coming back with the browser's own button restores the page as it was left: let it be sent again
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach(release));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("[data-sent]");
    if (form) release(form);
  });

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-unsaved]")) form.dataset.changed = "yes";
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-changed]")) event.preventDefault();
  });

  // No timer and no scroll of our own: focus moves the page and is read out
  document.querySelector("[data-error-summary]")?.focus();
})();
