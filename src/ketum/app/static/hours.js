/* The part that shows hours: the same arms, two days from one day on, every quarter of an hour. */
import { replace, scenario } from "./state.js";
import { lines } from "./run.js";
import { HOURS, choose, looked, onHours, show } from "./results.js";
import { place } from "./fields.js";
import { hours } from "./size.js";

const DAYS = 2;
const PARTS = ["concentrations", "effects", "withdrawal"];
let from = 0;
let running = null;
onHours(showHours);

/** Return the last day from which on two can be shown. */
const last = () => Math.max(0, Math.ceil(hours(scenario().record.for) / 24) - DAYS);

/** Return the scenario of these days; what needs whole days, or begins later, is left out. */
function ofDays() {
  from = Math.min(from, last());
  const all = structuredClone(scenario());
  delete all.monitoring;
  delete all.uncertainty;
  all.record = { for: `${from + DAYS} d`, every: "15 min", ...(from ? { start: `${from} d` } : {}) };
  const begun = (one) => hours(one.from) < (from + DAYS) * 24;
  for (const arm of all.arm) for (const key of ["treatments", "medicines"]) if (arm[key]) arm[key] = arm[key].filter(begun);
  return all;
}

async function showHours() {
  running?.abort();
  running = new AbortController();
  place("panel").classList.add("old"); // what is there is of other days, or of another scenario
  const all = ofDays();
  const held = new Map();
  let mistake = "";
  try {
    await lines("/run", { scenario: all, first: PARTS[0] }, (line) => line.kind === "part" && held.set(line.name, line), running.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    mistake = error.message;
  }
  if (looked() === HOURS) tell(all, PARTS.map((name) => held.get(name)).filter(Boolean), mistake);
}

/** Put parts, or a mistake, under the choice of the day. */
function tell(all, parts, mistake) {
  place("panel").classList.remove("old");
  const head = `<p class="pick"><label for="from-day">Two days, hour by hour, from day</label> <input type="number" id="from-day" min="0" max="${last()}" step="1" value="${from}"> <button type="button" class="button small" id="take-hours">Make these days the scenario</button></p>`;
  const none = mistake ? '<p class="mistake" role="alert"></p>' : parts.length ? "" : "<p>Nothing is taken in these days.</p>";
  const focused = document.activeElement?.id === "from-day";
  const plots = Object.assign({}, ...parts.map((part) => part.plots));
  show(place("panel"), { html: head + none + parts.map((part) => part.html).join(""), plots });
  if (mistake) place("panel").querySelector(".mistake").textContent = mistake;
  if (focused) place("from-day").focus();
  place("take-hours").addEventListener("click", () => {
    choose(PARTS[0]);
    replace(all);
  });
  place("from-day").addEventListener("change", (event) => {
    from = Math.min(last(), Math.max(0, Math.round(event.target.valueAsNumber || 0)));
    showHours();
  });
}
