// The giving page: what a gift costs after tax reduction, what covering the fee adds, and the button that names it all.
// The server computes what counts; this only shows the same sums as one chooses, and nothing depends on it.
//
// <form data-amount data-currency="EUR" data-exponent="2" data-fee="15 25" data-person="200000:75 :66" data-company=":60">
// data-fee is per mille and a fixed part in minor units; the tiers are "ceiling:percent", the last without a ceiling.
// Radios named frequency, amount_once, amount_recurring (minor units or "other"); the fields other, cover, donor_kind.
// [data-cost="%amount … %cost"] sentences of class person and company, [data-cover="… %fee"] the words of the box,
// [data-submit] the button with its words in data-once, data-month, data-quarter and data-year ("Give %amount").
(() => {
  const form = document.querySelector("form[data-amount]");
  if (!form) return;
  const { currency, exponent, fee, person, company } = form.dataset;
  const digits = Number(exponent);
  const scale = 10 ** digits;
  const field = (name) => form.elements[name];

  const words = (minor) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      numberingSystem: "latn",
      minimumFractionDigits: minor % scale ? digits : 0,
    }).format(minor / scale);

  // As the server reads it: of comma and point the last is the decimal one, three digits after it are a thousand's
  const typed = (text) => {
    let bare = text.replace(/[\s'’€$£]/g, "");
    if (bare.includes(",") && bare.includes(".")) {
      bare = bare.replaceAll(bare.lastIndexOf(",") > bare.lastIndexOf(".") ? "." : ",", "");
    }
    if (digits < 3 && /^[1-9]\d{0,2}([.,]\d{3})+$/.test(bare)) bare = bare.replace(/[.,]/g, "");
    const number = Number(bare.replace(",", "."));
    return number > 0 && Number.isFinite(number) ? Math.round(number * scale) : 0;
  };

  const rhythm = () => field("frequency").value || "once";
  const presets = () => field(rhythm() === "once" ? "amount_once" : "amount_recurring");
  const gift = () => (presets().value === "other" ? typed(field("other").value) : Number(presets().value));

  const covered = (minor) => {
    const [permille, fixed] = fee.split(" ").map(Number);
    return Math.ceil(((minor + fixed) * 1000) / (1000 - permille)) - minor;
  };

  const cost = (minor, tiers) => {
    let [hundredths, floor] = [0, 0];
    for (const [ceiling, percent] of tiers.split(" ").map((tier) => tier.split(":"))) {
      const top = ceiling ? Math.min(minor, Number(ceiling)) : minor;
      hundredths += Math.max(0, top - floor) * Number(percent);
      floor = Math.max(floor, top);
    }
    return minor - Math.floor(hundredths / 100);
  };

  // Puts the live words in, or the page's own back where there is no amount yet
  const say = (element, attribute, live) => {
    if (!element) return;
    element.dataset.plain ??= element.textContent;
    const pattern = element.dataset[attribute];
    element.textContent = live
      ? Object.entries(live).reduce((text, [place, minor]) => text.replace(`%${place}`, words(minor)), pattern)
      : element.dataset.plain;
  };

  const show = () => {
    const amount = gift();
    const whole = amount && field("cover")?.checked ? amount + covered(amount) : amount;
    for (const [name, tiers] of [["person", person], ["company", company]]) {
      say(form.querySelector(`.${name}[data-cost]`), "cost", whole && tiers && { amount: whole, cost: cost(whole, tiers) });
    }
    say(form.querySelector("[data-cover]"), "cover", fee && amount && { fee: covered(amount) });
    say(form.querySelector("[data-submit]"), rhythm(), whole && { amount: whole });
  };

  form.addEventListener("input", (event) => {
    if (event.target.value === "other" && event.target.type === "radio") field("other").focus();
    show();
  });
  window.addEventListener("pageshow", show);
})();
