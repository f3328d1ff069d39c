// The pages of a sheet: the next one is loaded, pictures and all, before it is asked for.

const byId = (id) => document.getElementById(id);

export class Pages {
  constructor(sheet, settle) {
    this.sheet = sheet;
    this.settle = settle;
    this.ahead = null;
    byId("next").addEventListener("click", () => this.next());
    byId("previous").addEventListener("click", () => this.previous());
    // Back and forward load what the address says.
    addEventListener("popstate", () => location.reload());
    this.turned();
  }

  get list() { return this.sheet.querySelector("#cards"); }

  end() { return byId("next").disabled ? byId("undo") : byId("next"); }

  address(after, path = "") {
    const query = new URLSearchParams(this.sheet.dataset.query);
    if (after !== "0") query.set("after", after);
    return `${this.sheet.dataset.base}${path}?${query}`;
  }

  turned() {
    const { next, previous, total, start } = this.list.dataset;
    const count = this.list.children.length;
    byId("next").disabled = !next;
    byId("previous").disabled = !previous;
    byId("where").textContent = count
      ? `${(Number(start) + 1).toLocaleString()}–${(Number(start) + count).toLocaleString()} of ${Number(total).toLocaleString()}`
      : "";
    byId("empty").hidden = count > 0;
    byId("next").closest("nav").hidden = !count && !previous;
    this.ahead = next ? this.load(next) : null;
  }

  async load(after) {
    const answer = await fetch(this.address(after, "/cards")).catch(() => null);
    if (!answer?.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = document.importNode(page.getElementById("cards"), true);
    for (const image of list.querySelectorAll("img")) new Image().src = image.getAttribute("src");
    return list;
  }

  next() { return this.turn(this.list.dataset.next, this.ahead); }

  previous() { return this.turn(this.list.dataset.previous, null); }

  async turn(after, ahead) {
    if (!after || this.turning) return;
    this.turning = true;
    byId("where").textContent = "Loading…";
    let list = await ahead;
    while (!list) {
      list = await this.load(after);
      if (!list) {
        byId("where").textContent = "The server does not answer; trying again.";
        await new Promise((go) => { setTimeout(go, 1000); });
      }
    }
    this.list.replaceWith(list);
    history.pushState(null, "", this.address(after));
    this.turning = false;
    this.turned();
    this.settle();
    scrollTo({ top: 0 });
  }
}
