// The giving form: what a gift really costs after tax reduction, and the button that names the amount, as one chooses.
// <form data-amount data-currency="EUR" data-exponent="2" data-rate="66">
// data-rate is in percent and absent where there is no reduction; the server computes what counts, this only shows.
// Inside: [data-amount-choice] radios whose value is in minor units (or "other"), [data-amount-other] the free amount,
// [data-cost] a sentence with %amount and %cost in data-cost,
// [data-amount-button="Give %amount"] the words of the submit button.
(() => {
  const form = document.querySelector("form[data-amount]");
  if (!form) return;
  const { currency, exponent, rate } = form.dataset;
  const scale = 10 ** Number(exponent ?? 2);
  const words = (minor) => {
    const whole = minor % scale === 0;
    return new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: whole ? 0 : Number(exponent ?? 2),
    }).format(minor / scale);
  };

  // 1 250,50 and 1,250.50 are both understood: the last sign of the two is the decimal one
  const typed = (text) => {
    let bare = text.replace(/[\s'’]/g, "");
    if (bare.includes(",") && bare.includes(".")) {
      bare = bare.replaceAll(bare.lastIndexOf(",") > bare.lastIndexOf(".") ? "." : ",", "");
    }
    const number = Number(bare.replace(",", "."));
    return Number.isFinite(number) && number > 0 ? Math.round(number * scale) : null;
  };

  const chosen = () => {
    const other = form.querySelector("[data-amount-other]");
    const radio = form.querySelector("[data-amount-choice]:checked");
    if (radio && radio.value !== "other") return Number(radio.value) || null;
    return other ? typed(other.value) : null;
  };

  const show = () => {
    const amount = chosen();
    const cost = form.querySelector("[data-cost]");
    if (cost) {
      cost.hidden = !amount || !rate;
      if (amount && rate) {
        const left = amount - Math.round((amount * Number(rate)) / 100);
        cost.textContent = cost.dataset.cost.replace("%amount", words(amount)).replace("%cost", words(left));
      }
    }
    const label = form.querySelector("[data-amount-button]");
    if (label) {
      label.dataset.plain ??= label.textContent;
      label.textContent = amount ? label.dataset.amountButton.replace("%amount", words(amount)) : label.dataset.plain;
    }
  };

  form.addEventListener("input", (event) => {
    // typing an amount of one's own chooses it
    if (event.target.matches("[data-amount-other]") && event.target.value) {
      const other = form.querySelector('[data-amount-choice][value="other"]');
      if (other) other.checked = true;
      else for (const radio of form.querySelectorAll("[data-amount-choice]")) radio.checked = false;
    }
    show();
  });
  window.addEventListener("pageshow", show);
})();
