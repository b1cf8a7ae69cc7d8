// Shows, as one chooses, the sums that count on the server. What it reads is named in templates/site/give.html.
(() => {
  const form = document.querySelector("form[data-amount]");
  if (!form) return;
  const { one, exponent, fee, person, company } = form.dataset;
  const digits = Number(exponent);
  const scale = 10 ** digits;
  const field = (name) => form.elements[name];

  // As the server writes `one`: "€ 1".
  const words = (minor) => {
    const shape = { numberingSystem: "latn", minimumFractionDigits: minor % scale ? digits : 0 };
    return one.replace("1", (minor / scale).toLocaleString(document.documentElement.lang, shape));
  };

  // As the server reads it: see app/web/fields.py
  const typed = (text) => {
    let bare = text.replace(/[\s'’€$£]/g, "");
    if (/,.*\.|\..*,/.test(bare)) bare = bare.replaceAll(bare.lastIndexOf(",") > bare.lastIndexOf(".") ? "." : ",", "");
    if (digits < 3 && /^[1-9]\d{0,2}([.,]\d{3})+$/.test(bare)) bare = bare.replace(/[.,]/g, "");
    const number = /^[\d.,]+$/.test(bare) ? Number(bare.replace(",", ".")) : 0;
    return number > 0 && Number.isFinite(number) ? Math.round(number * scale) : 0;
  };

  const rhythm = () => field("frequency").value || "once";
  const gift = () => {
    const { value } = field(rhythm() === "once" ? "amount_once" : "amount_recurring");
    return value === "other" ? typed(field("other").value) : Number(value);
  };

  const covered = (minor) => {
    const [permille, fixed, step = 1] = fee.split(" ").map(Number);
    return Math.ceil(((minor + fixed) * 1000) / ((1000 - permille) * step)) * step - minor;
  };

  const cost = (minor, tiers) => {
    let [hundredths, floor] = [0, 0];
    for (const [ceiling, percent] of tiers.split(" ").map((tier) => tier.split(":"))) {
      const top = ceiling ? Math.min(minor, ceiling) : minor;
      hundredths += Math.max(0, top - floor) * percent;
      floor = Math.max(floor, top);
    }
    return minor - Math.floor(hundredths / 100);
  };

  const say = (selector, key, sums) => {
    const element = form.querySelector(selector);
    if (!element) return;
    element.dataset.plain ??= element.textContent;
    let text = element.dataset[sums ? key : "plain"];
    for (const name in sums) text = text.replace(`%${name}`, words(sums[name]));
    element.textContent = text;
  };

  const show = () => {
    const amount = gift();
    const whole = amount && field("cover")?.checked ? amount + covered(amount) : amount;
    say(".person[data-cost]", "cost", whole && person && { amount: whole, cost: cost(whole, person) });
    say(".company[data-cost]", "cost", whole && company && { amount: whole, cost: cost(whole, company) });
    say("[data-cover]", "cover", fee && amount && { fee: covered(amount) });
    say("[data-once]", rhythm(), whole && { amount: whole });
  };

  const button = form.querySelector(".send button");
  form.addEventListener("input", ({ target }) => {
    if (target.type === "radio" && target.value === "other") field("other").focus();
    show();
  });
  form.addEventListener("submit", (event) => {
    if (button.ariaBusy) event.preventDefault();
    button.ariaBusy = "true";
  });
  window.addEventListener("pageshow", () => {
    button.ariaBusy = null;
    show();
  });
  form.querySelector("[data-error-summary]")?.focus();
})();
