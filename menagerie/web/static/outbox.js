// Decisions that the server has not confirmed yet. They stand in localStorage, each under a name of
// its own, until it has: a page that is closed, or a server that is gone, loses none. The server
// records each ticket once, so that sending one again does no harm.

const PREFIX = "menagerie:decision:";
const MOST = 50;
const LONGEST_WAIT = 8000;

export function freshTicket() {
  return crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  // `heard` is called with each answer of the server; `changed` with how many wait, and why they do.
  constructor(heard, changed) {
    this.heard = heard;
    this.changed = changed;
    this.memory = new Map();
    this.sending = false;
    this.wait = 500;
    this.count = 0;
    this.trouble = "";
    addEventListener("online", () => this.send());
    addEventListener("beforeunload", (event) => { if (this.memory.size) event.preventDefault(); });
  }

  add(dataset, message, who) {
    // Of one moment, too, they stay in their order.
    this.count += 1;
    const place = `${String(Date.now()).padStart(15, "0")}-${String(this.count).padStart(6, "0")}`;
    const name = `${PREFIX}${place}-${message.ticket}`;
    const text = JSON.stringify({ dataset, message, who });
    try {
      localStorage.setItem(name, text);
    } catch {
      this.memory.set(name, text);
    }
    this.tell();
    this.send();
  }

  // What waits, the earliest first, but for datasets that are held back.
  waiting(held = new Set()) {
    const found = [...this.memory];
    for (let n = 0; n < localStorage.length; n += 1) {
      const name = localStorage.key(n);
      if (name.startsWith(PREFIX)) found.push([name, localStorage.getItem(name)]);
    }
    found.sort(([a], [b]) => (a < b ? -1 : 1));
    return found.map(([name, text]) => ({ name, ...JSON.parse(text) })).filter((one) => !held.has(one.dataset));
  }

  tell() { this.changed(this.waiting().length, this.trouble); }

  async send() {
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    const held = new Set();
    let trouble = "";
    for (let lot = this.waiting(); lot.length; lot = this.waiting(held)) {
      // One dataset and one name at a time, in their order.
      const [{ dataset, who }] = lot;
      const end = lot.findIndex((one) => one.dataset !== dataset || one.who !== who);
      try {
        await this.post(dataset, who, lot.slice(0, end < 0 ? MOST : Math.min(end, MOST)));
        this.wait = 500;
        this.trouble = trouble;
        this.tell();
      } catch (error) {
        trouble = error.message;
        // A dataset that is gone keeps no other one waiting.
        held.add(dataset);
      }
    }
    this.sending = false;
    if (!trouble) return;
    this.trouble = trouble;
    this.tell();
    this.timer = setTimeout(() => this.send(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  async post(dataset, who, lot) {
    let answer;
    try {
      answer = await fetch(`/api/v1/datasets/${encodeURIComponent(dataset)}/decisions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ who, decisions: lot.map((one) => one.message) }),
      });
    } catch {
      throw new Error("The server does not answer.");
    }
    if (answer.status === 401) throw new Error("You are signed out: sign in again in another tab.");
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      throw new Error(problem.detail || `The server refuses (${answer.status}).`);
    }
    const { results } = await answer.json();
    const sent = new Map(lot.map((one) => [one.message.ticket, one]));
    for (const result of results) {
      const one = sent.get(result.ticket);
      if (!one) continue;
      localStorage.removeItem(one.name);
      this.memory.delete(one.name);
      this.heard(result, one.message);
    }
  }
}
