// How far people have come, and what that did to the model; asked at most once in two seconds.

const byId = (id) => document.getElementById(id);
const count = (n, one, many) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
const percent = (share) => `${(100 * share).toFixed(1)}%`;
let timer;
let last = 0;

export function tellProgress(dataset) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(dataset), Math.max(0, last + 2000 - Date.now()));
}

async function ask(dataset) {
  last = Date.now();
  const answer = await fetch(`/api/v1/datasets/${encodeURIComponent(dataset)}/progress`).catch(() => null);
  if (!answer?.ok) return;
  const { decided, left, fresh, step } = await answer.json();
  byId("decided").textContent = decided.toLocaleString();
  byId("left").textContent = left.toLocaleString();
  const bar = byId("progress").querySelector("progress");
  bar.max = Math.max(decided + left, 1);
  bar.value = decided;
  byId("effect").textContent = [model(step), waiting(fresh)].filter(Boolean).join(" ");
}

function model(step) {
  if (!step) return "";
  const now = `The last model is right in ${percent(step.accuracy)}`;
  if (step.accuracy_before === null) return `${now}.`;
  const said = Object.values(step.said).reduce((a, b) => a + b, 0);
  return `${now}; the one before it, ${count(said, "decision", "decisions")} earlier, in ${percent(step.accuracy_before)}.`;
}

function waiting(fresh) {
  const made = Object.values(fresh).reduce((a, b) => a + b, 0);
  return made ? `${count(made, "decision waits", "decisions wait")} for the next release.` : "";
}
