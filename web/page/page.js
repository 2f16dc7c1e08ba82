
"use strict";
(() => {
  const results = document.getElementById("results");
  const together = document.getElementById("together");
  const status = document.getElementById("status");
  const notice = document.getElementById("notice");
  const drop = document.getElementById("drop");
  const input = document.getElementById("files");
  // what was dropped, by number: the file, its place on the page, whether there is more to tell of it
  const items = new Map();
  let last = 0;

  // --- the worker ---

  const source = new Blob([document.getElementById("worker").textContent], { type: "text/javascript" });
  const waiting = new Map();
  let worker, asked = 0, isUsable = true;

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
    worker.onerror = worker.onmessageerror = (event) => {
      event.preventDefault?.();
      isUsable = false;
      notice.textContent = "This browser, or the server that the page comes from, lets it start no worker, without which it reads nothing: open the file from the disk.";
      for (const wait of waiting.values()) wait.failed(new Error("no worker"));
      waiting.clear();
    };
  }

  function ask(question, file, progress = () => {}) {
    return new Promise((done, failed) => {
      if (!isUsable) return failed(new Error("no worker"));
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

  // Puts markup of the module into a place, which escapes whatever comes from a file; the page's policy runs no other
  // script. What was open stays open, and what had the focus keeps it.
  function put(place, html) {
    const active = document.activeElement;
    const wanted = place.contains(active) ? mark(active) : null;
    const open = new Set([...place.querySelectorAll("details[open]")].map(mark));
    place.innerHTML = html;
    place.querySelectorAll("details").forEach((one) => { one.open = open.has(mark(one)); });
    const again = wanted && [...place.querySelectorAll("button, input, select, summary")].find((one) => mark(one) === wanted);
    if (again) again.focus();
    return wanted && !again;
  }

  // what a control or a fold is, beside others of its article
  function mark(node) {
    if (node.localName === "summary") node = node.parentElement;
    const all = [...(node.closest("article") ?? document).querySelectorAll(node.localName)];
    const article = node.closest("article")?.dataset.path ?? "";
    return [article, node.localName, node.name ?? "", node.getAttribute("aria-label") ?? node.querySelector("summary")?.textContent ?? "", node.name ? "" : all.indexOf(node)].join("/");
  }

  function show(item, html) {
    const isLost = put(item.box, html);
    const name = item.file.name;
    const remove = element("button", { type: "button", className: "remove", textContent: "\u00d7", title: "Remove" });
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => forget(item));
    item.box.append(remove);
    const password = item.box.querySelector(".unlock input");
    if (password && (isLost || document.activeElement === document.body)) password.focus();
    else if (isLost) focus(item.box);
  }

  function focus(box) {
    const article = box.querySelector("article");
    article.tabIndex = -1;
    article.focus();
  }

  function say(item) {
    const verdicts = [...item.box.querySelectorAll("article > header .verdict")].map((one) => one.textContent);
    const worst = verdicts.find((one) => one.startsWith("bad")) ?? verdicts.find((one) => !one.startsWith("good")) ?? verdicts[0];
    const what = item.isLocked ? "needs its password" : item.box.querySelector("[data-tone=error] > header") && !worst ? "could not be read" : worst ?? "read";
    status.textContent = `${item.file.name}: ${what}`;
  }

  // a bar for what takes longer than half a second
  async function withBar(item, work) {
    const bar = element("progress", {});
    bar.setAttribute("aria-label", `Reading ${item.file.name}`);
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
    results.setAttribute("aria-busy", "true");
    queue = queue.then(work).catch((error) => console.error(error)).finally(() => {
      if (--left === 0) results.removeAttribute("aria-busy");
    });
  }

  async function about(item, question, file) {
    if (item.isRemoved) return {};
    try {
      const answer = await withBar(item, (progress) => ask({ ...question, file: item.number }, file, progress));
      if (item.isRemoved) return {};
      show(item, answer.html);
      item.judges = answer.judges;
      item.isLocked = answer.is_locked;
      return answer;
    } catch (error) {
      await stopped(item, error);
      return {};
    }
  }

  // The module stopped, which it never should: the other files go to a new one, which asks for passwords again.
  async function stopped(item, error) {
    item.isBroken = true;
    item.judges = false;
    show(item, article(item.file.name, `The page could not read this file (${error.message}).`).outerHTML);
    if (!isUsable) return;
    worker.terminate();
    waiting.clear();
    start();
    for (const other of items.values()) {
      if (!other.isBroken) await about(other, { ask: "add", name: other.file.name, size: other.file.size }, other.file);
    }
    await judge([...items.values()]);
  }

  async function add(files) {
    const added = files.map((file) => {
      const item = { number: ++last, file, box: element("div", { className: "box" }), judges: false };
      items.set(item.number, item);
      results.append(item.box);
      show(item, article(file.name, "Reading it").outerHTML);
      return item;
    });
    document.body.classList.toggle("filled", items.size > 0);
    let all = false;
    for (const item of added) {
      const answer = await about(item, { ask: "add", name: item.file.name, size: item.file.size }, item.file);
      all ||= answer.concerns_others;
      if (!item.judges && !item.isRemoved) say(item);
    }
    await judge(all ? [...items.values()] : added);
  }

  // All checks of each; then what the files say together.
  async function judge(some) {
    for (const item of some) {
      if (!item.judges || item.isBroken || item.isRemoved) continue;
      await about(item, { ask: "judge", now: Math.floor(Date.now() / 1000) });
      if (item.isRemoved) continue;
      item.judges = !item.isBroken;
      say(item);
    }
    try {
      put(together, (await ask({ ask: "together" })).html);
    } catch {
      together.replaceChildren();
    }
  }

  // At once for the eye; the module hears of it when it has time.
  function forget(item) {
    item.isRemoved = true;
    items.delete(item.number);
    const next = item.box.nextElementSibling ?? item.box.previousElementSibling;
    item.box.remove();
    (next?.querySelector(".remove") ?? input).focus();
    status.textContent = `${item.file.name}: removed`;
    document.body.classList.toggle("filled", items.size > 0);
    take(async () => {
      const answer = await ask({ ask: "remove", file: item.number });
      await judge(answer.concerns_others ? [...items.values()] : []);
    });
  }

  async function unlock(item, password) {
    const answer = await about(item, { ask: "unlock", password });
    if (!item.isRemoved) say(item);
    if (answer.concerns_others) await judge([...items.values()]);
  }

  async function choose(entry) {
    await ask({ ask: "choose", entry });
    await judge([...items.values()]);
  }

  // --- what people do ---

  const itemOf = (node) => [...items.values()].find((item) => item.box.contains(node));

  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    take(() => add(files));
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const item = itemOf(event.target);
    if (!item) return;
    const password = new FormData(event.target).get("password");
    const button = event.target.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    button.textContent = "Opening";
    take(() => unlock(item, password));
  });
  together.addEventListener("change", (event) => {
    if (event.target.name !== "entry") return;
    const entry = event.target.value === "" ? null : Number(event.target.value);
    take(() => choose(entry));
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
    notice.textContent = entries.some(isFolder) ? "A folder was left out: drop the files in it." : "";
    const files = entries.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
    take(() => add(files));
  });
  // a key can be pasted as text
  document.addEventListener("paste", (event) => {
    if (event.target.matches("input:not([type=file]), textarea")) return;
    // where the selection ended is not where the key's file ends
    const text = event.clipboardData.getData("text/plain").replace(/[\r\n]+$/, "");
    const pasted = text.trim() ? [new File([text], "pasted api_key.txt")] : [];
    const files = event.clipboardData.files.length ? [...event.clipboardData.files] : pasted;
    if (files.length) take(() => add(files));
  });

  start();
})();
