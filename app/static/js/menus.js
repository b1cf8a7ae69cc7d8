// Menus are <details>, which open without script; here they close on Escape, on a click elsewhere and when another
// opens. The theme changes at once, without the page being loaded again.
(() => {
  const menus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-preferences]") || button?.name !== "theme") return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    for (const other of event.target.querySelectorAll('[name="theme"]')) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    document.dispatchEvent(new CustomEvent("themechange"));
    fetch(event.target.action, { method: "POST", body: new FormData(event.target, button), redirect: "manual" });
  });
})();
