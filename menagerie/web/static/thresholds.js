// A histogram with a line that can be moved, what it would do, and the photos near it.

import { renew } from "./review.js";

const byId = (id) => document.getElementById(id);
const box = byId("threshold");
const { key } = box.dataset;
const dataset = byId("progress").dataset.dataset;
const base = byId("sheet").dataset.base;
const [low, high] = [Number(box.dataset.low), Number(box.dataset.high)];
const line = byId("line");
const number = byId("number");
const api = `/api/v1/datasets/${encodeURIComponent(dataset)}/thresholds/${key}`;
const photos = (n) => `${n.toLocaleString()} ${n === 1 ? "photo" : "photos"}`;
let now = Number(box.dataset.value);
let { seen } = box.dataset;
let asked = 0;

function draw(bins, value) {
  const svg = byId("histogram");
  const most = Math.max(...bins, 1);
  const width = 480 / bins.length;
  const at = Math.min(1, Math.max(0, (value - low) / (high - low)));
  svg.replaceChildren(...bins.map((count, place) => {
    // A few photos among thousands are still to be seen.
    const height = count && Math.max(2, 112 * Math.sqrt(count / most));
    const out = box.dataset.least ? (place + 0.5) / bins.length < at : (place + 0.5) / bins.length > at;
    return shape("rect", { x: place * width + 0.5, y: 120 - height, width: width - 1, height, class: out ? "out" : "" });
  }), shape("line", { x1: at * 480, x2: at * 480, y1: 0, y2: 120 }));
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [each, value] of Object.entries(attributes)) made.setAttribute(each, value);
  return made;
}

function tell({ out, back, known, asked: value }) {
  const same = value === now;
  byId("effect-out").textContent = same && !out && !back
    ? `As the recipe has it, among ${photos(known)}.`
    : `At ${value}: ${photos(out)} more would be left out, and ${photos(back)} would pass this rule again.`;
  byId("write").disabled = same;
  byId("back").disabled = same;
}

async function ask(value) {
  asked += 1;
  const mine = asked;
  draw(box.dataset.bins.split(",").map(Number), value);
  await new Promise((go) => { setTimeout(go, 120); });
  if (mine !== asked) return;
  const query = new URLSearchParams({ key, value });
  const [told, near] = await Promise.all([
    fetch(`${api}?${query}`).catch(() => null),
    fetch(`${base}/thresholds/near?${query}`).catch(() => null),
  ]);
  if (mine !== asked) return;
  if (!told?.ok || !near?.ok) {
    byId("effect-out").textContent = "The server does not answer. Move the line again in a while.";
    return;
  }
  const effect = await told.json();
  seen = effect.seen;
  tell(effect);
  const page = new DOMParser().parseFromString(await near.text(), "text/html");
  byId("cards").replaceWith(document.importNode(page.getElementById("cards"), true));
  renew();
}

function move(value) {
  line.value = value;
  number.value = value;
  ask(value);
}

async function write() {
  const answer = await fetch(api, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ value: Number(number.value), seen }),
  }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok) {
    byId("effect-out").textContent = told?.detail || "The server does not answer. Nothing was written.";
    return;
  }
  now = told.value;
  seen = told.seen;
  tell(told);
  byId("effect-out").textContent = `Written: ${key} = ${now}. It counts when photos are judged next: menagerie curate ${dataset}.`;
}

line.addEventListener("input", () => { number.value = line.value; ask(Number(line.value)); });
number.addEventListener("change", () => { if (number.value !== "") move(Number(number.value)); });
byId("write").addEventListener("click", write);
byId("back").addEventListener("click", () => move(now));
byId("histogram").addEventListener("pointerdown", (event) => {
  const drag = (at) => {
    const area = byId("histogram").getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (at.clientX - area.left) / area.width));
    line.value = low + share * (high - low);
    number.value = line.value;
    ask(Number(line.value));
  };
  const stop = () => { removeEventListener("pointermove", drag); removeEventListener("pointerup", stop); };
  addEventListener("pointermove", drag);
  addEventListener("pointerup", stop);
  drag(event);
});
// Not what the slider says, which rounds to its steps.
ask(Number(number.value));
