/* The scenario on the page: plain tables, as a file holds them. It lives in this tab alone and survives a reload. */
const KEY = "ketum.scenario";
const MOST_UNDONE = 100;
const ONE_MOVE_MS = 600; // changes that follow one another faster are taken back together: a slider that moves
const held = JSON.parse(document.getElementById("held").textContent);
export const choices = held.choices;
export const questions = held.questions;

const listeners = new Set();
const before = [];
let tables = restored() ?? structuredClone(choices.start);

function restored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null; // no storage, or nothing that can be read in it
  }
}

/** Return the scenario; what is returned is changed by `change` alone. */
export const scenario = () => tables;

/** Call a function after every change: whether the form must be built anew, and whether it is another scenario. */
export const onChange = (listener) => listeners.add(listener);

let moved = -Infinity; // when a value was changed last, if nothing else was since
let mover = null; // by which control
function remember(oneValue) {
  const now = performance.now();
  const same = oneValue && document.activeElement === mover && now - moved <= ONE_MOVE_MS;
  if (!same) before.push(JSON.stringify(tables));
  if (before.length > MOST_UNDONE) before.shift();
  moved = oneValue ? now : -Infinity;
  mover = document.activeElement;
}

/** Change the scenario; `rebuild` where more than a value changed. */
export function change(how, { rebuild = false } = {}) {
  remember(!rebuild);
  how(tables);
  changed(rebuild);
}

/** Take another scenario. */
export function replace(next) {
  remember(false);
  tables = structuredClone(next);
  changed(true, true);
}

/** Take the last change back. */
export function undo() {
  if (!before.length) return;
  tables = JSON.parse(before.pop());
  moved = -Infinity;
  changed(true);
}

export const canUndo = () => before.length > 0;

function changed(rebuild, other = false) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(tables));
  } catch {
    // a page without storage works until it is reloaded
  }
  listeners.forEach((listener) => listener(rebuild, other));
}
