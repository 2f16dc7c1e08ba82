
"use strict";
(() => {
  const results = document.getElementById("results");
  const together = document.getElementById("together");
  const status = document.getElementById("status");
  const drop = document.getElementById("drop");
  const input = document.getElementById("files");
  // what was dropped, by number: the file, its place on the page, whether there is more to tell of it
  const items = new Map();
  let last = 0;

  // --- the worker ---

  const source = new Blob([document.getElementById("worker").textContent], { type: "text/javascript" });
  const waiting = new Map();
  let worker, asked = 0;

  function start() {
    worker = new Worker(URL.createObjectURL(source));
    worker.postMessage({ module: document.getElementById("module").textContent });
    worker.onmessage = ({ data }) => {
      const wait = waiting.get(data.id);
      if (!wait) return;
      if ("progress" in data) return wait.progress(data.progress);
      waiting.delete(data.id);
      if (data.answer) wait.done(data.answer);
      else wait.failed(new Error(data.stopped));
    };
  }

  function ask(question, file, progress = () => {}) {
    return new Promise((done, failed) => {
      const id = ++asked;
      waiting.set(id, { done, failed, progress });
      worker.postMessage({ id, question, file });
    });
  }

  // --- what is shown ---

  function element(tag, properties, ...inside) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  }

  function article(name, text) {
    const header = element("header", {}, element("h2", { textContent: name }), element("p", { className: "what", textContent: text }));
    return element("article", { className: "file" }, header);
  }

  function show(item, html) {
    const had = item.box.contains(document.activeElement);
    // markup of the module, which escapes whatever comes from a file; the page's policy runs no other script
    item.box.innerHTML = html;
    const name = item.file.name;
    const remove = element("button", { type: "button", className: "remove", textContent: "×", title: "Remove" });
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => take(() => forget(item)));
    item.box.append(remove);
    const password = item.box.querySelector(".unlock input");
    if (password && (had || document.activeElement === document.body)) password.focus();
  }

  function say(item) {
    const verdict = item.box.querySelector(".verdict");
    status.textContent = `${item.file.name}: ${verdict ? verdict.textContent : "read"}`;
  }

  // a bar for what takes longer than half a second
  async function withBar(item, work) {
    const bar = element("progress", {});
    const line = element("p", { className: "working" }, element("span", { textContent: "Reading" }), bar);
    const timer = setTimeout(() => {
      (item.box.querySelector("header") || item.box).after(line);
      status.textContent = `Reading ${item.file.name}`;
    }, 500);
    try {
      return await work((progress) => { bar.value = progress; });
    } finally {
      clearTimeout(timer);
      line.remove();
    }
  }

  // --- what is done: one thing after the other ---

  let queue = Promise.resolve();
  let left = 0;
  function take(work) {
    left++;
    document.body.setAttribute("aria-busy", "true");
    queue = queue.then(work).catch((error) => console.error(error)).finally(() => {
      if (--left === 0) document.body.removeAttribute("aria-busy");
    });
  }

  async function about(item, question, file) {
    try {
      const answer = await withBar(item, (progress) => ask({ ...question, file: item.number }, file, progress));
      show(item, answer.html);
      item.judges = answer.judges;
      return answer;
    } catch (error) {
      await stopped(item, error);
      return {};
    }
  }

  // The module stopped, which it never should: the other files go to a new one.
  async function stopped(item, error) {
    worker.terminate();
    waiting.clear();
    show(item, article(item.file.name, `The page could not read this file (${error.message}). Please report it.`).outerHTML);
    item.judges = false;
    item.broken = true;
    start();
    for (const other of items.values()) {
      if (!other.broken) await ask({ ask: "add", file: other.number, name: other.file.name, size: other.file.size }, other.file);
    }
  }

  async function add(files) {
    const added = [];
    for (const file of files) {
      const item = { number: ++last, file, box: element("div", { className: "box" }), judges: false };
      item.box.append(article(file.name, "Reading it"));
      items.set(item.number, item);
      results.append(item.box);
      document.body.classList.add("filled");
      const question = { ask: "add", name: file.name, size: file.size };
      const answer = await about(item, question, file);
      if (!answer.judges) say(item);
      added.push([item, answer]);
    }
    const all = added.some(([, answer]) => answer.concerns_others);
    await judge(all ? [...items.values()] : added.map(([item]) => item));
  }

  async function judge(some) {
    for (const item of some) {
      if (!item.judges || item.broken) continue;
      await about(item, { ask: "judge", now: Math.floor(Date.now() / 1000) });
      item.judges = !item.broken;
      say(item);
    }
    const answer = await ask({ ask: "together" });
    together.innerHTML = answer.html;
  }

  async function forget(item) {
    items.delete(item.number);
    item.box.remove();
    document.body.classList.toggle("filled", items.size > 0);
    input.focus();
    await ask({ ask: "remove", file: item.number });
    await judge([...items.values()]);
  }

  async function then(item, question) {
    const answer = await about(item, question);
    if (answer.concerns_others) await judge([...items.values()]);
  }

  // --- what people do ---

  const itemOf = (node) => [...items.values()].find((item) => item.box.contains(node));

  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    take(() => add(files));
  });
  results.addEventListener("submit", (event) => {
    event.preventDefault();
    const item = itemOf(event.target);
    const password = new FormData(event.target).get("password");
    take(() => then(item, { ask: "unlock", password }));
  });
  results.addEventListener("change", (event) => {
    if (event.target.name !== "entry") return;
    const item = itemOf(event.target);
    const entry = event.target.value === "" ? null : Number(event.target.value);
    take(() => then(item, { ask: "choose", entry }));
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const isFolder = (item) => item.webkitGetAsEntry && item.webkitGetAsEntry()?.isDirectory;
    if (entries.some(isFolder)) status.textContent = "A folder was left out: drop the files in it.";
    const files = entries.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
    take(() => add(files));
  });
  // a key can be pasted as text
  document.addEventListener("paste", (event) => {
    if (event.target.matches("input, textarea")) return;
    const text = event.clipboardData.getData("text/plain");
    const files = event.clipboardData.files.length ? [...event.clipboardData.files] : text.trim() ? [new File([text], "pasted api_key.txt")] : [];
    if (files.length) take(() => add(files));
  });

  start();
})();
