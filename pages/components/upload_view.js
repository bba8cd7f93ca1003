// Shows the uploads of a project: those that this tab sends, and those that wait for their file. What is being sent goes on
// while the user is on another page of the app, so it is kept on the window, by project.

const FRAMES = 250; // how often figures are redrawn, in ms
const BUSY = ["checking", "sending", "storing", "waiting"];
const shelf = (window.groundplanUploads ??= new Map());

export default function ({ data, parentElement, setTriggerValue }) {
  const view = (parentElement.uploadView ??= new UploadView(parentElement));
  view.update(data, setTriggerValue);
  return () => view.close();
}

class UploadView {
  constructor(root) {
    this.root = root;
    for (const part of ["drop", "choose", "input", "rows", "said"]) this[part] = root.querySelector(`.${part}`);
    this.choose.addEventListener("click", () => this.pick(null));
    this.input.addEventListener("change", () => { this.take([...this.input.files]); this.input.value = ""; });
    for (const name of ["dragenter", "dragover"]) this.drop.addEventListener(name, (e) => this.over(e, true));
    for (const name of ["dragleave", "drop"]) this.drop.addEventListener(name, (e) => this.over(e, false));
    this.drop.addEventListener("drop", (e) => this.take([...e.dataTransfer.files]));
    this.rows.addEventListener("click", (e) => this.act(e.target.closest("[data-act]")));
    this.online = () => { for (const one of this.mine) one.wake?.(); };
    addEventListener("online", this.online);
    this.clock = setInterval(() => this.tick(), FRAMES);
  }

  close() {
    clearInterval(this.clock);
    removeEventListener("online", this.online);
    for (const one of this.mine) if (one.view === this) one.view = null;
    delete this.root.uploadView;
  }

  update(data, tell) {
    if (data.ticket !== this.data?.ticket) this.due = Date.now() + data.renew_in * 1000;
    Object.assign(this, { data, tell });
    this.root.querySelector(".hint").textContent = data.hint;
    this.choose.classList.toggle("quiet", data.quiet);
    if (!shelf.has(data.project)) shelf.set(data.project, { sendings: [], context: {} });
    Object.assign(shelf.get(data.project).context, { ticket: data.ticket, url: data.url, renew: () => this.renew() });
    for (const one of [...this.mine]) {
      one.view = this;
      if (["done", "cancelled"].includes(one.state)) this.remove(one); // ended while another page was looked at
    }
    this.draw();
  }

  get mine() { return this.data ? shelf.get(this.data.project).sendings : []; }
  get away() { return this.data.unfinished.filter((u) => !this.mine.some((one) => one.id === u.id) && !this.gone?.has(u.id)); }

  over(event, on) {
    event.preventDefault();
    this.drop.classList.toggle("over", on);
  }

  pick(waiting) {
    this.wanted = waiting;
    this.input.multiple = !waiting;
    this.input.click();
  }

  take(files) {
    const wanted = this.wanted;
    this.wanted = null;
    for (const file of files) {
      const other = wanted && (file.name !== wanted.name || file.size !== wanted.size || String(file.lastModified) !== wanted.modified);
      if (other) this.say(`${file.name} is another file than the one that was begun, or it has been changed since. Choose the same file, or discard the upload.`, true);
      else this.send(file);
    }
  }

  send(file) {
    const kept = shelf.get(this.data.project);
    const same = kept.sendings.find((one) => one.name === file.name && one.size === file.size && one.modified === String(file.lastModified));
    if (same && BUSY.includes(same.state)) return;
    if (same) this.remove(same);
    const sending = new Sending(file, () => kept.context);
    sending.view = this;
    kept.sendings.push(sending);
    this.say(`Sending ${file.name}`);
    this.draw();
    sending.run();
  }

  changed(one) {
    if (one.state !== one.told) {
      one.told = one.state;
      if (one.state === "done") { this.remove(one); this.say(`${one.name} is stored`); this.tell("done", one.id); }
      if (one.state === "cancelled") { this.forget(one.id); this.remove(one); this.say(`The upload of ${one.name} was cancelled`); this.tell("changed", Date.now()); }
      if (one.state === "failed") this.say(`${one.name}: ${one.said}`, true);
      if (["waiting", "paused"].includes(one.state)) this.say(`${one.name}: ${this.words(one)}`);
      this.draw();
    }
  }

  act(button) {
    if (!button) return;
    const key = button.closest("li").dataset.key;
    const one = this.mine.find((other) => other.key === key);
    const waiting = this.data.unfinished.find((u) => u.id === key);
    const acts = {
      pause: () => one.pause(), resume: () => one.run(), cancel: () => one.cancel(), now: () => one.wake?.(),
      dismiss: () => { this.remove(one); this.draw(); },
      again: () => this.pick(waiting), discard: () => this.discard(waiting),
    };
    acts[button.dataset.act]();
  }

  discard(waiting) {
    const context = shelf.get(this.data.project).context;
    const sending = Object.assign(new Sending(new File([], waiting.name), () => context), { id: waiting.id, name: waiting.name });
    sending.place = `${context.url}/${waiting.id}`;
    sending.view = this;
    sending.cancel();
  }

  forget(id) { (this.gone ??= new Set()).add(id); }
  remove(one) { const list = shelf.get(this.data.project).sendings; const at = list.indexOf(one); if (at >= 0) list.splice(at, 1); }
  renew() { this.tell("changed", Date.now()); }
  say(text, bad = false) { this.said.textContent = text; this.said.classList.toggle("bad", bad); this.said.classList.toggle("shown", bad); }

  tick() {
    const sending = this.mine.some((one) => BUSY.includes(one.state));
    if (sending && Date.now() > this.due) { this.due = Date.now() + 30_000; this.renew(); }
    for (const row of this.rows.children) this.figures(row, this.mine.find((one) => one.key === row.dataset.key));
  }

  // Rows are made anew only when something else than figures changes, so that a button keeps its focus.
  draw() {
    const focus = this.root.activeElement?.dataset?.act;
    const within = this.root.activeElement?.closest?.("li")?.dataset.key;
    const rows = [...this.mine.map((one) => this.row(one)), ...this.away.map((u) => this.waiting(u))];
    this.rows.replaceChildren(...rows);
    const row = rows.find((r) => r.dataset.key === within);
    if (row) (row.querySelector(`[data-act="${focus}"]`) ?? row.querySelector("button"))?.focus();
    else if (within) this.choose.focus();
    this.tick();
  }

  row(one) {
    one.key ??= `${Math.random()}`;
    const acts = { sending: ["pause"], checking: [], storing: [], waiting: ["now", "pause"], paused: ["resume"], failed: one.file.size ? ["resume", "dismiss"] : ["dismiss"], cancelling: [] };
    const more = ["sending", "waiting", "paused"].includes(one.state) ? ["cancel"] : [];
    return this.build(one.key, one, [...(acts[one.state] ?? []), ...more]);
  }

  waiting(u) {
    const row = this.build(u.id, u, ["again", "discard"]);
    row.querySelector("progress").value = u.offset / u.size;
    row.querySelector(".figures").textContent = `${bytes(u.offset)} of ${bytes(u.size)} have come. Choose the same file to go on; it is kept until ${u.until}.`;
    return row;
  }

  build(key, { name }, acts) {
    const row = element("li");
    row.dataset.key = key;
    const label = element("bdi", name);
    label.className = "name";
    const bar = Object.assign(element("progress"), { max: 1, value: 0 });
    bar.setAttribute("aria-label", `Upload of ${name}`);
    const figures = element("p");
    figures.className = "figures";
    const buttons = element("div");
    buttons.className = "buttons";
    buttons.append(...acts.map((act) => this.button(act, name)));
    row.append(label, buttons, bar, figures);
    return row;
  }

  button(act, name) {
    const words = { pause: "Pause", resume: "Resume", cancel: "Cancel", now: "Try now", dismiss: "Dismiss", again: "Choose the file", discard: "Discard" };
    const button = Object.assign(element("button", words[act]), { type: "button" });
    button.dataset.act = act;
    button.setAttribute("aria-label", `${words[act]}: ${name}`);
    return button;
  }

  figures(row, one) {
    if (!one) return;
    row.querySelector("progress").value = one.size ? one.offset / one.size : 0;
    row.querySelector(".figures").textContent = this.words(one);
    row.classList.toggle("bad", one.state === "failed");
  }

  words(one) {
    const done = `${bytes(one.offset)} of ${bytes(one.size)}`;
    const left = Math.max(1, Math.ceil((one.again - Date.now()) / 1000));
    const speed = one.speed ? ` · ${bytes(one.speed)}/s · ${time((one.size - one.offset) / one.speed)} left` : "";
    return {
      checking: "Looking for what has come already", sending: done + speed, storing: `${done} · storing`,
      waiting: `${done} · ${one.said}. Next try in ${left} s.`, paused: `${done} · paused`, failed: one.said,
      cancelling: "Cancelling",
    }[one.state] ?? "";
  }
}

function bytes(count) {
  if (count < 1000) return `${Math.round(count)} bytes`;
  const [unit, size] = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, factor]) => count >= factor);
  const value = count / size;
  return `${value.toFixed(unit === "kB" || value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
}

function time(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
