/* Opening and saving: scenario files of this computer, run folders that the explorer found, the text of the scenario. */
import { choices, onChange, replace, scenario } from "./state.js";
import { ask, tell } from "./run.js";
import { make, place } from "./fields.js";
import { pack, showFolder } from "./workbench.js";


function save(content, name, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const fileName = () => (scenario().title ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "scenario";

const written = async () => (await tell("/write", { scenario: scenario() })).json();

/** Tell of a mistake with a file, until something changes. */
export function complain(error, where = place("file-mistake")) {
  where.textContent = error.message;
  where.hidden = false;
}

onChange(() => (place("file-mistake").hidden = true));

place("save-file").addEventListener("click", async () => {
  try {
    const { text, mistake } = await written();
    save(text, `${fileName()}.toml`, "text/plain");
    place("file-mistake").hidden = !mistake;
    if (mistake) complain(new Error(`Saved, and cannot be run as it stands: ${mistake}`));
  } catch (error) {
    complain(error);
  }
});

place("save-run").addEventListener("click", async () => {
  const file = await pack();
  if (!file) return;
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  save(bytes, `${fileName()}.zip`, "application/zip");
});

let shown = ""; // the text as it was shown
place("show-text").addEventListener("click", async () => {
  place("text-mistake").hidden = true;
  try {
    const { text, mistake } = await written();
    place("text").value = shown = text;
    if (mistake) complain(new Error(mistake), place("text-mistake"));
  } catch (error) {
    return complain(error);
  }
  place("text-dialog").showModal();
});
const mayGo = () => place("text").value === shown || confirm("Leave the text without applying its changes?");
place("text-close").addEventListener("click", () => mayGo() && place("text-dialog").close());
place("text-dialog").addEventListener("cancel", (event) => mayGo() || event.preventDefault());
place("text-apply").addEventListener("click", async () => {
  try {
    await read(place("text").value);
    place("text-dialog").close();
  } catch (error) {
    complain(error, place("text-mistake"));
  }
});

/** Take the scenario of a text. */
async function read(content) {
  const { scenario: tables } = await (await tell("/read", content)).json();
  replace(tables);
}

place("open-file").addEventListener("click", async () => {
  place("open-dialog").showModal();
  const list = place("folders");
  list.replaceChildren(make("li", {}, "looking …"));
  try {
    const { folders } = await ask("/folders");
    list.replaceChildren(...(folders.length ? folders.map(entry) : [make("li", { class: "note" }, "There are none. ketum run makes one.")]));
  } catch (error) {
    list.replaceChildren(make("li", { class: "mistake" }, error.message));
  }
});

function entry({ key, kind, name }) {
  const report = make("a", { href: `/report?key=${key}`, target: "_blank", rel: "noopener" }, "report");
  if (kind === "study") return make("li", {}, `${name} (study) `, report);
  const open = async () => {
    place("open-dialog").close();
    try {
      await showFolder(key);
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
    }
  };
  return make("li", {}, make("button", { type: "button", class: "button small", onclick: open }, name), " ", report);
}
place("open-close").addEventListener("click", () => place("open-dialog").close());
place("pick-file").addEventListener("click", () => place("file").click());
place("file").addEventListener("change", () => openFile(place("file").files[0]));

async function openFile(file) {
  place("open-dialog").close();
  place("file").value = "";
  if (!file) return;
  if (file.size > choices.limits.bytes) return complain(new Error(`${file.name}: is larger than 1 MB; allowed: a scenario file`));
  try {
    await read(await file.text());
  } catch (error) {
    complain(new Error(`${file.name}: ${error.message.replace(/^scenario\.toml: /, "")}`));
  }
}

const bench = place("view-workbench");
bench.addEventListener("dragover", (event) => event.preventDefault());
bench.addEventListener("drop", (event) => {
  event.preventDefault();
  openFile(event.dataTransfer.files[0]);
});
