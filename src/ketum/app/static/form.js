/* The form of the workbench: people, setting, arms, record, context. It writes into the scenario and reads from it. */
import { canUndo, change, choices, onChange, scenario } from "./state.js";
import { button, check, group, make, number, place, put, rest, select, slider, text, time } from "./fields.js";
import { phaseFields } from "./phase.js";

const form = place("form");
let open = Math.max(0, scenario().arm.findIndex((arm) => arm.use?.length)); // the arm that is shown

const table = (all, name) => (all[name] ??= {});

/** Build the form of the scenario; the control that had the focus keeps it. */
export function build() {
  waiting = false;
  const focused = form.contains(document.activeElement) ? document.activeElement : null;
  const at_ = [...form.elements].indexOf(focused);
  const opened = [...form.querySelectorAll("details[open]")].map((details) => details.dataset.part);
  const all = scenario();
  open = Math.min(open, all.arm.length - 1);
  form.replaceChildren(
    text("Title", ["title"], all.title, (v) => change((t) => put(t, "title", v))),
    people(all.people ?? {}),
    arms(all),
    record(all.record),
    part("setting", "What kratom does to depression", settings(all.setting ?? {})),
    part("context", "Circumstances and law", context(all.context ?? {})),
    part("uncertainty", "How well it is known", uncertainty(all.uncertainty)),
  );
  for (const details of form.querySelectorAll("details")) details.open = opened.includes(details.dataset.part);
  place("undo").setAttribute("aria-disabled", String(!canUndo()));
  [...form.elements].forEach((control, k) => (control.id ||= `control-${k}`));
  if (focused) (place(focused.id) ?? form.elements[Math.min(at_, form.elements.length - 1)]).focus();
}

// The form is built anew after the focus has moved on, and never between the press and the release of a pointer.
let waiting = false;
let pressed = false;
const buildLater = () => setTimeout(() => waiting && !pressed && build(), 0);
addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"])
  addEventListener(
    end,
    () => {
      pressed = false;
      buildLater();
    },
    true,
  );
onChange((rebuild) => {
  waiting ||= rebuild;
  buildLater();
  place("undo").setAttribute("aria-disabled", String(!canUndo()));
});

const part = (name, title, children) => make("details", { class: "part", "data-part": name }, make("summary", {}, title), ...children);

function people(of) {
  return group(
    "People",
    select("Drawn from", ["people", "population"], choices.populations.map((p) => ({ value: p.name, label: p.label })), of.population ?? "us_adults", (v) =>
      change((t) => (table(t, "people").population = v)),
    ),
    slider("How many", ["people", "count"], of.count ?? 1000, { ...choices.range.people, whole: true }, (v) => change((t) => (table(t, "people").count = Math.round(v)))),
    number("Seed", ["seed"], scenario().seed ?? 1, (v) => change((t) => put(t, "seed", v)), { min: 0, step: 1, required: true }),
    rest(of, "population", "count"),
  );
}

function arms(all) {
  const tabs = all.arm.map((arm, k) =>
    make(
      "button",
      { type: "button", class: "arm-tab", "aria-pressed": String(k === open), onclick: () => ((open = k), build()) },
      arm.name ?? `arm ${k + 1}`,
    ),
  );
  const arm = all.arm[open];
  const path = ["arm", open];
  const edit = (how, rebuild = true) => change((t) => how(t.arm[open], t.arm), { rebuild });
  return group(
    "Arms, lived by the same people",
    make("div", { class: "arm-tabs" }, tabs),
    make(
      "p",
      { class: "row" },
      button("Duplicate this arm", () => edit((one, list) => list.splice(++open, 0, { ...structuredClone(one), name: freeName(one.name, list) })), { id: "duplicate" }),
      button("Add an empty arm", () => edit((_, list) => (open = list.push({ name: freeName("arm", list), use: [] }) - 1)), { id: "add-arm" }),
      all.arm.length > 1 && button("Remove this arm", () => edit((_, list) => list.splice(open, 1)), { id: "remove-arm" }),
    ),
    text("Name", [...path, "name"], arm.name, (v) => edit((one) => (one.name = v)), { maxlength: 100 }),
    use(arm, path, edit),
    medicines(arm, path, edit),
    treatments(arm, path, edit),
  );
}

function freeName(name, list) {
  const base = name.replace(/ \(\d+\)$/, "");
  for (let k = 2; ; k++) if (!list.some((arm) => arm.name === `${base} (${k})`)) return `${base} (${k})`;
}

function use(arm, path, edit) {
  if (arm.events)
    return group("Use", make("p", { class: "note" }, `An event table of ${arm.events.trim().split("\n").length - 1} rows (${arm.product}); “Show as file” shows it.`));
  const natural = arm.use === "natural" || arm.use?.[0]?.natural;
  const phases = natural ? [] : (arm.use ?? []);
  const of = (how, rebuild = true) => edit((one) => how((one.use ??= [])), rebuild);
  const shown = phases.map((phase, n) =>
    phaseFields(phase, [...path, "use", n], (how, rebuild = false) => edit((one) => how(one.use, n), rebuild), () => of((list) => list.splice(n, 1)), n),
  );
  const whole = group(
    "Use",
    natural && make("p", { class: "note" }, "Each person starts, stops and resumes of their own accord."),
    !natural && !phases.length && make("p", { class: "note" }, "Nothing is taken."),
    ...shown,
    make(
      "p",
      { class: "row" },
      !natural && button(phases.length ? "Add a phase" : "Add use", () => of(next), { id: "add-phase" }),
      !phases.length && button(natural ? "Take nothing" : "Leave it to the person", () => edit((one) => (natural ? delete one.use : (one.use = "natural"))), { id: "natural" }),
    ),
  );
  whole.dataset.path = JSON.stringify([...path, "use"]);
  return whole;
}

/** Add what usually follows: use first, and a stop after use that has an end. */
function next(list) {
  const last = list.at(-1);
  if (!last) list.push({ product: "leaf_powder", dose: "3 g", per_day: 3 });
  else if (last.stop) list.push({ product: "leaf_powder", dose: "3 g", per_day: 1 });
  else list.push({ stop: true });
  const before = list.at(-2);
  if (before && !before.for && !before.pause && !before.taper_over && !before.taper_by && !before.times) before.for = "2 wk";
}

function medicines(arm, path, edit) {
  const known = make("datalist", { id: "known-medicines" }, choices.medicines.map((name) => make("option", { value: name })));
  const rows = (arm.medicines ?? []).map((medicine, n) => {
    const here = [...path, "medicines", n];
    const set = (key, rebuild = false) => (v) => edit((one) => put(one.medicines[n], key, v), rebuild);
    return at(here,
      medicine.name,
      text("Medicine", [...here, "name"], medicine.name, (v) => edit((one) => (one.medicines[n] = only({ ...medicine, name: v, dose: undefined }))), { list: "known-medicines" }),
      text("Dose", [...here, "dose"], medicine.dose, set("dose"), { placeholder: "such as 50 mg" }),
      number("A day", [...here, "per_day"], medicine.per_day, set("per_day"), { min: 1, step: 1 }),
      time("From", [...here, "from"], medicine.from, set("from"), { empty: "start" }),
      time("For", [...here, "for"], medicine.for, set("for"), { empty: "to end" }),
      rest(medicine, "name", "dose", "per_day", "from", "for"),
      button("Remove", () => edit((one) => remove(one, "medicines", n)), { "aria-label": `Remove ${medicine.name}` }),
    );
  });
  return group("Medicines beside kratom", known, ...rows, button("Add a medicine", () => edit((one) => (one.medicines ??= []).push({ name: "ketoconazole", dose: "400 mg", per_day: 1 })), { id: "add-medicine" }));
}

function treatments(arm, path, edit) {
  const options = choices.treatments.map((one) => ({ value: one.name, label: one.label }));
  const rows = (arm.treatments ?? []).map((treatment, n) => {
    const here = [...path, "treatments", n];
    const set = (key, rebuild = false) => (v) => edit((one) => put(one.treatments[n], key, v), rebuild);
    return at(here,
      treatment.name,
      select("Treatment", [...here, "name"], options, treatment.name, (v) => edit((one) => (one.treatments[n] = only({ name: v, from: treatment.from, for: treatment.for })))),
      time("From", [...here, "from"], treatment.from, set("from"), { empty: "start" }),
      time("For", [...here, "for"], treatment.for, set("for"), { empty: "usual" }),
      rest(treatment, "name", "from", "for"),
      button("Remove", () => edit((one) => remove(one, "treatments", n)), { "aria-label": `Remove ${treatment.name}` }),
    );
  });
  return group("Treatments of depression", ...rows, button("Add a treatment", () => edit((one) => (one.treatments ??= []).push({ name: unused(one) })), { id: "add-treatment" }));
}

/** A table without the keys that hold nothing. */
const only = (table) => Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));

/** A group to which a mistake can point. */
function at(path, legend, ...children) {
  const whole = group(legend, ...children);
  whole.dataset.path = JSON.stringify(path);
  return whole;
}

/** The first treatment that an arm does not have yet; a talking one, which contradicts no medicine. */
const unused = (arm) => ["cbt", "exercise", ...choices.treatments.map((one) => one.name)].find((name) => !arm.treatments.some((one) => one.name === name));

function remove(holder, key, n) {
  holder[key].splice(n, 1);
  if (!holder[key].length) delete holder[key];
}

function record(of) {
  const every = ["15 min", "30 min", "1 h", "1 d", "1 wk"];
  const words = { "15 min": "15 minutes", "30 min": "30 minutes", "1 h": "hour", "1 d": "day", "1 wk": "week" };
  return group(
    "Record",
    time("Length", ["record", "for"], of.for, (v) => change((t) => (t.record.for = v))),
    select("One record every", ["record", "every"], every.map((v) => ({ value: v, label: words[v] })), of.every ?? "1 d", (v) => change((t) => (t.record.every = v), { rebuild: true })),
    check("pharmacokinetic quantities (AUC, Cmax, half-life)", ["record", "pk"], of.pk ?? false, (v) => change((t) => put(t.record, "pk", v || null))),
    rest(of, "for", "every", "pk"),
    rest(only({ monitoring: scenario().monitoring, parameters: scenario().parameters })),
  );
}

function settings(of) {
  const chosen = new Set([of.causal ?? "pharmacology"].flat());
  const boxes = choices.settings.map((one) =>
    make(
      "div",
      { class: "option" },
      check(one.name, ["setting", "causal", one.name], chosen.has(one.name), (on) => {
        if (on) chosen.add(one.name);
        else chosen.delete(one.name);
        const list = choices.settings.map((s) => s.name).filter((name) => chosen.has(name));
        change((t) => (table(t, "setting").causal = list.length ? list : ["pharmacology"]), { rebuild: !list.length });
      }),
      make("small", {}, one.label),
    ),
  );
  const channels = Object.entries(choices.channels).map(([name, label]) =>
    select(label, ["setting", "channels", name], [{ value: "", label: "as the setting says" }, { value: "on", label: "on" }, { value: "off", label: "off" }],
      of.channels && name in of.channels ? (of.channels[name] ? "on" : "off") : "", (v) =>
        change((t) => {
          const held = (table(t, "setting").channels ??= {});
          put(held, name, v === "" ? null : v === "on");
          if (!Object.keys(held).length) delete t.setting.channels;
        }),
    ),
  );
  return [
    make("p", { class: "note" }, "Hypotheses, never findings. Choose several to see what they agree on."),
    make("div", { "data-path": JSON.stringify(["setting", "causal"]) }, boxes),
    check("depression makes people likelier to start", ["setting", "selection"], of.selection ?? true, (v) => change((t) => put(table(t, "setting"), "selection", v ? null : false))),
    group("Channels from kratom to mood", ...channels),
  ];
}

function context(of) {
  const boxes = Object.entries(choices.context).map(([key, label]) =>
    check(label, ["context", key], of[key] ?? false, (v) => change((t) => put(table(t, "context"), key, v || null))),
  );
  const places = [{ value: "", label: "no place" }, ...choices.places.map((name) => ({ value: name, label: name }))];
  return [
    make("p", { class: "note" }, "They bring safety findings and change no number."),
    make("div", { class: "checks" }, boxes),
    [of.jurisdiction ?? []].flat().length > 1
      ? make("p", { class: "note" }, `Places, from the file: ${of.jurisdiction.join(", ")}`)
      : select("Place", ["context", "jurisdiction"], places, [of.jurisdiction ?? ""].flat()[0] ?? "", (v) => change((t) => put(table(t, "context"), "jurisdiction", v || null))),
  ];
}

function uncertainty(of) {
  const options = [0, 24, 50, 100].map((n) => ({ value: String(n), label: n ? `${n} sets, each drawn from what is known` : "values of the tables only" }));
  return [
    select("Parameter sets", ["uncertainty", "draws"], options, String(of?.draws ?? 0), (v) =>
      change((t) => put(t, "uncertainty", v === "0" ? null : { shares: 0, ...t.uncertainty, draws: Number(v) })),
    ),
    rest(of, "draws"),
    make("p", { class: "note" }, "Everybody lives the scenario in each set as well: bands of uncertainty, and which conclusions hold. It takes that many times as long."),
  ];
}

/** Show the arm in which a mistake was made. */
export function showArm(path) {
  if (path[0] === "arm" && Number.isInteger(path[1]) && path[1] !== open) {
    open = path[1];
    build();
  }
  for (const details of form.querySelectorAll("details.part")) if (details.dataset.part === path[0]) details.open = true;
}
