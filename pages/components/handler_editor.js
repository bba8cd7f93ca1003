// An editor of one file: what is typed goes to the server after a pause. Until the server has it, it is also kept in the
// browser's session storage, so that neither F5 nor a server that restarts loses a line.

const PAUSE = 800; // ms without a key stroke before it is saved
const INDENT = { py: "    ", yaml: "  ", yml: "  ", R: "  " };

export default function ({ data, parentElement, setStateValue }) {
  const editor = (parentElement.handlerEditor ??= new Editor(parentElement));
  editor.update(data, (edit) => setStateValue("edit", edit));
  return () => editor.close();
}

class Editor {
  constructor(root) {
    this.root = root;
    for (const part of ["editor", "gutter", "text", "said"]) this[part] = root.querySelector(`.${part}`);
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("blur", () => { this.leaving = false; this.send(); });
    this.text.addEventListener("scroll", () => { this.gutter.scrollTop = this.text.scrollTop; });
    this.text.addEventListener("keydown", (event) => this.key(event));
  }

  close() {
    clearTimeout(this.timer);
    this.send();
    delete this.root.handlerEditor;
  }

  update(data, tell) {
    Object.assign(this, { data, tell });
    this.text.setAttribute("aria-label", data.name);
    this.editor.style.setProperty("--high", `${data.height}px`);
    if (this.id !== data.id) this.open();
    else this.heard();
    this.draw();
  }

  open() {
    this.id = this.data.id;
    const kept = JSON.parse(sessionStorage.getItem(this.id) ?? "null");
    this.base = this.data.text;
    this.text.value = this.data.text;
    if (kept && kept.text !== this.data.text) {
      this.base = kept.base;
      this.text.value = kept.text;
      setTimeout(() => this.send(), 0);
    } else sessionStorage.removeItem(this.id);
  }

  heard() {
    const now = this.text.value, theirs = this.data.text;
    const dropped = this.sent && this.data.dropped >= this.sent.number;
    if (now === theirs || dropped || now === this.base) this.take(theirs);
    else if (this.sent?.text === theirs) this.base = theirs; // typed on while it was saved
  }

  take(text) {
    if (this.text.value !== text) {
      const { selectionStart, selectionEnd, scrollTop } = this.text;
      this.text.value = text;
      this.text.setSelectionRange(selectionStart, selectionEnd);
      this.text.scrollTop = scrollTop;
    }
    this.base = text;
    sessionStorage.removeItem(this.id);
  }

  typed() {
    sessionStorage.setItem(this.id, JSON.stringify({ text: this.text.value, base: this.base }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE);
    this.draw();
  }

  send() {
    clearTimeout(this.timer);
    const text = this.text.value;
    if (!this.data || text === this.data.text || text === this.sent?.text && this.sent.base === this.base) return;
    this.sent = { number: Date.now(), text, base: this.base };
    this.tell(this.sent);
  }

  key(event) {
    if (event.key === "Escape") this.leaving = true;
    else if (event.key !== "Tab" && event.key !== "Shift") this.leaving = false;
    if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); return; }
    const indent = INDENT[this.data.name.split(".").pop()];
    if (!indent || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Tab" && !this.leaving) { event.preventDefault(); event.shiftKey ? this.outdent(indent) : this.insert(indent); }
    else if (event.key === "Enter") { event.preventDefault(); this.insert("\n" + this.margin(indent)); this.text.scrollLeft = 0; }
  }

  line() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    return before.slice(before.lastIndexOf("\n") + 1);
  }

  margin(indent) {
    const line = this.line();
    return line.match(/^[ \t]*/)[0] + (/[:{(\[]\s*$/.test(line) ? indent : "");
  }

  // execCommand keeps the browser's own undo, which setting the value would lose.
  insert(text) { document.execCommand("insertText", false, text); }

  outdent(indent) {
    const line = this.line();
    if (!line.startsWith(indent) || line.trim()) return;
    this.text.setSelectionRange(this.text.selectionStart - indent.length, this.text.selectionStart);
    document.execCommand("delete");
  }

  draw() {
    const lines = this.text.value.split("\n").length;
    const marks = this.text.value === this.data.text ? this.data.marks : {};
    const shape = `${lines} ${JSON.stringify(marks)}`;
    if (shape !== this.shape) {
      this.shape = shape;
      this.gutter.replaceChildren(...Array.from({ length: lines }, (_, i) => this.number(i + 1, marks[i + 1])));
      this.gutter.scrollTop = this.text.scrollTop;
    }
    const saved = this.text.value === this.data.text;
    this.said.textContent = this.data.conflict ? "Not saved: see above." : saved ? "Saved" : "Saving…";
  }

  number(line, mark) {
    if (!mark) return document.createTextNode(`${line}\n`);
    const bold = document.createElement("b");
    bold.className = mark;
    bold.textContent = `${mark === "care" ? "!" : "✕"} ${line}\n`;
    return bold;
  }
}
