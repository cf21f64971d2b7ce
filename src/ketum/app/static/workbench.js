/* The workbench: runs the scenario when it changes, shows what comes, and tells of mistakes where they were made. */
import { choices, onChange, replace, scenario, undo } from "./state.js";
import { build, showArm } from "./form.js";
import { make, mark, place } from "./fields.js";
import { Mistake, lines, progressAt } from "./run.js";
import { HOURS, begin, choose, looked, take } from "./results.js";
import { personYears } from "./size.js";

const progress = progressAt(place("status"));
let running = null;
let packing = false;
let scheduled = 0;
let stale = true;
let wanted = 0; // when what is shown next was asked for
let answered = 0;

onChange((_, other) => {
  if (other) place("outcome").hidden = true; // what is shown is of another scenario
  schedule();
});

/** Run soon: at once where it is quick, else when it is asked for. */
function schedule() {
  clearTimeout(scheduled);
  stale = true;
  settled(false);
  clearMistakes();
  wanted = performance.now();
  if (place("view-workbench").hidden) return;
  const years = personYears(scenario());
  const { quick, most, people } = choices.limits;
  const count = scenario().people?.count ?? 1000;
  const tooLarge = years > most || count > people;
  place("run").hidden = years <= quick || tooLarge;
  if (years > quick || tooLarge) {
    stop();
    const about = count > people ? `${count.toLocaleString("en")} people` : `about ${Math.round(years).toLocaleString("en")} person-years`;
    progress.write(
      tooLarge
        ? `Too large for the explorer: ${about}; it takes up to ${(count > people ? people : most).toLocaleString("en")}. Take fewer people, settings, parameter sets or a shorter record, or save the scenario for the command.`
        : `This is a larger run: ${about}.`,
    );
    dim(true);
  } else scheduled = setTimeout(start, running ? 40 : 0);
}

/** Run if what is shown is not of this scenario. */
export const refresh = () => stale && schedule();

/** Say whether what is shown is of the scenario in the form. */
const settled = (on) => (place("outcome").dataset.settled = on ? "yes" : "no");
const dim = (on) => place("outcome").classList.toggle("old", on);

function stop() {
  running?.abort();
  running = null;
  place("cancel").hidden = true;
}

async function start() {
  stop();
  const mine = (running = new AbortController());
  const asked = wanted;
  const all = structuredClone(scenario());
  stale = false;
  place("run").hidden = true;
  progress.start();
  const slow = setTimeout(() => {
    place("cancel").hidden = false;
    if (!progress.told()) progress.write("Running …");
    dim(true);
  }, 400);
  try {
    const listen = (line) => {
      if (line.kind === "parts") clearTimeout(slow);
      if (mine === running) hear(line, all, asked);
    };
    await lines("/run", { scenario: all, first: looked() }, listen, mine.signal);
  } catch (error) {
    if (mine === running && error.name !== "AbortError") tellMistake(error);
  } finally {
    clearTimeout(slow);
    if (mine === running) {
      running = null;
      place("cancel").hidden = true;
    }
  }
}

function hear(line, all, asked) {
  progress.hear(line);
  if (line.kind === "parts") {
    clearMistakes();
    place("outcome").hidden = false;
    place("outcome-title").textContent = all.title || "scenario";
    place("head").textContent = line.head;
    place("regimens").replaceChildren(...line.arms.flatMap(([name, words]) => [make("dt", {}, name), make("dd", {}, words)]));
    place("findings-body").innerHTML = line.findings;
    tellFindings();
    begin(line);
  }
  if (line.kind === "part") {
    dim(false);
    take(line, () => (place("outcome").dataset.answered = ++answered));
  }
  if (line.kind === "done") {
    if (looked() === HOURS) choose(HOURS);
    dim(false);
    place("outcome").dataset.whole = "yes";
    settled(!stale);
    progress.write(`Done in ${((performance.now() - asked) / 1000).toFixed(2)} s.`);
  }
}

/** Say how many safety findings there are, and how serious they are. */
function tellFindings() {
  const found = [...place("findings-body").querySelectorAll(".finding")];
  const of = (kind) => found.filter((one) => one.classList.contains(kind)).length;
  const words = [["danger", of("danger")], ["warning", of("warning")], ["caution", of("caution")]]
    .filter(([, n]) => n)
    .map(([kind, n]) => `${n} ${kind}${n > 1 ? "s" : ""}`);
  const serious = of("danger") ? "danger" : of("warning") ? "warning" : "";
  const first = found.find((one) => one.classList.contains(serious))?.querySelector("p");
  const said = first?.textContent.replace(first.querySelector("strong").textContent, "").trim().split(/[:;(]|\. /)[0];
  const what = said ? ` (${serious}: ${said})` : "";
  place("findings-summary").textContent = words.length ? `safety findings: ${words.join(", ")}${what}` : "safety findings: none of the table applies";
  place("findings").className = `folded safety ${serious}`;
}

function clearMistakes() {
  place("mistake").hidden = true;
  place("mistake").textContent = "";
  mark(place("form"), []);
}

function tellMistake(error) {
  progress.write("");
  dim(true);
  const told = place("mistake");
  told.textContent = error instanceof Mistake ? error.message : `Something went wrong in this page: ${error.message}`;
  told.hidden = false;
  if (!(error instanceof Mistake)) console.error(error);
  if (!error.key?.length) {
    stale = true; // nothing in the form is wrong: it can be tried again
    place("run").hidden = false;
  }
  showArm(error.key ?? []);
  const control = mark(place("form"), error.key ?? [], error.message);
  if (!control) told.scrollIntoView({ block: "nearest" });
}

/** Show what a run folder holds, without running it. */
export async function showFolder(key) {
  stop();
  const mine = (running = new AbortController());
  let all = scenario();
  wanted = performance.now();
  const told = [];
  try {
    await lines("/show", { key }, (line) => (line.kind === "scenario" ? (all = line.tables) : told.push(line)), mine.signal);
  } catch (error) {
    if (mine === running) schedule();
    throw error;
  }
  if (mine !== running) return;
  replace(all);
  clearTimeout(scheduled);
  stop();
  stale = false;
  place("run").hidden = true;
  told.forEach((line) => hear(line, all, wanted));
  progress.write("As the run folder holds it.");
}

/** Make the run folder of the scenario and return it, packed. */
export async function pack() {
  const unfinished = running !== null || stale; // what is in the form is not on the screen yet
  clearTimeout(scheduled);
  stop();
  packing = true;
  const mine = (running = new AbortController());
  place("cancel").hidden = false;
  place("run").hidden = true;
  progress.start();
  progress.write("Making the run folder …");
  try {
    let file;
    await lines("/pack", { scenario: scenario() }, (line) => (line.kind === "file" ? (file = line) : progress.hear(line)), mine.signal);
    progress.write("The run folder was saved.");
    return file;
  } catch (error) {
    if (error.name !== "AbortError") tellMistake(error);
    return null;
  } finally {
    packing = false;
    if (mine === running) stop();
    if (unfinished) schedule();
  }
}

place("run").addEventListener("click", () => {
  wanted = performance.now();
  start();
  place("status").focus();
});
place("cancel").addEventListener("click", () => {
  const ofRun = !packing;
  stop();
  progress.write("Cancelled.");
  place("status").focus();
  if (!ofRun) return;
  stale = true;
  place("run").hidden = false;
});
place("undo").addEventListener("click", undo);
place("form").addEventListener("submit", (event) => event.preventDefault());
build();
