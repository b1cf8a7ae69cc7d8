// Draws the charts of components/chart.html with Chart.js, in the theme's colours and the page's language. The same
// figures stand beneath as a table, which stays open where nothing is drawn.
(() => {
  const drawn = new Set();
  let library = null;

  const load = (address) => {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return library;
  };

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const formatter = (unit, short) => {
    const language = document.documentElement.lang;
    if (unit === "percent") return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
    if (!unit) return new Intl.NumberFormat(language);
    const money = { style: "currency", currency: unit, currencyDisplay: "narrowSymbol" };
    if (short) Object.assign(money, { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 });
    return new Intl.NumberFormat(language, money);
  };

  const palette = () => ["accent", "amber", "blue", "violet", "green", "red", "grey"].map(token);

  const dataset = (series, index, config) => {
    const colours = palette();
    const round = config.type === "doughnut";
    // an earlier year is an outline of the first colour and takes none of its own
    const place = config.series.slice(0, index).filter((one) => !one.earlier).length;
    const colour = series.earlier ? colours[0] : colours[place % colours.length];
    const outlined = series.earlier && config.type !== "line";
    return {
      label: series.label,
      data: series.values,
      backgroundColor: round ? series.values.map((_value, slice) => colours[slice % colours.length])
        : outlined ? token("accent-soft") : colour,
      borderColor: round ? token("surface") : colour,
      borderWidth: round || config.type === "line" ? 2 : outlined ? 1 : 0,
      borderDash: series.earlier && !outlined ? [5, 4] : [],
      borderRadius: config.type === "line" ? 0 : 3,
      maxBarThickness: 44,
      pointRadius: config.type === "line" ? 2.5 : 0,
      tension: 0.25,
    };
  };

  const options = (config) => {
    const long = formatter(config.unit, false);
    const short = formatter(config.unit, true);
    const round = config.type === "doughnut";
    const stacked = config.type === "stacked";
    const value = (context) => (round ? context.parsed : context.parsed.y);
    const legend = round || config.series.length > 1;
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 250 },
      interaction: { mode: round ? "nearest" : "index", intersect: round },
      plugins: {
        legend: {
          display: legend,
          position: !round ? "top" : config.narrow ? "bottom" : "right",
          align: round ? "center" : "end",
          labels: { boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2 },
        },
        tooltip: {
          callbacks: { label: (context) => `${round ? context.label : context.dataset.label}: ${long.format(value(context))}` },
        },
      },
      scales: round ? {} : {
        x: { stacked, grid: { display: false }, border: { color: token("border") } },
        y: {
          stacked,
          beginAtZero: true,
          grid: { color: token("line") },
          border: { display: false },
          ticks: { maxTicksLimit: 6, callback: (number) => short.format(number) },
        },
      },
    };
  };

  const draw = async (place) => {
    const config = JSON.parse(place.dataset.chart);
    await load(place.dataset.library);
    place.hidden = false;
    config.narrow = place.clientWidth < 420;
    const figures = place.closest("figure").querySelector("[data-fold]");
    if (figures) figures.open = false;
    const { Chart } = window;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    Chart.defaults.color = token("ink-soft");
    const chart = new Chart(place.querySelector("canvas"), {
      type: config.type === "stacked" ? "bar" : config.type,
      data: { labels: config.labels, datasets: config.series.map((one, index) => dataset(one, index, config)) },
      options: options(config),
    });
    drawn.add({ chart, config });
  };

  const drawAll = (root) => {
    for (const place of root.querySelectorAll("[data-chart]:not([data-begun])")) {
      place.dataset.begun = "yes";
      draw(place);
    }
  };

  const recolour = () => {
    for (const { chart, config } of drawn) {
      window.Chart.defaults.color = token("ink-soft");
      chart.data.datasets.forEach((set, index) => Object.assign(set, dataset(config.series[index], index, config)));
      chart.options = options(config);
      chart.update("none");
    }
  };

  drawAll(document);
  document.addEventListener("htmx:load", (event) => drawAll(event.target));
  document.addEventListener("themechange", recolour);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
})();
