/* Parts of a result under their tabs; plots that were there before move on instead of being drawn again. */

import { place as at } from "./fields.js";

export const HOURS = "hours";
const tabs = at("tabs");
const panel = at("panel");
let parts = new Map();
let current = "";
let asked = () => {};

/** The name of the part that is looked at. */
export const looked = () => current;

/** Call a function when the hours are asked for. */
export const onHours = (listener) => (asked = listener);

/** Begin a new result: its parts by name and title. */
export function begin(line) {
  parts = new Map(line.parts.map(([name, title]) => [name, { title }]));
  parts.set(HOURS, { title: "Hour by hour" });
  if (!parts.has(current)) current = line.parts[0][0];
  const focused = tabs.contains(document.activeElement);
  tabs.replaceChildren(...[...parts].map(([name, { title }]) => tab(name, title)));
  if (focused) tabs.querySelector("[aria-selected=true]").focus();
}

function tab(name, title) {
  const made = document.createElement("button");
  made.type = "button";
  made.id = `tab-${name}`;
  made.role = "tab";
  made.textContent = title;
  made.setAttribute("aria-controls", "panel");
  made.setAttribute("aria-selected", String(name === current));
  made.tabIndex = name === current ? 0 : -1;
  made.addEventListener("click", () => choose(name));
  return made;
}

tabs.addEventListener("keydown", (event) => {
  const all = [...tabs.children];
  const here = all.indexOf(document.activeElement);
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || here < 0) return;
  event.preventDefault();
  const next = all[(to + all.length) % all.length];
  choose(next.id.slice("tab-".length));
  at(next.id).focus();
});

/** Show a part under its tab. */
export function choose(name) {
  if (!parts.has(name)) return;
  current = name;
  for (const one of tabs.children) {
    const on = one.id === `tab-${name}`;
    one.setAttribute("aria-selected", String(on));
    one.tabIndex = on ? 0 : -1;
  }
  panel.setAttribute("aria-labelledby", `tab-${name}`);
  panel.classList.remove("old");
  if (name === HOURS) asked();
  else if (parts.get(name).html !== undefined) show(panel, parts.get(name));
}

/** Take a part that came; the one that is looked at is shown, and `drawn` called when it is drawn. */
export function take(line, drawn) {
  Object.assign(parts.get(line.name), { html: line.html, plots: line.plots });
  if (line.name !== current) return;
  panel.setAttribute("aria-labelledby", `tab-${current}`);
  show(panel, line, drawn);
}

/** Put a piece of HTML and its plots at a place; calls `drawn` when what can be seen is drawn. */
export function show(place, { html, plots }, drawn = () => {}) {
  const mine = (place.generation = (place.generation ?? 0) + 1);
  const before = new Map([...place.querySelectorAll(".plot")].map((old) => [old.id, old]));
  const opened = new Set([...place.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
  const chosen = place.querySelector("[data-shows=pair]")?.selectedOptions[0]?.text;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const next of fresh.content.querySelectorAll(".plot")) {
    const old = before.get(next.id);
    if (!old) continue;
    old.setAttribute("aria-label", next.getAttribute("aria-label"));
    next.replaceWith(old);
  }
  for (const details of fresh.content.querySelectorAll("details")) if (opened.has(details.querySelector("summary")?.textContent)) details.open = true;
  place.replaceChildren(fresh.content);
  place.shown = plots;
  const pick = place.querySelector("[data-shows=pair]");
  const same = [...(pick?.options ?? [])].find((option) => option.text === chosen);
  if (same) {
    pick.value = same.value;
    pick.dispatchEvent(new Event("change", { bubbles: true }));
  }
  ketumPlots.forget();
  const waiting = Object.keys(plots).filter((id) => unfolded(id));
  const later = waiting.filter((id) => !onScreen(id));
  const first = waiting.filter((id) => !later.includes(id));
  const step = () => {
    if (mine !== place.generation) return;
    const id = first.shift() ?? later.shift();
    const spot = id !== undefined && at(id); // gone if another page was opened meanwhile
    if (spot) ketumPlots.draw(spot, plots[id]);
    if (!first.length) {
      drawn(); // what is seen is there; the rest follows
      drawn = () => {};
    }
    if (first.length || later.length) setTimeout(step, 0);
  };
  step();
}

/** Whether a place can be seen without scrolling. */
const onScreen = (id) => {
  const { top, bottom } = at(id).getBoundingClientRect();
  return top < innerHeight && bottom > 0;
};

/** Whether a place is not in a closed part of the page. */
const unfolded = (id) => {
  const place = at(id);
  return place && !place.closest("details:not([open])");
};

document.addEventListener("toggle", (event) => event.target.open && drawWithin(event.target), true);
function drawWithin(details) {
  for (const place of details.querySelectorAll(".plot")) {
    const plots = place.closest("#panel, #answer, #found")?.shown;
    if (plots?.[place.id] && ketumPlots.shown(place) !== plots[place.id]) ketumPlots.draw(place, plots[place.id]);
  }
}

document.addEventListener("change", (event) => {
  if (event.target.dataset?.shows !== "pair") return;
  for (const pair of event.target.closest("#panel").querySelectorAll(".pair")) pair.hidden = pair.dataset.pair !== event.target.value;
});

const folded = [];
addEventListener("beforeprint", () => {
  at("part-title").textContent = parts.get(current)?.title ?? ""; // only this part is on paper
  for (const details of document.querySelectorAll("main .view:not([hidden]) .results details:not([open]), #answer details:not([open]), #found details:not([open])")) {
    details.open = true;
    folded.push(details);
    drawWithin(details);
  }
  ketumPlots.toPaper();
});
addEventListener("afterprint", () => {
  folded.splice(0).forEach((details) => (details.open = false));
  ketumPlots.toScreen();
});
