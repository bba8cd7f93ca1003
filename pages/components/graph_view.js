// Shows a graph that the server drew: swaps it in place and keeps zoom, focus and hover. Names come as SVG text that
// a parser wrote, or as data set by textContent; nothing is ever read as markup here.

const READABLE = { wide: 0.6, narrow: 0.72 }; // the graph does not open smaller than this; "Fit" shows it whole
const SEEN = ["Resource", "Region", "SKU", "Type", "Resource ID"]; // stand in the box, or are too long for a card
const NARROW = "(max-width: 899px)";
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const seen = new Map(); // zoom and focus of every graph by its id: they outlive a change of page

export default function ({ data, parentElement, setTriggerValue }) {
  const view = (parentElement.graphView ??= new GraphView(parentElement));
  view.update(data, (key) => setTriggerValue("activated", key));
  return () => view.close();
}

class GraphView {
  constructor(root) {
    this.root = root;
    for (const part of ["view", "strip", "frame", "bar", "save", "stage", "twin", "card", "pane", "go", "shut"]) this[part] = root.querySelector(`.${part}`);
    this.pointers = new Map();
    this.listen();
  }

  listen() {
    const { stage, bar } = this;
    bar.addEventListener("click", (e) => this.act(e.target.closest("[data-act]")?.dataset.act));
    this.save.addEventListener("click", (e) => this.download(e.target.closest("[data-save]")?.dataset.save));
    this.shut.addEventListener("click", () => this.leave());
    this.go.addEventListener("click", () => this.tell(this.opened));
    this.pane.addEventListener("keydown", (e) => { if (e.key === "Escape") { e.stopPropagation(); this.leave(); } });
    stage.addEventListener("keydown", (e) => this.key(e));
    stage.addEventListener("click", (e) => this.activate(nodeOf(e.target)));
    stage.addEventListener("focusin", (e) => this.focused(nodeOf(e.target)));
    stage.addEventListener("focusout", () => this.point(null));
    stage.addEventListener("pointerover", (e) => e.pointerType === "mouse" && this.point(nodeOf(e.target)));
    stage.addEventListener("pointerleave", () => this.point(null));
    stage.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    stage.addEventListener("pointerdown", (e) => this.down(e));
    stage.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (e) => this.up(e));
    this.frame.addEventListener("fullscreenchange", () => this.full());
    this.resized = new ResizeObserver(() => this.untouched && this.home());
    this.resized.observe(this.frame);
    this.narrow = matchMedia(NARROW);
    this.fold = () => { this.view.open = !this.narrow.matches || Boolean(this.data?.files); }; // a page of its own stands open
    this.narrow.addEventListener("change", this.fold);
    if (!this.frame.requestFullscreen) bar.querySelector("[data-act=full]").hidden = true;
  }

  close() {
    this.resized.disconnect();
    this.narrow.removeEventListener("change", this.fold);
    delete this.root.graphView;
  }

  update(data, tell) {
    this.tell = tell;
    const first = !this.data;
    this.data = data;
    if (first) this.fold();
    this.state = seen.get(data.id) ?? { x: 0, y: 0, scale: 0, focus: null };
    seen.set(data.id, this.state);
    this.frame.dataset.theme = isDark(this.frame) ? "dark" : "light";
    this.strip.textContent = data.name;
    this.draw(new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement);
    this.tabulate();
    this.save.hidden = !data.files;
    if (this.opened) this.open(this.opened);
    if (this.untouched) this.home();
    else this.size();
    this.apply();
  }

  // The same layout: only what differs is replaced, so that focus and hover stay. Another layout: all of it.
  draw(fresh) {
    prepare(fresh, this.data);
    const old = this.svg;
    const focus = nodeOf(this.root.activeElement)?.dataset.key;
    if (old && sameLayout(old, fresh)) patch(old, fresh);
    else if (old) old.replaceWith(fresh);
    else this.stage.append(fresh);
    const keep = this.nodes.find((n) => n.dataset.key === this.state.focus) ?? this.nodes[0];
    for (const node of this.nodes) node.setAttribute("tabindex", node === keep ? 0 : -1);
    if (focus && nodeOf(this.root.activeElement)?.dataset.key !== focus) this.find(focus)?.focus({ preventScroll: true });
    if (this.pointed) this.point(this.find(this.pointed.dataset.key));
  }

  get svg() { return this.stage.querySelector("svg"); }
  get nodes() { return [...this.stage.querySelectorAll("[data-key]")]; }
  get natural() { const box = this.svg.viewBox.baseVal; return { width: box.width, height: box.height }; }
  get untouched() { return !this.state.scale || this.state.auto; }
  find(key) { return this.nodes.find((n) => n.dataset.key === key); }

  tabulate() {
    if (this.twin.hidden) return; // made when it is asked for: at 200 rows it costs more than the drawing
    const table = element("table", "");
    table.append(element("caption", this.data.name), element("thead", ""), element("tbody", ""));
    const line = (cells, tag) => {
      const row = element("tr", "");
      row.append(...cells.map((text, place) => {
        const cell = element(tag === "th" || !place ? "th" : "td", text);
        if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
        return cell;
      }));
      return row;
    };
    table.tHead.append(line(this.data.columns, "th"));
    table.tBodies[0].append(...this.data.rows.map((row) => line(row, "td")));
    this.twin.replaceChildren(table);
    this.twin.setAttribute("aria-label", `${this.data.name}, as a table`);
  }

  act(name) {
    const { clientWidth: w, clientHeight: h } = this.stage;
    if (name === "in" || name === "out") this.zoom(name === "in" ? 1.25 : 0.8, w / 2, h / 2);
    if (name === "fit") this.fit(0);
    if (name === "full") document.fullscreenElement ? document.exitFullscreen() : this.frame.requestFullscreen();
    if (name === "table") this.toggle();
  }

  toggle() {
    const button = this.bar.querySelector("[data-act=table]");
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", on);
    this.twin.hidden = !on;
    this.tabulate();
    this.stage.hidden = on;
    this.card.hidden = true;
    this.opened = null;
    this.pane.hidden = true;
    if (!on && this.untouched) this.home();
  }

  full() {
    this.bar.querySelector("[data-act=full]").textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
    requestAnimationFrame(() => this.fit(0));
  }

  // Where the graph opens: whole, unless its text would be too small to read.
  home() { this.size(); this.fit(this.narrow.matches ? READABLE.narrow : READABLE.wide); this.state.auto = true; }

  size() {
    const { width, height } = this.natural;
    const room = this.frame.clientWidth;
    const wanted = Math.min(this.data.height, Math.max(200, height * Math.min(1.15, room / width)));
    this.stage.style.height = this.twin.style.maxHeight = `${Math.round(wanted)}px`;
  }

  fit(least) {
    const { clientWidth: w, clientHeight: h } = this.stage;
    if (!w || !h) return;
    const { width, height } = this.natural;
    const scale = Math.max(least, Math.min(w / width, h / height, 1.15));
    Object.assign(this.state, { scale, x: Math.max(0, (w - width * scale) / 2), y: Math.max(0, (h - height * scale) / 2), auto: false });
    this.apply();
  }

  zoom(by, x, y) {
    const { state } = this;
    const scale = Math.min(4, Math.max(0.15, state.scale * by));
    state.x = x - ((x - state.x) * scale) / state.scale;
    state.y = y - ((y - state.y) * scale) / state.scale;
    Object.assign(state, { scale, auto: false });
    this.apply();
  }

  apply() {
    const { x, y, scale } = this.state;
    const { width, height } = this.natural;
    Object.assign(this.svg.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${x}px, ${y}px) scale(${scale})` });
    if (this.pointed) this.place(this.pointed);
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const box = this.stage.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }

  down(event) {
    if (event.button) return;
    this.pointers.set(event.pointerId, event);
    this.dragged = this.pointers.size > 1;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (!this.dragged && Math.hypot(dx, dy) < 4) return;
    this.dragged = true;
    this.stage.setPointerCapture(event.pointerId);
    this.stage.classList.add("held");
    if (this.pointers.size > 1) this.pinch(event);
    else Object.assign(this.state, { x: this.state.x + dx, y: this.state.y + dy, auto: false });
    this.pointers.set(event.pointerId, event);
    this.apply();
  }

  pinch(event) {
    const other = [...this.pointers.values()].find((p) => p.pointerId !== event.pointerId);
    const before = this.pointers.get(event.pointerId);
    const span = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
    const box = this.stage.getBoundingClientRect();
    this.zoom(span(event) / span(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
  }

  up(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.stage.classList.remove("held");
  }

  key(event) {
    const node = nodeOf(this.root.activeElement);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = () => event.preventDefault();
    if (node && (event.key === "Enter" || event.key === " ")) { done(); this.dragged = false; this.activate(node); }
    else if (node && ARROWS[event.key]) { done(); this.step(this.next(node, ARROWS[event.key])); }
    else if (event.key === "Home" || event.key === "End") { done(); this.step(this.nodes.at(event.key === "Home" ? 0 : -1)); }
    else if (event.key === "Escape") { this.point(null); if (this.opened) this.leave(); }
    else if ("+=".includes(event.key)) { done(); this.act("in"); }
    else if (event.key === "-") { done(); this.act("out"); }
    else if (event.key === "0") { done(); this.act("fit"); }
  }

  // Along the arrows first: the neighbour that lies most in that direction; else the nearest node that way.
  next(node, [dx, dy]) {
    const from = middle(node);
    const rate = (other) => {
      const to = middle(other);
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      return along > 8 ? along + 2 * aside : Infinity;
    };
    const best = (keys) => this.nodes.filter((n) => n !== node && keys(n.dataset.key))
      .map((n) => [rate(n), n]).filter(([rated]) => rated < Infinity).sort((a, b) => a[0] - b[0])[0]?.[1];
    const near = this.data.neighbours[node.dataset.key] ?? [];
    return best((key) => near.includes(key)) ?? best(() => true);
  }

  step(node) {
    if (!node) return;
    for (const other of this.nodes) other.setAttribute("tabindex", other === node ? 0 : -1);
    node.focus({ preventScroll: true });
  }

  focused(node) {
    if (!node) return;
    this.state.focus = node.dataset.key;
    if (!node.matches(":focus-visible")) return;
    this.reveal(node);
    this.point(node);
  }

  reveal(node) {
    const [box, stage] = [face(node).getBoundingClientRect(), this.stage.getBoundingClientRect()];
    const shift = (low, high, from, to) => (low < from ? from - low + 8 : high > to ? Math.max(to - high - 8, from - low + 8) : 0);
    const [dx, dy] = [shift(box.left, box.right, stage.left, stage.right), shift(box.top, box.bottom, stage.top, stage.bottom)];
    if (!dx && !dy) return;
    Object.assign(this.state, { x: this.state.x + dx, y: this.state.y + dy, auto: false });
    this.apply();
  }

  activate(node) {
    if (!node || this.dragged) return;
    this.state.focus = node.dataset.key;
    this.point(null);
    this.open(node.dataset.key);
    this.uncover(node);
    this.pane.focus({ preventScroll: true });
    if (!this.data.actions) this.tell(node.dataset.key);
  }

  // Everything that is known of a node, beside the drawing; it stays open and follows while a run goes on.
  open(key) {
    const facts = this.data.facts[key];
    this.opened = facts ? key : null;
    this.pane.hidden = !facts;
    if (!facts) return;
    const [heading, list] = [this.pane.querySelector("h3"), this.pane.querySelector("dl")];
    heading.textContent = this.data.titles[key];
    this.pane.setAttribute("aria-label", `Details: ${this.data.titles[key]}`);
    list.replaceChildren(...facts.flatMap(([word, value]) => [element("dt", word), element("dd", value)]));
    this.go.textContent = this.data.actions?.[key] ?? "";
    this.go.hidden = !this.go.textContent;
  }

  // The details must not lie on the node that they are about, if there is room beside them.
  uncover(node) {
    const [box, pane, stage] = [face(node), this.pane, this.stage].map((part) => part.getBoundingClientRect());
    const dx = Math.max(pane.left - 12 - box.right, stage.left + 8 - box.left);
    if (box.right < pane.left || box.top > pane.bottom || dx >= 0) return;
    Object.assign(this.state, { x: this.state.x + dx, auto: false });
    this.apply();
  }

  leave() {
    const node = this.find(this.opened);
    this.opened = null;
    this.pane.hidden = true;
    node?.focus({ preventScroll: true });
  }

  download(form) {
    if (form) save(form, this.data, this.natural).catch(() => { this.strip.textContent = "The file could not be made."; });
  }

  point(node) {
    this.pointed = node;
    this.card.hidden = !node || Boolean(this.opened); // the details say it already
    const key = node?.dataset.key;
    for (const part of this.stage.querySelectorAll(".edge, [data-key]")) {
      const { source, target } = part.dataset;
      part.classList.toggle("lit", Boolean(key) && (source === key || target === key || part === node));
    }
    if (this.card.hidden) return;
    const list = element("dl", "");
    const facts = (this.data.facts[key] ?? []).filter(([word]) => !SEEN.includes(word));
    for (const [word, value] of facts) list.append(element("dt", word), element("dd", value));
    this.card.replaceChildren(list);
    this.place(node);
  }

  place(node) {
    const [box, frame] = [face(node).getBoundingClientRect(), this.frame.getBoundingClientRect()];
    const { offsetWidth: w, offsetHeight: h } = this.card;
    const at = { left: box.left - frame.left, right: box.right - frame.left, top: box.top - frame.top, bottom: box.bottom - frame.top };
    const beside = at.right + w + 14 < frame.width ? at.right + 10 : at.left - w - 14 > 0 ? at.left - w - 10 : null;
    const within = (value, size, room) => Math.max(4, Math.min(value, room - size - 4));
    const under = at.bottom + h + 14 < frame.height ? at.bottom + 10 : at.top - h - 10;
    const left = within(beside ?? at.left, w, frame.width);
    const top = within(beside === null ? under : at.top, h, frame.height); // never over its own node, if there is room at all
    Object.assign(this.card.style, { left: `${left}px`, top: `${top}px` });
  }
}

function prepare(svg, data) {
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", data.name);
  for (const title of svg.querySelectorAll("title")) title.remove(); // the card says it, the browser's own bubble need not
  for (const edge of svg.querySelectorAll(".edge")) edge.setAttribute("aria-hidden", true);
  for (const text of svg.querySelectorAll("text, .icon")) text.setAttribute("aria-hidden", true);
  for (const node of svg.querySelectorAll("[data-key]")) {
    const said = (data.facts[node.dataset.key] ?? []).filter(([word]) => !["Type", "Resource ID"].includes(word));
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", said.map(([word, value]) => `${word}: ${value}`).join(", "));
  }
}

function sameLayout(old, fresh) {
  const shape = (svg) => svg.getAttribute("viewBox") + [...svg.firstElementChild.children].map((c) => c.id).join();
  return shape(old) === shape(fresh);
}

function patch(old, fresh) {
  const [before, after] = [old.firstElementChild.children, [...fresh.firstElementChild.children]];
  old.setAttribute("aria-label", fresh.getAttribute("aria-label"));
  after.forEach((part, place) => {
    const shown = before[place];
    const same = shown.childNodes.length === part.childNodes.length &&
      [...shown.childNodes].every((child, at) => child.isEqualNode(part.childNodes[at]));
    if (!same) shown.replaceChildren(...part.childNodes);
    for (const { name, value } of part.attributes) if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  });
}

// The part of a node that is shown as its place: of a frame only its heading, or the card would lie outside.
function face(node) { return node.classList.contains("cluster") ? node.querySelector("text") : node; }
function nodeOf(target) { return target?.closest?.("[data-key]") ?? null; }
function middle(node) { const box = face(node).getBoundingClientRect(); return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; }

function element(tag, text) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  return made;
}

function isDark(within) {
  const [r, g, b] = getComputedStyle(within).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;
}
