// A form with data-upload shows how much of its file has gone. Without script it is sent as any other.
(() => {
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.closest?.("[data-upload]")?.querySelector("progress");
    if (!bar || !event.detail.lengthComputable) return;
    bar.closest("[hidden]")?.removeAttribute("hidden");
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
})();
