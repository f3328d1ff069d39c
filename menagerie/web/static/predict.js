// The page on which the model is tried: photos by dropping, choosing, pasting or address.

const NEIGHBOURS = 6;
// Flickr's terms allow 30 of its photos on a page.
const MOST_RESULTS = 4;
const AGAIN_MS = [1500, 3000, 6000, 12_000, 24_000];

const form = document.querySelector("[data-asking]");
const results = document.querySelector("[data-results]");
const template = document.getElementById("result");

function element(name, text, properties = {}) {
  // Names, titles and errors are strangers' text: never markup.
  const made = Object.assign(document.createElement(name), properties);
  if (text) made.textContent = text;
  return made;
}

function percent(share) {
  // What is nearly certain, or nearly excluded, is not shown as certain or excluded.
  const isClear = (share >= 0.0995 && share < 0.9895) || share >= 0.9995;
  return `${(100 * share).toFixed(isClear ? 0 : 1)}%`;
}

async function ask(body, type) {
  const where = new URLSearchParams({ dataset: form.dataset_.value, neighbours: NEIGHBOURS });
  const answer = await fetch(`/api/v1/predict?${where}`, {
    method: "POST",
    body,
    headers: { "Content-Type": type, Accept: "application/json" },
  }).catch(() => {
    throw new Error("The server does not answer. See that it still runs, and try again.");
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || `The server answered with HTTP status ${answer.status}.`);
  return told;
}

function begin(name, file) {
  const card = template.content.firstElementChild.cloneNode(true);
  card.querySelector("[data-name]").textContent = name;
  const image = card.querySelector(".seen img");
  if (file) {
    image.src = URL.createObjectURL(file);
    image.alt = "The photo that was asked about";
    image.hidden = false;
    image.addEventListener("error", () => card.classList.add("bare"));
  } else {
    card.classList.add("bare");
  }
  results.prepend(card);
  // On a phone it would appear below the screen.
  if (card.getBoundingClientRect().top > innerHeight * 0.6) card.scrollIntoView();
  while (results.children.length > MOST_RESULTS) {
    const last = results.lastElementChild;
    URL.revokeObjectURL(last.querySelector(".seen img").src);
    last.remove();
  }
  return card;
}

function bar(label, share) {
  const row = element("tr");
  const rail = element("span", "", { className: "rail" });
  const fill = element("span", "", { className: "fill" });
  fill.style.width = `${100 * share}%`;
  rail.setAttribute("aria-hidden", "true");
  rail.append(fill);
  const cell = element("td", "", { className: "bar" });
  cell.append(rail);
  row.append(element("th", label, { scope: "row" }), cell, element("td", percent(share), { className: "number" }));
  return row;
}

function show(card, told) {
  const [found] = told.predictions;
  const answer = card.querySelector("[data-answer]");
  answer.textContent = found.none_of_these ? "None of these" : found.label;
  answer.classList.toggle("unsure", found.none_of_these);
  const note = card.querySelector("[data-note]");
  const unsure = `The likeliest would be ${Object.keys(found.probabilities)[0]}, but the model names no class below ${percent(told.threshold)}.`;
  note.textContent = [found.none_of_these ? unsure : "", found.note ? `It is ${found.note}.` : ""].join(" ").trim();
  note.hidden = !note.textContent;
  const bars = card.querySelector("[data-bars]");
  bars.replaceChildren(...Object.entries(found.probabilities).map(([label, share]) => bar(label, share)));
  bars.hidden = false;
  card.querySelector("[data-from]").replaceChildren(
    "Answered by model ", element("code", told.model), ", trained on release ", element("code", told.release), ".",
  );
  showNear(card, found);
}

function showNear(card, found) {
  const near = card.querySelector("[data-near]");
  const photos = found.neighbours || [];
  near.hidden = !photos.length && !found.neighbours_pending;
  near.querySelector("[data-pending]").hidden = !found.neighbours_pending;
  near.querySelector("[data-photos]").replaceChildren(...photos.map(neighbour));
}

function neighbour(photo) {
  const item = element("li");
  const figure = element("figure");
  const frame = element("span", "", { className: "frame" });
  const image = element("img", "", { src: photo.thumb, alt: `Training photo of ${photo.label}: ${photo.title}`, loading: "lazy" });
  image.addEventListener("error", () => image.remove());
  frame.append(image);
  const caption = element("figcaption");
  const title = photo.page_url ? element("a", photo.title, { href: photo.page_url, rel: "noreferrer" }) : element("span", photo.title);
  const license = photo.license_url
    ? element("a", photo.license, { href: photo.license_url, rel: "noreferrer" })
    : element("span", photo.license);
  caption.append(element("strong", photo.label), ` ${percent(Math.max(0, photo.likeness))} alike`);
  const credit = element("span", "", { className: "quiet" });
  credit.append(title, ` by ${photo.creator}, `, license);
  caption.append(credit);
  figure.append(frame, caption);
  item.append(figure);
  return item;
}

async function predict(name, file, body, type) {
  const card = begin(name, file);
  try {
    let told = await ask(body, type);
    show(card, told);
    for (const pause of AGAIN_MS) {
      if (!told.predictions[0].neighbours_pending || !card.isConnected) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
      told = await ask(body, type);
      showNear(card, told.predictions[0]);
    }
  } catch (error) {
    const answer = card.querySelector("[data-answer]");
    answer.textContent = error.message;
    answer.classList.add("failed");
    answer.setAttribute("role", "alert");
  }
}

function predictFiles(files) {
  for (const file of [...files].slice(0, MOST_RESULTS)) {
    // What it is follows from its bytes, not from what the browser takes it for.
    predict(file.name || "pasted photo", file, file, "application/octet-stream");
  }
}

function predictAddress(address) {
  predict(address, null, JSON.stringify({ addresses: [address] }), "application/json");
}

if (form) {
  form.dataset_ = form.elements.namedItem("dataset");
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      predictFiles(input.files);
      input.value = "";
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.elements.namedItem("address");
    if (field.value.trim()) predictAddress(field.value.trim());
    else field.focus();
  });
  const drop = form.querySelector("[data-drop]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind !== "drop") return;
      const address = event.dataTransfer.getData("text/uri-list").split("\n")[0];
      if (event.dataTransfer.files.length) predictFiles(event.dataTransfer.files);
      else if (address) predictAddress(address);
    });
  }
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    const text = event.clipboardData.getData("text/plain").trim();
    const isField = event.target instanceof HTMLInputElement;
    if (files.length) predictFiles(files);
    else if (!isField && /^https?:\/\//.test(text)) predictAddress(text);
    else return;
    event.preventDefault();
  });
  form.dataset_.addEventListener("change", () => {
    history.replaceState(null, "", `?${new URLSearchParams({ dataset: form.dataset_.value })}`);
  });
}
