// What is typed into the filter builder while it is being drawn anew is not lost: it is put into the new lines.
(() => {
  const values = (form) => new Map([...form.elements].filter((each) => each.matches(".input")).map((each) => [each.name, each.value]));
  let sent = null;
  let typed = null;

  const isRedraw = (event) => event.detail.target?.id === "builder";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isRedraw(event)) sent = values(event.detail.target.closest("form"));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isRedraw(event) || !sent) return;
    const now = values(event.detail.target.closest("form"));
    typed = new Map([...now].filter(([name, value]) => sent.has(name) && sent.get(name) !== value));
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!typed) return;
    const form = document.querySelector("#segment-form");
    for (const [name, value] of typed) {
      const field = form?.elements.namedItem(name);
      if (!field?.matches?.(".input")) continue;
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    typed = null;
  });
})();
