// One card: what it shows of a decision, and what a person can press on it.

const tools = () => document.getElementById("tools").content;

export function dress(card) {
  if (card.querySelector(".tools")) return;
  card.append(tools().cloneNode(true));
  const title = card.querySelector("h3").textContent.trim();
  card.querySelector("[data-do=pick]").setAttribute("aria-label", `Select ${title}`);
  for (const name of ["keep", "reject"]) {
    const button = card.querySelector(`[data-do=${name}]`);
    button.setAttribute("aria-label", `${button.textContent} ${title}`);
  }
  card.querySelector("select").setAttribute("aria-label", `Label ${title}`);
  show(card);
}

export const stateOf = ({ dataset: d }) => ({
  state: d.state, label: d.label, mark: d.mark, who: d.who || "", note: d.note || "",
});

export function setState(card, now) {
  for (const name of ["state", "label", "mark", "who", "note"]) card.dataset[name] = now[name] ?? "";
  show(card);
}

export function show(card, notice = "") {
  const { state, label, who, note } = card.dataset;
  const words = { keep: `Kept as ${label}`, label: `Labelled ${label}`, reject: "Rejected" }[state] || "";
  const because = state === "reject" && note ? `: ${note}` : "";
  const by = words && who ? ` · ${who}` : "";
  card.querySelector(".verdict").textContent = notice || words + because + by;
  card.classList.toggle("noticed", Boolean(notice));
  card.querySelector("[data-do=keep]").setAttribute("aria-pressed", String(state === "keep"));
  card.querySelector("[data-do=reject]").setAttribute("aria-pressed", String(state === "reject"));
  card.querySelector("select").value = state === "label" ? label : "";
}

export const isPicked = (card) => card.querySelector("[data-do=pick]")?.checked;

export function pick(card, on) {
  card.querySelector("[data-do=pick]").checked = on;
  card.classList.toggle("picked", on);
}

// The card above or below: of those in the next row, the one that is nearest.
export function neighbour(cards, card, down) {
  const box = card.getBoundingClientRect();
  const middle = box.left + box.width / 2;
  let best = null;
  let least = Infinity;
  for (const other of cards) {
    const there = other.getBoundingClientRect();
    const apart = down ? there.top - box.top : box.top - there.top;
    if (apart < box.height / 2) continue;
    const distance = apart * 10 + Math.abs(there.left + there.width / 2 - middle);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
