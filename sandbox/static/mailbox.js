// Looks for new mail every three seconds and puts it on the list, without moving the reader's focus or place.
const list = document.querySelector("[data-list]");
const news = document.querySelector("[data-news]");

async function look() {
  if (document.hidden) return;
  const page = await fetch(location.href).catch(() => null);
  if (!page?.ok) {
    news.textContent = "The mail catcher does not answer. Is the demo still running?";
    return;
  }
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  const newer = fresh.querySelector("[data-list]");
  const count = fresh.querySelector("h1");
  if (newer.dataset.newest === list.dataset.newest && count.textContent === document.querySelector("h1").textContent) {
    news.textContent = "";
    return;
  }
  const focused = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  list.replaceChildren(...newer.childNodes);
  list.dataset.newest = newer.dataset.newest;
  document.querySelector("h1").textContent = count.textContent;
  document.querySelector("button").disabled = fresh.querySelector("button").disabled;
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  news.textContent = "The list has changed.";
}

setInterval(look, 3000);
