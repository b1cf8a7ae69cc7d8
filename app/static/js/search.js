// The global search box as you type: an accessible combobox over the answers of /search. Without script, and on Enter
// with nothing chosen, the box is an ordinary form that leads to the page of results.
import Combobox from "../vendor/combobox-nav/combobox-nav.js";

const PAUSE = 180; // milliseconds without a key before asking
const PICTURES = {
  person: "user", household: "home-heart", organisation: "building", gift: "heart", receipt: "receipt",
  recurring_gift: "repeat", campaign: "speakerphone", fund: "coins", giving_form: "forms",
};

for (const form of document.querySelectorAll("[data-search]")) {
  const input = form.querySelector("input");
  const list = form.querySelector('[role="listbox"]');
  const status = form.querySelector("[data-search-status]");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  const combobox = new Combobox(input, list, { firstOptionSelectionMode: "none" });
  let waiting = 0;
  let asked = null;

  const close = () => {
    asked?.abort();
    clearTimeout(waiting);
    list.hidden = true;
    combobox.stop();
  };

  const picture = (kind) => {
    const icon = form.querySelector("svg").cloneNode(true);
    const use = icon.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${PICTURES[kind] ?? "chevron-right"}`));
    return icon;
  };

  const option = (result, index) => {
    const link = document.createElement("a");
    link.id = `${list.id}-${index}`;
    link.className = "search-option";
    link.setAttribute("role", "option");
    link.setAttribute("tabindex", "-1");
    link.href = result.url;
    link.append(picture(result.kind));
    const text = document.createElement("span");
    text.className = "person-text";
    text.append(result.name);
    if (result.detail) {
      const detail = document.createElement("span");
      detail.className = "muted";
      detail.textContent = result.detail;
      text.append(detail);
    }
    link.append(text);
    return link;
  };

  const show = (results) => {
    combobox.stop();
    status.textContent = results.length ? status.dataset.some : status.dataset.none;
    if (results.length) {
      list.replaceChildren(...results.map(option));
      combobox.start();
    } else {
      const note = document.createElement("div");
      note.className = "search-note";
      note.setAttribute("role", "option");
      note.setAttribute("aria-disabled", "true");
      note.textContent = status.dataset.none;
      list.replaceChildren(note);
    }
    list.hidden = false;
  };

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const address = new URL(form.action);
    address.searchParams.set("q", input.value.trim());
    address.searchParams.set("detail", "1");
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asked.signal });
      if (answer.ok) show((await answer.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") close(); // offline: the form still works
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    if (input.value.trim().length < 2) close();
    else waiting = setTimeout(ask, PAUSE);
  });
  input.addEventListener("focus", () => {
    if (list.childElementCount && list.hidden && input.value.trim().length >= 2) ask();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  list.addEventListener("combobox-commit", (event) => {
    if (event.target.href) window.location.assign(event.target.href);
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) close();
  });
}

// "/" puts the cursor into the search box, unless one is typing
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const input = document.querySelector("[data-search] input");
  if (input) {
    event.preventDefault();
    input.focus();
  }
});
