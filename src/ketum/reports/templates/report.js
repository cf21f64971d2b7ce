(() => {
  "use strict";
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const config = {
    displaylogo: false,
    responsive: true,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    toImageButtonOptions: { format: "svg" },
  };
  const paperWidth = 680; // CSS pixels between the margins of an A4 sheet
  const touch = matchMedia("(pointer: coarse)").matches;
  const drawn = [];
  const later = new Set(); // plots in a closed part of the page: drawn when it opens

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

  const draw = (id) => {
    const place = document.getElementById(id);
    const { data, layout } = plots[id];
    const whole = { ...common(), ...layout };
    whole.xaxis = { showline: true, ...layout.xaxis };
    for (const [key, value] of Object.entries(theme(layout, false))) {
      const parts = key.split(".");
      let target = whole;
      for (const part of parts.slice(0, -1)) target = target[part] = target[part] ? { ...target[part] } : {};
      target[parts.at(-1)] = value;
    }
    place.style.minHeight = "";
    Plotly.newPlot(place, data, whole, config);
    place.on("plotly_relayout", (change) => follow(place, change));
    drawn.push(place);
  };

  let following = false;
  const follow = (place, change) => {
    if (following || !("xaxis.range[0]" in change || "xaxis.autorange" in change)) return;
    following = true;
    const title = place.layout.xaxis.title.text;
    const near = [...place.closest("figure").querySelectorAll(".plot")].filter(
      (other) => other !== place && other.layout && other.layout.xaxis.title.text === title,
    );
    const range = [...place.layout.xaxis.range];
    Promise.all(near.map((other) => Plotly.relayout(other, { "xaxis.range": range }))).finally(() => (following = false));
  };

  const recolour = (onPaper) => drawn.forEach((place) => Plotly.relayout(place, theme(place.layout, onPaper)));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-role], button[data-switch]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const place of button.closest("figure").querySelectorAll(".plot")) {
      if (!place.data) continue;
      if (button.dataset.switch) {
        const kind = on ? "log" : "linear";
        const change = { "yaxis.type": kind, "yaxis.range": plots[place.id].ranges[kind], "yaxis.dtick": on ? 1 : null };
        Plotly.relayout(place, change);
      } else {
        const those = place.data.flatMap((trace, k) => (trace.meta === button.dataset.role ? [k] : []));
        if (those.length) Plotly.restyle(place, { visible: on }, those);
      }
    }
  });

  const drawWithin = (details) => {
    const ids = [...details.querySelectorAll(".plot")].map((place) => place.id).filter((id) => later.has(id));
    for (const id of ids) {
      later.delete(id);
      draw(id);
    }
  };
  document.addEventListener("toggle", (event) => event.target.open && drawWithin(event.target), true);
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const details = target && (target.querySelector("details.folded") || target.closest("details.folded"));
    if (details) details.open = true;
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => event.target.closest("nav a") && setTimeout(unfold, 0));

  const toPaper = () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = details.dataset.closed = true;
      drawWithin(details);
    }
    for (const place of drawn) {
      const panels = place.closest(".panels");
      const columns = Number(panels.className.match(/panels-(\d)/)[1]);
      const width = (paperWidth - 14 * (columns - 1)) / columns;
      const { height: tall, yaxis } = plots[place.id].layout;
      const most = panels.childElementCount > 4 ? 122 : { 1: 150, 2: 145, 3: 138 }[columns];
      const asked = plots[place.id].layout.meta?.paperHeight; // a plot may ask for its own height on paper
      const height = asked ?? (yaxis.visible === false ? tall : Math.min(tall, most));
      const { range, dtick } = plots[place.id].layout.xaxis;
      const crowded = columns === 3 && (range[1] - range[0]) / dtick > 6.5;
      const paper = { width, height, "font.size": 10, "xaxis.dtick": crowded ? 2 * dtick : dtick, autosize: false };
      Plotly.relayout(place, { ...theme(place.layout, true), ...paper });
    }
  };
  const toScreen = () => {
    for (const details of document.querySelectorAll("details[data-closed]")) {
      details.open = false;
      delete details.dataset.closed;
    }
    for (const place of drawn) {
      const { height, xaxis } = plots[place.id].layout;
      const screen = { width: null, height, "font.size": 12, "xaxis.dtick": xaxis.dtick, autosize: true };
      const back = { ...theme(place.layout, false), ...screen };
      Plotly.relayout(place, back).then(() => Plotly.Plots.resize(place));
    }
  };
  addEventListener("beforeprint", toPaper);
  addEventListener("afterprint", toScreen);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => recolour(false));

  const folded = (id) => document.getElementById(id).closest("details:not([open])");
  const waiting = Object.keys(plots).filter((id) => !folded(id));
  Object.keys(plots).filter(folded).forEach((id) => later.add(id));
  unfold();
  const next = () => {
    const id = waiting.shift();
    if (id === undefined) {
      document.documentElement.dataset.drawn = "yes";
      return;
    }
    draw(id);
    setTimeout(next, 0);
  };
  next();
})();
