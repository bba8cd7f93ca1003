// Sends one file in chunks (tus 1.0, see services/models/upload_route.py) and goes on where it stopped: after a broken
// connection, a restarted server, a closed tab. Knows nothing of the page; the `view` that shows it, if any, is told.

const CHUNK = 8 * 2 ** 20;
const EDGE = 2 ** 20; // the first and last MB tell two files of one name and size apart
const LONGEST_WAIT = 30;
const PASSING = [0, 408, 423, 429, 500, 502, 503, 504]; // worth another try: nothing is wrong with the file

class Sending {
  constructor(file, context) {
    Object.assign(this, { file, context, name: file.name, size: file.size, modified: String(file.lastModified) });
    Object.assign(this, { id: null, place: null, offset: 0, state: "checking", said: "", tries: 0, marks: [] });
    this.view = null;
  }

  // Runs until the file is stored, a person stops it, or the server refuses it for good.
  async run() {
    const mine = (this.turn = Symbol("turn"));
    const going = () => this.turn === mine;
    this.show("checking");
    while (going()) {
      try {
        if (!this.place) await this.announce();
        else if (this.unsure) await this.ask();
        if (!going()) return;
        if (this.sha256) return this.end("done");
        await this.chunk();
      } catch (problem) {
        if (going()) await this.meet(problem);
      }
    }
  }

  pause() { this.halt(); this.show("paused"); }

  async cancel() {
    this.halt();
    this.show("cancelling");
    const problem = this.place && (await this.call("DELETE", this.place).then(() => null, (met) => met));
    if (problem && problem.status !== 404) return this.end("failed", "What has come of this file could not be removed: the server does not answer.");
    this.end("cancelled");
  }

  halt() { this.turn = null; this.request?.abort(); this.wake?.(); this.unsure = true; }
  end(state, said = "") { this.turn = null; this.show(state, said); }
  show(state, said = "") { Object.assign(this, { state, said }); this.view?.changed(this); }

  async announce() {
    this.fingerprint ??= await fingerprint(this.file);
    const told = { filename: this.name, modified: this.modified, fingerprint: this.fingerprint };
    const pairs = Object.entries(told).map(([key, text]) => `${key} ${base64(text)}`).join(",");
    const answer = await this.call("POST", this.context().url, { "Upload-Length": this.size, "Upload-Metadata": pairs });
    this.place = answer.getResponseHeader("Location");
    this.id = this.place.split("/").pop();
    this.learn(answer);
  }

  async ask() { this.learn(await this.call("HEAD", this.place)); }

  async chunk() {
    const from = this.offset;
    const last = from + CHUNK >= this.size;
    this.show("sending");
    const heads = { "Upload-Offset": from, "Content-Type": "application/offset+octet-stream" };
    const sent = (bytes) => { this.count(from + bytes); if (last && bytes >= this.size - from && this.state === "sending") this.show("storing"); };
    this.learn(await this.call("PATCH", this.place, heads, this.file.slice(from, from + CHUNK), sent));
    this.tries = 0;
  }

  learn(answer) {
    this.unsure = false;
    this.count(Number(answer.getResponseHeader("Upload-Offset")));
    this.sha256 = answer.getResponseHeader("Upload-SHA256");
  }

  // What an answer that is no success means: go on from elsewhere, try again later, or give up and say why.
  async meet(problem) {
    this.unsure = true;
    if (problem.rule === "offset") return;
    if (problem.status === 404 && this.place) { this.place = null; return; } // announced anew: ended elsewhere, or removed
    if (problem.rule === "ticket_expired") { this.context().renew(); return this.rest("Asking the page for a new ticket"); }
    if (!PASSING.includes(problem.status)) return this.end("failed", problem.message);
    if (!(await readable(this.file))) return this.end("failed", "The file on your disk was changed, moved or deleted meanwhile. Choose it again.");
    await this.rest(problem.status === 423 ? "Another tab is sending this file" : "The connection was lost");
  }

  async rest(why) {
    const seconds = Math.min(LONGEST_WAIT, 2 ** this.tries++) * (0.75 + Math.random() / 2);
    this.again = Date.now() + seconds * 1000;
    this.show("waiting", why);
    await new Promise((done) => { this.wake = done; setTimeout(done, seconds * 1000); });
    this.wake = null;
  }

  // Speed over the last five seconds: the whole upload's mean would not notice a pause.
  count(offset) {
    const now = performance.now();
    this.offset = offset;
    this.marks = [...this.marks.filter(([at, bytes]) => now - at < 5000 && bytes <= offset), [now, offset]];
  }

  get speed() {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    return first && last[0] - first[0] > 300 ? (last[1] - first[1]) / ((last[0] - first[0]) / 1000) : 0;
  }

  call(method, url, headers = {}, body = null, progress = null) {
    return new Promise((resolve, reject) => {
      const request = (this.request = new XMLHttpRequest());
      request.open(method, url);
      const own = { "Tus-Resumable": "1.0.0", "X-Upload-Ticket": this.context().ticket };
      for (const [name, value] of Object.entries({ ...own, ...headers })) request.setRequestHeader(name, value);
      if (progress) request.upload.onprogress = (event) => progress(event.loaded);
      request.onload = () => (request.status < 300 ? resolve(request) : reject(refusal(request)));
      request.onerror = request.onabort = request.ontimeout = () => reject({ status: 0, message: "No answer" });
      request.send(body);
    });
  }
}

function refusal(request) {
  let told = {};
  try { told = JSON.parse(request.responseText).error ?? {}; } catch { /* no JSON: a proxy's page, or the answer to HEAD */ }
  const message = told.message ?? `The server answered ${request.status}. Reload the page and try again.`;
  const expired = request.status === 403 && !told.rule; // HEAD has no body: a fresh ticket is worth a try
  return { status: request.status, rule: told.rule ?? (expired ? "ticket_expired" : ""), message };
}

async function readable(file) {
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

// FNV-1a in two lanes. It need not withstand an enemy, and crypto.subtle is missing where the page comes without TLS.
async function fingerprint(file) {
  const edges = [file.slice(0, EDGE), file.slice(Math.max(EDGE, file.size - EDGE))];
  let [one, two] = [0x811c9dc5, 0x01000193];
  for (const edge of edges) {
    for (const byte of new Uint8Array(await edge.arrayBuffer().catch(() => { throw unreadable(file); }))) {
      one = Math.imul(one ^ byte, 0x01000193);
      two = Math.imul(two ^ byte, 0x5bd1e995) + 1;
    }
  }
  return [one, two].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}

function unreadable(file) { return { status: 400, message: `${file.name} can't be read from your disk. A folder has to be zipped first.` }; }
function base64(text) { return btoa(String.fromCharCode(...new TextEncoder().encode(text))); }
