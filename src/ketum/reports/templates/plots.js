/* Plots as ketum draws them: one style, light and dark, on paper, with ranges that follow one another. */
const ketumPlots = (() => {
  "use strict";
  const config = {
    displaylogo: false,
    responsive: true,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    toImageButtonOptions: { format: "svg" },
  };
  const paperWidth = 680; // CSS pixels between the margins of an A4 sheet
  const touch = matchMedia("(pointer: coarse)").matches;
  const drawn = new Map(); // place on the page -> plot as it came

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const theme = (layout, onPaper) => {
    const [text, muted, grid, line, paper] = onPaper
      ? ["#1d252c", "#5a6670", "#e6e8e4", "#8a949c", "#ffffff"]
      : [ink("--ink"), ink("--muted"), ink("--grid"), ink("--muted"), ink("--paper")];
    const axis = { color: muted, tickfont: { color: muted }, linecolor: line, gridcolor: grid, zerolinecolor: line };
    const changed = {
      "font.color": text,
      "hoverlabel.bgcolor": paper,
      "hoverlabel.font.color": text,
    };
    for (const name of ["xaxis", "yaxis", "yaxis2"]) {
      if (!layout[name]) continue;
      for (const [key, value] of Object.entries(axis)) {
        if (key === "tickfont") changed[`${name}.tickfont.color`] = value.color;
        else changed[`${name}.${key}`] = value;
      }
    }
    return changed;
  };

  const common = () => ({
    font: { family: ink("--sans"), size: 12 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { align: "left", font: { family: ink("--sans"), size: 12 } },
    dragmode: touch ? false : "zoom",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#8a949c", activecolor: "#5a6670" },
  });

  /** Draw a plot, or what it has become, at a place. */
  const draw = (place, plot) => {
    const { data, layout } = plot;
    const whole = { ...common(), ...layout };
    whole.xaxis = { showline: true, ...layout.xaxis };
    for (const [key, value] of Object.entries(theme(layout, false))) {
      const parts = key.split(".");
      let target = whole;
      for (const part of parts.slice(0, -1)) target = target[part] = target[part] ? { ...target[part] } : {};
      target[parts.at(-1)] = value;
    }
    place.style.minHeight = "";
    const before = drawn.has(place);
    Plotly.react(place, data, whole, config);
    place.setAttribute("role", "group"); // its buttons can be reached; what it shows is in its label
    for (const svg of place.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", "true");
    if (!before) place.on("plotly_relayout", (change) => follow(place, change));
    drawn.set(place, plot);
  };

  /** Let go of the plots that are no longer on the page. */
  const forget = () => {
    for (const place of [...drawn.keys()].filter((place) => !place.isConnected)) {
      Plotly.purge(place);
      drawn.delete(place);
    }
  };

  let following = false;
  const follow = (place, change) => {
    if (following || !("xaxis.range[0]" in change || "xaxis.autorange" in change)) return;
    const figure = place.closest("figure");
    if (!figure) return;
    following = true;
    const title = place.layout.xaxis.title.text;
    const near = [...figure.querySelectorAll(".plot")].filter(
      (other) => other !== place && other.layout && other.layout.xaxis.title.text === title,
    );
    const range = [...place.layout.xaxis.range];
    Promise.all(near.map((other) => Plotly.relayout(other, { "xaxis.range": range }))).finally(() => (following = false));
  };

  const recolour = (onPaper) => drawn.forEach((_, place) => Plotly.relayout(place, theme(place.layout, onPaper)));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-role], button[data-switch]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const place of button.closest("figure").querySelectorAll(".plot")) {
      if (!place.data) continue;
      if (button.dataset.switch) {
        const kind = on ? "log" : "linear";
        const ranges = drawn.get(place).ranges;
        Plotly.relayout(place, { "yaxis.type": kind, "yaxis.range": ranges[kind], "yaxis.dtick": on ? 1 : null });
      } else {
        const those = place.data.flatMap((trace, k) => (trace.meta === button.dataset.role ? [k] : []));
        if (those.length) Plotly.restyle(place, { visible: on }, those);
      }
    }
  });

  const toPaper = () => {
    for (const [place, plot] of drawn) {
      const panels = place.closest(".panels");
      const columns = Number(panels.className.match(/panels-(\d)/)[1]);
      const width = (paperWidth - 14 * (columns - 1)) / columns;
      const { height: tall, yaxis } = plot.layout;
      const most = panels.childElementCount > 4 ? 122 : { 1: 150, 2: 145, 3: 138 }[columns];
      const asked = plot.layout.meta?.paperHeight; // a plot may ask for its own height on paper
      const height = asked ?? (yaxis.visible === false ? tall : Math.min(tall, most));
      const { range, dtick } = plot.layout.xaxis;
      const crowded = columns === 3 && (range[1] - range[0]) / dtick > 6.5;
      const paper = { width, height, "font.size": 10, "xaxis.dtick": crowded ? 2 * dtick : dtick, autosize: false };
      Plotly.relayout(place, { ...theme(place.layout, true), ...paper });
    }
  };
  const toScreen = () => {
    for (const [place, plot] of drawn) {
      const { height, xaxis } = plot.layout;
      const screen = { width: null, height, "font.size": 12, "xaxis.dtick": xaxis.dtick, autosize: true };
      const back = { ...theme(place.layout, false), ...screen };
      Plotly.relayout(place, back).then(() => Plotly.Plots.resize(place));
    }
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => recolour(false));

  /** The plot that was drawn last at a place. */
  const shown = (place) => drawn.get(place);

  return { draw, shown, forget, recolour, toPaper, toScreen };
})();
