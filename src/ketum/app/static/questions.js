/* The first depth: a shipped question is run and answered in words and pictures. */
import { questions, replace } from "./state.js";
import { lines, progressAt } from "./run.js";
import { show } from "./results.js";
import { place } from "./fields.js";

const progress = progressAt(place("question-status"));
let running = null;
let asked = "";

/** Ask a question, unless it is the one that is answered already. */
export async function answer(id) {
  if (id === asked) return;
  running?.abort();
  const mine = (running = new AbortController());
  asked = id;
  const target = place("answer");
  target.replaceChildren();
  target.removeAttribute("data-answered");
  place("question-after").hidden = true;
  progress.start();
  progress.write("Running …");
  try {
    await lines("/question", { id }, (line) => {
      progress.hear(line);
      if (line.kind === "part") {
        show(target, line, () => (target.dataset.answered = id));
        place("question-after").hidden = false;
      }
      if (line.kind === "done") progress.write(`Run just now, in ${line.seconds.toFixed(1)} s.`);
    }, mine.signal);
  } catch (error) {
    if (mine !== running) return;
    asked = "";
    progress.write(error.message);
  }
}

/** Cancel the run of a question that nobody looks at any more. */
export function leave() {
  if (running && !place("answer").dataset.answered) {
    running.abort();
    asked = "";
  }
}

place("to-workbench").addEventListener("click", () => {
  replace(questions.find((one) => one.id === asked).scenario);
  location.hash = "workbench";
});
