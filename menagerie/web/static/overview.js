// The first page: what runs, and the button that starts a refresh.

const EVERY_MS = 10_000;

function element(name, text, properties = {}) {
  // Names of runs are somebody's text: never markup.
  const made = Object.assign(document.createElement(name), properties);
  if (text) made.textContent = text;
  return made;
}

async function ask(path, options) {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  const document_ = await answer.json();
  if (!answer.ok) throw new Error(document_.detail || `HTTP status ${answer.status}`);
  return document_;
}

function line(run) {
  const item = element("li");
  item.append(
    element("a", run.name, { href: run.url, rel: "noreferrer" }),
    element("span", run.dataset),
    element("span", run.state, { className: "state" }),
  );
  if (run.started_at) {
    const since = new Date(run.started_at);
    item.append(element("time", `since ${since.toLocaleTimeString()}`, { className: "quiet", dateTime: run.started_at }));
  }
  return item;
}

async function showRuns(list) {
  let shown;
  try {
    const { runs } = await ask("/api/v1/runs");
    shown = runs.length ? element("ul") : element("p", "Nothing runs.", { className: "quiet" });
    shown.append(...runs.map(line));
  } catch (error) {
    shown = element("p", error.message, { className: "quiet" });
  }
  // Screen readers read out what changes: leave alone what does not.
  if (list.firstElementChild?.outerHTML !== shown.outerHTML) list.replaceChildren(shown);
}

async function refresh(button, list) {
  const name = button.dataset.refresh;
  const told = document.querySelector(`[data-told="${CSS.escape(name)}"]`);
  button.disabled = true;
  try {
    const run = await ask(`/api/v1/datasets/${encodeURIComponent(name)}/refresh`, { method: "POST" });
    told.replaceChildren("The refresh was asked for: ", element("a", run.name, { href: run.url, rel: "noreferrer" }), ".");
    if (list) await showRuns(list);
  } catch (error) {
    told.textContent = error.message;
  } finally {
    button.disabled = false;
  }
}

const list = document.querySelector("[data-runs] [data-list]");
if (list) {
  showRuns(list);
  setInterval(() => document.hidden || showRuns(list), EVERY_MS);
}
for (const button of document.querySelectorAll("[data-refresh]")) {
  button.addEventListener("click", () => refresh(button, list));
}
