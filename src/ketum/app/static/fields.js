/* Labelled controls. Each knows the key of the scenario that it sets, so that a mistake can point to it. */

let count = 0;

/** Return the element of an id. */
export const place = (id) => document.getElementById(id);

/** Set a key of a table, or take it out where there is nothing to say. */
export function put(holder, key, value) {
  if (value === null || value === "" || value === undefined) delete holder[key];
  else holder[key] = value;
}

/** Say what a table holds that has no control here; null if nothing. */
export function rest(table, ...known) {
  const other = Object.entries(table ?? {}).filter(([key]) => !known.includes(key));
  return other.length ? make("p", { class: "note" }, `Also, from the file: ${other.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ")}`) : null;
}

/** Make an element with attributes, listeners (on...) and children. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const keyed = (path) => JSON.stringify(path);

/** A control under its label. */
export function field(label, path, control, note) {
  control.id ||= `field-${path.join("-") || count++}`;
  control.dataset.path = keyed(path);
  return make("p", { class: "field" }, make("label", { for: control.id }, label), control, note && make("small", {}, note));
}

export function select(label, path, options, value, onchange) {
  const known = options.some((option) => option.value === value);
  const all = known || value == null ? options : [...options, { value, label: String(value) }];
  const control = make(
    "select",
    { onchange: () => onchange(control.value) },
    all.map((o) => make("option", { value: o.value, selected: o.value === (value ?? all[0].value) }, o.label)),
  );
  return field(label, path, control);
}

export function text(label, path, value, onchange, more = {}) {
  const control = make("input", { type: "text", value: value ?? "", onchange: () => onchange(control.value), ...more });
  return field(label, path, control);
}

export function number(label, path, value, onchange, more = {}) {
  const control = make("input", { type: "number", value: value ?? "", inputmode: "decimal", ...more });
  let last = control.value;
  control.addEventListener("change", () => {
    if (control.value === "" && more.required) control.value = last;
    last = control.value;
    if (last === "" || Number.isFinite(control.valueAsNumber)) onchange(last === "" ? null : control.valueAsNumber);
  });
  return field(label, path, control);
}

export function check(label, path, value, onchange) {
  const control = make("input", { type: "checkbox", checked: value, onchange: () => onchange(control.checked) });
  control.id = `field-${path.join("-")}`;
  control.dataset.path = keyed(path);
  return make("label", { class: "check" }, control, " ", label);
}

/** A slider with a number beside it: both set the same value; `oninput` hears every step of the slider. */
export function slider(label, path, value, { low, high, step, whole = false }, oninput) {
  const id = `field-${path.join("-")}`;
  const range = make("input", { type: "range", id, min: low, max: high, step, value });
  const exact = make("input", { type: "number", value, min: 0, step: whole ? 1 : "any", inputmode: "decimal", "aria-label": `${label}, exactly` });
  range.dataset.path = exact.dataset.path = keyed(path);
  let last = value;
  const set = (next) => {
    last = next;
    range.setAttribute("aria-valuetext", next); // it may lie beyond the slider
    oninput(next);
  };
  range.setAttribute("aria-valuetext", value);
  range.addEventListener("input", () => {
    exact.value = range.value;
    set(range.valueAsNumber);
  });
  exact.addEventListener("change", () => {
    if (!Number.isFinite(exact.valueAsNumber)) return (exact.value = last);
    if (whole) exact.value = Math.round(exact.valueAsNumber);
    range.value = exact.value;
    set(exact.valueAsNumber);
  });
  return make("p", { class: "field slide" }, make("label", { for: id }, label), make("span", {}, range, exact));
}

const AMOUNT = /^\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(.*?)\s*$/i;

/** Split "4 g" into its number and its unit; null where it is not of that kind. */
export function amount(written) {
  const found = AMOUNT.exec(written ?? "");
  return found && { value: Number(found[1]), unit: found[2] };
}

const UNITS = [
  ["h", "hours"],
  ["d", "days"],
  ["wk", "weeks"],
];
const ALIKE = { hour: "h", hours: "h", day: "d", days: "d", week: "wk", weeks: "wk" };

/** A length of time: a number and its unit; `empty` says what it means without one, else it cannot be empty. */
export function time(label, path, written, onchange, { empty } = {}) {
  const found = amount(written);
  const unit = found && (ALIKE[found.unit] ?? found.unit);
  if (written && (!found || !UNITS.some(([name]) => name === unit))) return text(label, path, written, onchange);
  const value = make("input", { type: "number", min: 0, step: "any", value: found ? found.value : "", placeholder: empty ?? "", inputmode: "decimal" });
  const units = make(
    "select",
    { "aria-label": `${label}, unit` },
    UNITS.map(([name, words]) => make("option", { value: name, selected: name === (unit ?? "wk") }, words)),
  );
  let last = found?.value ?? 1;
  const tell = () => {
    if (value.value === "" && empty === undefined) value.value = last;
    last = value.value;
    onchange(value.value === "" ? null : `${value.value} ${units.value}`);
  };
  value.addEventListener("change", tell);
  units.addEventListener("change", () => value.value !== "" && tell());
  const whole = field(label, path, value);
  value.after(units);
  whole.classList.add("pair");
  return whole;
}

export const button = (label, onclick, more = {}) => make("button", { type: "button", class: "button small", onclick, ...more }, label);

export const group = (legend, ...children) => make("fieldset", {}, make("legend", {}, legend), ...children);

/** Mark the controls at which a mistake was made, with its words under them; return the first, or null. */
export function mark(form, path, words = "") {
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  }
  form.querySelectorAll(".mistake-here").forEach((note) => note.remove());
  for (let length = path.length; length > 0; length--) {
    const key = keyed(path.slice(0, length));
    const found = [...form.querySelectorAll("[data-path]")].filter((control) => control.dataset.path === key);
    if (!found.length) continue;
    for (const control of found) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", "mistake");
    }
    const note = make("small", { class: "mistake-here" }, words.slice(words.indexOf(": ") + 1));
    const around = found[0].closest(".field, .check") ?? (found[0].tagName === "FIELDSET" ? found[0] : null);
    if (around) around.append(note);
    else found[0].after(note);
    return found[0];
  }
  return null;
}
