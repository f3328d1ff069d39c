// Reviewing: keys, decisions shown at once and saved in the background, pages loaded ahead.

import { dress, isPicked, neighbour, pick, setState, show, stateOf } from "./cards.js";
import { Outbox, freshTicket } from "./outbox.js";
import { Pages } from "./pages.js";
import { tellProgress } from "./progress.js";

const byId = (id) => document.getElementById(id);
const sheet = byId("sheet");
const dataset = byId("progress").dataset.dataset;
const labels = [...document.querySelectorAll("#toolbar select option")].slice(1).map((o) => o.value);
const DONE = `menagerie:done:${dataset}`;

const cards = () => [...sheet.querySelectorAll(".card")];
const cardOf = (photo) => sheet.querySelector(`.card[data-photo="${CSS.escape(photo)}"]`);
const picked = () => cards().filter(isPicked);
let current = null;
// What cards showed before a decision, by its ticket: for what the server refuses.
const before = new Map();
// What can be undone: messages that were made together, the latest last.
const done = JSON.parse(sessionStorage.getItem(DONE) || "[]");
let asking = [];

const outbox = new Outbox(hear, (count, trouble) => {
  byId("saved").textContent = count
    ? `${count.toLocaleString()} ${count === 1 ? "decision waits" : "decisions wait"} to be saved.`
    : "All decisions are saved.";
  const offline = byId("offline");
  offline.hidden = !trouble;
  if (trouble) {
    offline.textContent = `${trouble} ${count.toLocaleString()} `
      + `${count === 1 ? "decision is" : "decisions are"} kept in this browser and sent when it is back. Go on.`;
  }
});

function hear(result, message) {
  const card = cardOf(message.photo);
  const earlier = before.get(result.ticket);
  before.delete(result.ticket);
  if (result.outcome === "stored" || result.outcome === "known") {
    tellProgress(dataset);
    // What was decided since on this page counts, not what the server knew then.
    if (card && result.now && card.dataset.mark === message.ticket) setState(card, result.now);
    return;
  }
  if (!card) return;
  setState(card, result.now || earlier || stateOf(card));
  const whose = result.now?.who ? `${result.now.who} decided meanwhile: ` : "";
  show(card, result.outcome === "overtaken"
    ? `${whose}${card.querySelector(".verdict").textContent || "taken back"}. Decide again if you differ.`
    : result.detail);
}

const who = () => localStorage.getItem("menagerie:who") || "";

function send(card, message, next) {
  const ticket = freshTicket();
  before.set(ticket, stateOf(card));
  const seen = card.dataset.mark;
  setState(card, { ...next, who: who(), mark: ticket });
  outbox.add(dataset, { ticket, photo: card.dataset.photo, seen, ...message }, who());
  return ticket;
}

function decide(chosen, message, next) {
  const group = byId("group").checked ? { group: true } : {};
  const made = chosen.map((card) => {
    const was = stateOf(card);
    const label = message.label || card.dataset.label;
    const ticket = send(card, { ...message, ...group }, { label, note: "", ...next });
    return { ticket, photo: card.dataset.photo, was };
  });
  if (!made.length) return;
  done.push(made);
  remember();
  for (const card of chosen) pick(card, false);
  showPicked();
  if (chosen.includes(current)) goOn();
}

function remember() {
  sessionStorage.setItem(DONE, JSON.stringify(done.slice(-200)));
  byId("undo").disabled = !done.length;
}

function undo() {
  const made = done.pop();
  if (!made) return;
  remember();
  for (const { ticket, photo, was } of made) {
    const card = cardOf(photo);
    const fresh = freshTicket();
    if (card) {
      before.set(fresh, stateOf(card));
      setState(card, { ...was, mark: fresh });
    }
    outbox.add(dataset, { ticket: fresh, photo, undoes: ticket }, who());
  }
  const card = cardOf(made[0].photo);
  if (card) focus(card);
  else byId("saved").textContent = "Took back a decision on another page.";
}

const keep = (chosen) => decide(chosen, { choice: "keep" }, { state: "keep" });
const relabel = (chosen, label) => decide(chosen, { choice: "label", label }, { state: "label", label });

function reject(chosen) {
  if (!chosen.length) return;
  asking = chosen;
  byId("why-text").value = "";
  byId("why").showModal();
  byId("why-go").focus();
}

function rejectNow(note) {
  byId("why").close();
  const chosen = asking.filter((card) => card.isConnected);
  asking = [];
  decide(chosen, { choice: "reject", note }, { state: "reject", note });
  if (current?.isConnected && document.activeElement === document.body) current.focus();
}

// What keys are about: what is selected, else where the reader is.
function about() {
  const chosen = picked();
  return chosen.length ? chosen : current?.isConnected ? [current] : [];
}

function focus(card, options) {
  if (current?.isConnected) current.tabIndex = -1;
  current = card;
  if (!card) return;
  card.tabIndex = 0;
  card.focus(options);
  if (!options) card.scrollIntoView({ block: "nearest" });
}

function goOn() {
  const all = cards();
  const place = all.indexOf(current);
  const next = all.slice(place + 1).find((card) => !card.dataset.state);
  if (next) focus(next);
  else if (all.every((card) => card.dataset.state)) (pages?.end() ?? current).focus();
  else current.focus();
}

function showPicked() {
  const count = picked().length;
  byId("toolbar").hidden = !count;
  byId("selected").textContent = count ? `${count} selected` : "";
}

function pickAll() {
  const all = cards();
  const on = !all.every(isPicked);
  for (const card of all) pick(card, on);
  showPicked();
}

function enlarge(card) {
  const link = card?.querySelector("a.pic");
  if (!link) return;
  byId("large-image").src = link.href;
  byId("large-image").alt = link.querySelector("img").alt;
  byId("large").showModal();
}

const perform = {
  keep: (chosen) => keep(chosen),
  reject: (chosen) => reject(chosen),
  label: (chosen, value) => value && relabel(chosen, value),
  none: () => { for (const card of picked()) pick(card, false); showPicked(); },
};

function act(event) {
  const control = event.target.closest("[data-do]");
  if (!control || (event.type === "change") !== control.matches("select, input")) return;
  const card = control.closest(".card");
  if (card) current = card;
  if (control.dataset.do === "pick") {
    pick(card, control.checked);
    showPicked();
    return;
  }
  perform[control.dataset.do](card ? [card] : picked(), control.value);
  if (!card && control.matches("select")) control.value = "";
}

const move = {
  ArrowRight: (all, place) => all[place + 1],
  ArrowLeft: (all, place) => all[place - 1],
  ArrowDown: (all, place) => neighbour(all, all[place], true),
  ArrowUp: (all, place) => neighbour(all, all[place], false),
  Home: (all) => all[0],
  End: (all) => all.at(-1),
};

const keys = {
  k: () => keep(about()),
  r: () => reject(about()),
  z: undo,
  n: () => pages?.next(),
  p: () => pages?.previous(),
  a: pickAll,
  "?": () => byId("keys").showModal(),
  " ": () => { if (current?.isConnected) { pick(current, !isPicked(current)); showPicked(); } },
  Enter: () => enlarge(current),
  Escape: () => perform.none(),
};

function press(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Who leans on a key means one photo; only to go on may it be held.
  if (event.repeat && !(key in move) && !event.target.matches("input, textarea, select")) {
    event.preventDefault();
    return;
  }
  if (byId("why").open) { pressWhy(event, key); return; }
  if (document.querySelector("dialog[open]")) return;
  if (event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  if (["Enter", " "].includes(key) && event.target.matches("a, button, input")) return;
  if (key in move) {
    const all = cards();
    const place = all.indexOf(current);
    const next = place < 0 ? all[0] : move[key](all, place);
    if (!next) return;
    focus(next);
  } else if (/^[1-9]$/.test(key) && labels[key - 1]) relabel(about(), labels[key - 1]);
  else if (keys[key]) keys[key]();
  else return;
  event.preventDefault();
}

function pressWhy(event, key) {
  if (event.target.id === "why-text") return;
  const reasons = byId("why").querySelectorAll("[data-why]");
  if (key === "r") rejectNow("");
  else if (/^[1-9]$/.test(key) && reasons[key - 1]) rejectNow(reasons[key - 1].dataset.why);
  else return;
  event.preventDefault();
}

// What waits to be sent holds for what is shown, whatever the server said when the page was made.
function settle() {
  for (const card of cards()) dress(card);
  for (const { dataset: where, message } of outbox.waiting()) {
    const card = where === dataset && cardOf(message.photo);
    if (!card || message.undoes) continue;
    const label = message.label || card.dataset.label;
    setState(card, { state: message.choice, label, note: message.note, who: who(), mark: message.ticket });
  }
  showPicked();
  if (!document.activeElement?.closest("input, button, select")) {
    focus(cards().find((card) => !card.dataset.state) || cards()[0], { preventScroll: true });
  }
}

const pages = sheet.dataset.query === undefined ? null : new Pages(sheet, settle);

sheet.addEventListener("click", (event) => {
  const link = event.target.closest("a.pic");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    current = link.closest(".card");
    enlarge(current);
  } else act(event);
});
sheet.addEventListener("change", act);
sheet.addEventListener("focusin", (event) => { current = event.target.closest(".card") || current; });
byId("toolbar").addEventListener("click", act);
byId("toolbar").addEventListener("change", act);
byId("undo").addEventListener("click", undo);
byId("help").addEventListener("click", keys["?"]);
byId("why").addEventListener("click", (event) => {
  const reason = event.target.closest("[data-why]");
  if (reason) rejectNow(reason.dataset.why);
});
byId("why").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  rejectNow(byId("why-text").value.trim());
});
byId("why-no").addEventListener("click", () => byId("why").close());
byId("who").value = who();
byId("who").addEventListener("change", () => localStorage.setItem("menagerie:who", byId("who").value.trim()));
document.querySelector("form.who").addEventListener("submit", (event) => event.preventDefault());
addEventListener("keydown", press);

// For pages that bring other cards.
export const renew = settle;

// Of a row that is pushed sideways, what is chosen is to be seen.
for (const chosen of document.querySelectorAll(".tabs [aria-current], .keys-nav [aria-current]")) {
  const row = chosen.parentElement;
  row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}

settle();
remember();
outbox.tell();
outbox.send();
tellProgress(dataset);
document.documentElement.dataset.ready = "yes";
