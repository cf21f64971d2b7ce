/* One phase of use as controls. What the controls do not know of a phase stays as it was written. */
import { choices } from "./state.js";
import { amount, button, check, group, make, number, put, rest, select, slider, text, time } from "./fields.js";

const KINDS = [
  ["per_day", "daily servings"],
  ["as_needed", "servings as needed"],
  ["times", "a number of servings"],
  ["every", "one every few hours"],
  ["stop", "stop"],
  ["taper_over", "taper over a time"],
  ["taper_by", "taper by share"],
  ["pause", "pause"],
];
const SERVINGS = ["per_day", "as_needed", "times", "every"];
const SHOWN = {
  per_day: ["product", "dose", "per_day", "on_days", "at", "for"],
  as_needed: ["product", "dose", "as_needed", "at_most_per_day", "stopping", "for"],
  times: ["product", "dose", "times", "every", "at"],
  every: ["product", "dose", "every", "for"],
  stop: ["stop", "for"],
  taper_over: ["taper_over"],
  taper_by: ["taper_by"],
  pause: ["pause"],
}; // what has a control, by kind
const UNIT_OF = { g: "g leaf", tablets: "tablet" };

const kindOf = (phase) => KINDS.map(([kind]) => kind).find((kind) => kind in phase) ?? "per_day"; // times before every

const productOf = (name) => choices.products.find((product) => product.name === name);

/** Return a phase of another kind that keeps what both have in common. */
function ofKind(kind, phase) {
  if (!SERVINGS.includes(kind)) return { [kind]: { stop: true, taper_over: "4 wk", taper_by: "10 %/wk", pause: "3 d" }[kind] };
  const product = phase.product ?? choices.products[1].name;
  const dose = phase.dose ?? firstDose(product);
  const kept = { product, dose, [kind]: { per_day: choices.range.per_day.start, as_needed: true, times: 1, every: "8 h" }[kind] };
  if (phase.for && kind !== "times") kept.for = phase.for;
  return kept;
}

const shortUnit = (unit) => (unit === "g leaf" ? "g" : unit);
const firstDose = (name) => {
  const [{ start, unit }] = productOf(name).doses;
  return `${start} ${shortUnit(unit)}`;
};

/** Return the controls of a phase; `edit(how, rebuild)` changes it. */
export function phaseFields(phase, path, edit, remove, position) {
  const kind = kindOf(phase);
  const how = select("How", [...path, "kind"], KINDS.map(([value, label]) => ({ value, label })), kind, (next) =>
    edit((all, n) => {
      all[n] = ofKind(next, phase);
      if (n < all.length - 1 && SHOWN[next].includes("for")) all[n].for ??= "2 wk"; // another phase follows
    }, true),
  );
  how.querySelector("select").dataset.path = JSON.stringify([...path, kind]);
  const parts = [how];
  if (SERVINGS.includes(kind)) parts.push(...servings(phase, kind, path, edit));
  if (kind === "taper_over") parts.push(time("Over", [...path, kind], phase.taper_over, (v) => edit((all, n) => (all[n].taper_over = v))));
  if (kind === "pause") parts.push(time("For", [...path, kind], phase.pause, (v) => edit((all, n) => (all[n].pause = v))));
  if (kind === "taper_by") parts.push(share(phase, path, edit));
  if (kind === "stop") parts.push(time("For", [...path, "for"], phase.for, (v) => edit((all, n) => put(all[n], "for", v)), { empty: "to end" }));
  parts.push(rest(phase, ...SHOWN[kind]));
  return group(
    position ? `Then (phase ${position + 1})` : "First",
    ...parts,
    button("Remove this phase", remove, { "aria-label": `Remove phase ${position + 1}` }),
  );
}

/** How much a taper takes off in a week. */
function share(phase, path, edit) {
  const found = amount(phase.taper_by);
  if (!found || found.unit.replace(/\s/g, "") !== "%/wk") return text("By", [...path, "taper_by"], phase.taper_by, (v) => edit((all, n) => (all[n].taper_by = v)));
  return number("By, % a week", [...path, "taper_by"], found.value, (v) => edit((all, n) => (all[n].taper_by = `${v ?? found.value} %/wk`)), { min: 1, max: 100, step: "any", required: true });
}

function servings(phase, kind, path, edit) {
  const product = productOf(phase.product);
  const set = (key, rebuild) => (value) => edit((all, n) => put(all[n], key, value), rebuild);
  const parts = [
    select("Product", [...path, "product"], choices.products.map((p) => ({ value: p.name, label: p.label })), phase.product, (name) =>
      edit((all, n) => {
        all[n].product = name;
        all[n].dose = firstDose(name);
        for (const key of ["content", "label", "added_7oh", "vein", "hidden_opioid"]) delete all[n][key];
      }, true),
    ),
    ...dose(phase, product, path, edit),
  ];
  if (kind === "per_day") {
    parts.push(slider("Servings a day", [...path, "per_day"], phase.per_day, { ...choices.range.per_day, whole: true }, (v) => edit((all, n) => (all[n].per_day = v))));
    parts.push(days(phase, path, edit));
  }
  if (kind === "times") {
    parts.push(number("How many times", [...path, "times"], phase.times, (v) => edit((all, n) => (all[n].times = v ?? 1), true), { min: 1, step: 1 }));
    if (phase.times > 1) parts.push(time("One every", [...path, "every"], phase.every ?? "1 d", set("every")));
  }
  if (kind === "every") parts.push(time("One every", [...path, "every"], phase.every, set("every")));
  if (kind === "as_needed") {
    parts.push(number("At most a day", [...path, "at_most_per_day"], phase.at_most_per_day, set("at_most_per_day"), { min: 1, step: 1, placeholder: "no limit" }));
    parts.push(check("people stop and take it up again of their own accord", [...path, "stopping"], phase.stopping ?? false, (on) => set("stopping")(on || null)));
  }
  if (kind === "per_day" || kind === "times") parts.push(text("Clock times", [...path, "at"], [phase.at ?? []].flat().join(", "), (v) => edit((all, n) => put(all[n], "at", v.trim() ? v.trim().split(/\s*,\s*/) : null)), { placeholder: kind === "times" ? "such as 09:00" : "such as 08:00, 20:00" }));
  if (kind !== "times") parts.push(time("For", [...path, "for"], phase.for, set("for"), { empty: "to end" }));
  return parts;
}

function dose(phase, product, path, edit) {
  const found = amount(phase.dose);
  const units = product?.doses ?? [];
  const unit = found && units.find((u) => u.unit === (UNIT_OF[found.unit] ?? found.unit));
  if (!found || !unit) return [text("Dose", [...path, "dose"], phase.dose, (v) => edit((all, n) => (all[n].dose = v)))];
  const parts = [
    slider(`Dose, ${unit.unit}`, [...path, "dose"], found.value, unit, (v) => edit((all, n) => (all[n].dose = `${v} ${shortUnit(unit.unit)}`))),
  ];
  if (units.length > 1)
    parts.push(
      select("Measured in", [...path, "dose", "unit"], units.map((u) => ({ value: u.unit, label: u.unit })), unit.unit, (name) =>
        edit((all, n) => {
          const next = units.find((u) => u.unit === name);
          all[n].dose = `${next.start} ${shortUnit(name)}`;
        }, true),
      ),
    );
  return parts;
}

function days(phase, path, edit) {
  const chosen = new Set(phase.on_days ?? choices.days);
  const boxes = choices.days.map((day) =>
    check(day, [...path, "on_days", day], chosen.has(day), (on) => {
      if (on) chosen.add(day);
      else chosen.delete(day);
      const list = choices.days.filter((one) => chosen.has(one));
      edit((all, n) => put(all[n], "on_days", list.length === choices.days.length ? null : list));
    }),
  );
  const whole = group("On these days", make("div", { class: "days" }, boxes));
  whole.dataset.path = JSON.stringify([...path, "on_days"]);
  return whole;
}
