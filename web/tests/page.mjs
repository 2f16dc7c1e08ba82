// Drops files on the page in a real browser, and holds what it shows against what the command line says.
//
// node web/tests/page.mjs PAGE APKKEY FIXTURES [SCREENSHOTS]
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const { chromium } = createRequire(path.join(process.cwd(), "package.json"))("playwright-core");
const [page_, apkkey, fixtures, screenshots] = process.argv.slice(2).map((name) => path.resolve(name));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "apkkey-page-"));
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
const fixture = (name) => path.join(fixtures, name);
const tokenKey = fixture("keys/token-test-key.pub.pem");
const requests = [];

async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => { throw error; });
  page.on("console", (message) => { if (message.type() === "error") throw new Error(message.text()); });
  await page.goto(`file://${page_}`);
  return page;
}

const idle = (page) => page.waitForFunction(() => !document.getElementById("results").hasAttribute("aria-busy"), undefined, { timeout: 120000 });

async function drop(page, ...files) {
  await page.setInputFiles("#files", files);
  await idle(page);
}

// what a command says, in JSON
function told(...args) {
  const ran = spawnSync(apkkey, [...args, "--format=json"], { encoding: "utf8", cwd: folder, env: { PATH: process.env.PATH }, input: "" });
  return JSON.parse(ran.stdout);
}

// what the page says of a file
const shown = (page, name) => page.evaluate((name) => {
  const article = [...document.querySelectorAll("article")].find((one) => one.dataset.path === name);
  if (!article) return null;
  const texts = (query) => [...article.querySelectorAll(query)].map((one) => one.textContent);
  const findings = [...article.querySelectorAll(".findings li")].map((one) => ({
    id: one.dataset.check,
    severity: one.querySelector("strong").textContent,
    message: one.querySelector(".message").textContent,
    help: one.querySelector(".help")?.textContent ?? null,
  }));
  return {
    text: article.textContent, md5: texts("[data-field='MD5 Signature']"), sha256: texts("[data-field='SHA256 Signature']"),
    packages: texts("[data-field='Package']"), ranges: texts(".values h3"), findings, verdict: article.querySelector(".verdict strong")?.textContent,
  };
}, name);

const byOrder = (severity) => ["error", "warning", "note"].indexOf(severity);

// what stands between backquotes is shown as code
const plain = (text) => text && (text.split("`").length % 2 ? text.replaceAll("`", "") : text);

// the same findings, words and severities
function sameFindings(seen, file) {
  const reported = file.checks.filter((check) => check.outcome === "fail" || check.unknown);
  reported.sort((one, other) => byOrder(one.severity) - byOrder(other.severity));
  assert.deepEqual(seen.findings.map(({ id, severity, help }) => ({ id, severity, help })),
    reported.map(({ id, severity, help }) => ({ id, severity, help: plain(help) })), file.path);
  seen.findings.forEach((finding, index) => assert.ok(finding.message.includes(plain(reported[index].message)), finding.message));
  assert.equal(seen.verdict, file.verdict, file.path);
}

function sameCertificates(seen, file) {
  const { device, signers } = file.signature;
  const wanted = device.length ? device.flatMap((range) => range.certificates) : signers.map((signer) => signer.certificate);
  const distinct = device.length ? wanted : wanted.filter((one, index) => wanted.findIndex((other) => other.sha256 === one.sha256) === index);
  assert.deepEqual(seen.md5, distinct.map((one) => one.md5), file.path);
  assert.deepEqual(seen.sha256, distinct.map((one) => one.sha256), file.path);
  assert.ok(seen.packages.every((name) => name === file.package));
}

const tests = {
  async "every app has the certificates and the findings of the command line"() {
    const page = await open();
    await drop(page, tokenKey);
    const names = ["apk", "aab"].flatMap((kind) => fs.readdirSync(fixture(kind)).map((name) => path.join(fixtures, kind, name)))
      .filter((name) => /\.(apk|aab)$/.test(name));
    for (let start = 0; start < names.length; start += 20) await drop(page, ...names.slice(start, start + 20));
    let looked = 0;
    for (const name of names) {
      const [file] = told("verify", name, `--token-key=${tokenKey}`).files;
      const seen = await shown(page, path.basename(name));
      sameFindings(seen, file);
      sameCertificates(seen, file);
      looked++;
    }
    assert.ok(looked > 60, String(looked));
    console.log(`   ${looked} apps`);
  },

  async "every keystore has the fingerprints of the command line, or the same refusal"() {
    const page = await open();
    let opened = 0, asked = 0, refused = 0;
    for (const name of fs.readdirSync(fixture("keystore")).filter((name) => !name.endsWith(".json"))) {
      await drop(page, fixture(`keystore/${name}`));
      const seen = await shown(page, name);
      const report = told("fingerprint", fixture(`keystore/${name}`));
      if (report.files.length) {
        const certificates = report.files[0].entries.map((entry) => entry.certificate).filter(Boolean);
        assert.deepEqual(seen.md5, certificates.map((one) => one.md5), name);
        assert.deepEqual(seen.sha256, certificates.map((one) => one.sha256), name);
        opened++;
      } else if (seen.text.includes("Password of")) {
        assert.match(report.errors[0].message, /password/, name);
        asked++;
      } else {
        assert.ok(seen.text.includes(plain(report.errors[0].message)), `${name}: ${seen.text}`);
        assert.equal(seen.findings[0].help, plain(report.errors[0].help), name);
        refused++;
      }
      await page.click(`[aria-label='Remove ${name}']`);
      await idle(page);
    }
    console.log(`   ${opened} opened, ${asked} ask for a password, ${refused} refused`);
    assert.ok(opened > 20 && asked > 5 && refused > 3);
  },

  async "a password that is wrong is told, and the right one opens"() {
    const page = await open();
    await drop(page, fixture("keystore/keytool-17.p12"));
    const before = await shown(page, "keytool-17.p12");
    assert.ok(before.text.includes("Password of keytool-17.p12"));
    assert.ok(await page.evaluate(() => document.activeElement.name === "password"), "the question has the focus");
    await page.keyboard.type("not this one");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".wrong");
    assert.match(await page.textContent(".wrong"), /wrong password for the keystore/);
    assert.ok(await page.evaluate(() => document.activeElement.name === "password"), "and keeps it");
    await page.keyboard.type(process.env.FIXTURE_PASSWORD ?? "storepass");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-field='MD5 Signature']");
    const [file] = JSON.parse(execFileSync(apkkey, ["fingerprint", fixture("keystore/keytool-17.p12"), "--ks-pass", "env:P", "--format=json"],
      { encoding: "utf8", env: { P: process.env.FIXTURE_PASSWORD ?? "storepass" } })).files;
    const seen = await shown(page, "keytool-17.p12");
    assert.deepEqual(seen.md5, file.entries.map((entry) => entry.certificate.md5));
    assert.ok(!(await page.content()).includes("storepass"), "the password is nowhere on the page");
  },

  async "every key is judged as the command line judges it"() {
    const page = await open();
    await drop(page, tokenKey);
    let looked = 0;
    for (const name of fs.readdirSync(fixture("token")).filter((name) => name.endsWith(".txt"))) {
      const copy = path.join(folder, "api_key.txt");
      fs.copyFileSync(fixture(`token/${name}`), copy);
      await drop(page, copy);
      const [file] = told("key", copy, `--token-key=${tokenKey}`).files;
      const seen = await shown(page, "api_key.txt");
      assert.deepEqual(seen.findings.map(({ id, help }) => ({ id, help })), file.api_key.problems.map(({ id, help }) => ({ id, help: plain(help) })), name);
      for (const value of [file.api_key.package, file.api_key.md5, file.api_key.client_id]) assert.ok(!value || seen.text.includes(value), name);
      await page.click("[aria-label='Remove api_key.txt']");
      await idle(page);
      looked++;
    }
    console.log(`   ${looked} keys`);
  },

  async "a keystore beside an app is the certificate that counts"() {
    const page = await open();
    // the command is run beside the files, as messages name them
    for (const name of ["aab/demo-release.aab", "keystore/release.jks", "keystore/several-aliases.jks"]) fs.copyFileSync(fixture(name), path.join(folder, path.basename(name)));
    await drop(page, tokenKey, fixture("aab/demo-release.aab"));
    const name = "demo-release.aab";
    sameFindings(await shown(page, name), told("verify", name, `--token-key=${tokenKey}`).files[0]);
    await drop(page, fixture("keystore/release.jks"));
    const [file] = told("verify", name, `--token-key=${tokenKey}`, "--ks", "release.jks").files;
    sameFindings(await shown(page, name), file);
    await page.click("[aria-label='Remove release.jks']");
    await drop(page, fixture("keystore/several-aliases.jks"));
    // nobody said which one signs: that is asked, and can be answered by keyboard
    assert.match(await page.textContent("#together"), /Until you choose one, an app is held against its own/);
    await page.focus(".choice select");
    await page.keyboard.press("ArrowDown");
    await idle(page);
    assert.equal(await page.evaluate(() => document.activeElement.name), "entry", "the question keeps the focus");
    const alias = (await page.$eval(".choice option:checked", (one) => one.textContent)).split(" of ")[0];
    const [chosen] = told("verify", name, `--token-key=${tokenKey}`, "--ks", "several-aliases.jks", "--ks-key-alias", alias).files;
    sameFindings(await shown(page, name), chosen);
  },

  async "which of two keystores signs is asked, and the same one twice is one"() {
    const page = await open();
    await drop(page, tokenKey, fixture("apk/demo-debug.apk"), fixture("keystore/release.jks"));
    const verdict = async () => (await shown(page, "demo-debug.apk")).verdict;
    assert.equal(await verdict(), "bad");
    await drop(page, fixture("keystore/release.jks"), fixture("keystore/release.pem"));
    assert.equal(await verdict(), "bad", "it is the same certificate");
    assert.equal(await page.$(".choice"), null);
    await drop(page, fixture("keystore/debug.keystore"));
    assert.match(await page.textContent("#together"), /Which certificate signs/);
    await page.selectOption(".choice select", { label: "release of release.jks" });
    await idle(page);
    assert.equal(await verdict(), "bad");
  },

  async "a key beside an app is held against it"() {
    const page = await open();
    const copy = path.join(folder, "api_key.txt");
    const said = async (token) => {
      fs.copyFileSync(fixture(`token/${token}`), copy);
      await drop(page, copy);
      const seen = await shown(page, "api_key.txt in demo-nokey.apk");
      await page.click("[aria-label='Remove api_key.txt']");
      await idle(page);
      return seen;
    };
    await drop(page, tokenKey, fixture("apk/demo-nokey.apk"));
    const wrong = { "release.txt": [], "other-package.txt": ["key-package-mismatch"], "debug.txt": ["key-md5-mismatch"], "trailing-newline.txt": ["key-whitespace"] };
    for (const [token, errors] of Object.entries(wrong)) {
      const seen = await said(token);
      assert.deepEqual(seen.findings.filter((one) => one.severity === "error").map((one) => one.id), errors, token);
      // the same as after it was put in
      const out = path.join(folder, "put-in.apk");
      fs.rmSync(out, { force: true });
      fs.copyFileSync(fixture(`token/${token}`), copy);
      const made = spawnSync(apkkey, ["inject", fixture("apk/demo-nokey-unsigned.apk"), "--api-key", copy, "--ks", fixture("keystore/release.jks"), "--ks-pass", "env:P", "--out", out, "--force", `--token-key=${tokenKey}`],
        { encoding: "utf8", env: { P: "storepass", PATH: process.env.PATH } });
      if (token === "trailing-newline.txt") continue; // inject takes the line end off
      assert.equal(made.status, 0, made.stderr);
      const [file] = told("verify", out, "--only=key", `--token-key=${tokenKey}`).files;
      sameFindings(seen, file);
    }
  },

  async "a key beside a bundle that has it in another module is as wrong as inject makes it"() {
    const page = await open();
    await drop(page, tokenKey, fixture("token/release.txt"), fixture("aab/key-in-feature.aab"), fixture("aab/key-in-pack.aab"), fixture("aab/key-top-level.aab"));
    for (const name of ["key-in-feature.aab", "key-in-pack.aab", "key-top-level.aab"]) {
      const out = path.join(folder, "put-in.aab");
      fs.rmSync(out, { force: true });
      const made = spawnSync(apkkey, ["inject", fixture(`aab/${name}`), "--api-key", fixture("token/release.txt"), "--unsigned", "--force", "--out", out, `--token-key=${tokenKey}`], { encoding: "utf8", env: { PATH: process.env.PATH } });
      assert.equal(made.status, 0, made.stderr);
      const ids = (checks) => checks.filter((check) => check.id !== "key-md5-mismatch").map(({ id, severity }) => ({ id, severity }));
      const reported = told("verify", out, "--only=key", `--token-key=${tokenKey}`).files[0].checks.filter((check) => check.outcome === "fail");
      assert.deepEqual(ids((await shown(page, `release.txt in ${name}`)).findings), ids(reported), name);
    }
  },

  async "a key beside a keystore tells which certificate it is for"() {
    const page = await open();
    const copy = path.join(folder, "api_key.txt");
    fs.copyFileSync(fixture("token/release.txt"), copy);
    await drop(page, tokenKey, copy, fixture("keystore/several-aliases.jks"), fixture("keystore/release.jks"));
    assert.match(await page.textContent("#together"), /made for the certificate of .*release\.jks|several-aliases\.jks/);
    await page.click("[aria-label='Remove release.jks']");
    await page.click("[aria-label='Remove several-aliases.jks']");
    await drop(page, fixture("keystore/debug.keystore"));
    assert.match(await page.textContent("#together"), /made for another certificate/);
    // while a keystore is locked, nobody knows
    await drop(page, fixture("keystore/keytool-17.p12"));
    assert.match(await page.textContent("#together"), /None of the certificates that could be read so far/);
    // a key that is not genuine is never good
    for (const token of ["payload-edited.txt", "signed-by-another-key.txt", "trailing-newline.txt"]) {
      const other = await open();
      await drop(other, tokenKey, fixture(`token/${token}`), fixture("keystore/release.jks"));
      assert.notEqual((await shown(other, token)).verdict, "good", token);
      assert.doesNotMatch(await other.textContent("#together"), /good/, token);
    }
  },

  async "sets, libraries, damaged files and others have the command line's words"() {
    const page = await open();
    const cut = path.join(folder, "cut.apk");
    fs.writeFileSync(cut, fs.readFileSync(fixture("apk/demo-release.apk")).subarray(0, 20000));
    const text = path.join(folder, "notes.txt");
    fs.writeFileSync(text, "milk, bread\n");
    fs.writeFileSync(path.join(folder, "empty.apk"), "");
    await drop(page, cut, text, path.join(folder, "empty.apk"), fixture("apks/default.apks"));
    const [cutError] = told("verify", cut).errors;
    assert.ok((await shown(page, "cut.apk")).text.includes(plain(cutError.message)));
    assert.ok((await shown(page, "notes.txt")).text.includes(plain(told("fingerprint", text).errors[0].message)));
    for (const file of told("verify", fixture("apks/default.apks")).files) {
      sameFindings(await shown(page, file.path.slice(file.path.indexOf("default.apks"))), file);
    }
  },

  async "names of files and texts in them are no markup"() {
    const page = await open();
    const hostile = path.join(folder, "<img src=x onerror=\"window.hit=1\">.apk");
    fs.copyFileSync(fixture("apk/demo-release.apk"), hostile);
    await drop(page, hostile);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.equal(await page.$("#results img"), null);
    assert.ok((await page.textContent("#results h2")).startsWith("<img src=x"));
  },

  async "values can be copied, and everything works by keyboard"() {
    const page = await open();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await drop(page, fixture("apk/demo-release.apk"));
    await page.click("[aria-label='Copy MD5 Signature']");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, (await shown(page, "demo-release.apk")).md5[0]);
    assert.equal(await page.textContent("[aria-label='Copied MD5 Signature']"), "Copied");
    await page.evaluate(() => document.activeElement.blur());
    const reached = [];
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id ?? document.activeElement.textContent));
    }
    for (const wanted of ["files", "Copy Package", "Copy SHA256 Signature", "Remove demo-release.apk"]) assert.ok(reached.includes(wanted), `${wanted}: ${reached}`);
    const unnamed = await page.$$eval("button, input, select", (all) => all.filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length)).length);
    assert.equal(unnamed, 0, "every control has a name");
  },

  async "a key can be pasted, also after a file was removed"() {
    const page = await open();
    await drop(page, tokenKey, fixture("apk/demo-nokey.apk"), fixture("keystore/release.jks"));
    await page.click("[aria-label='Remove release.jks']");
    await idle(page);
    const text = fs.readFileSync(fixture("token/release.txt"), "utf8") + "\n";
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    }, text);
    await idle(page);
    const seen = await shown(page, "pasted api_key.txt in demo-nokey.apk");
    assert.deepEqual(seen.findings.filter((one) => one.severity === "error"), [], "where the selection ends is no error");
  },

  async "folds stay open, and removing a file takes it away at once"() {
    const page = await open();
    await drop(page, fixture("apk/demo-release.apk"));
    await page.click("details.signature summary");
    await drop(page, fixture("keystore/release.jks"));
    assert.ok(await page.$eval("[data-path='demo-release.apk'] details.signature", (one) => one.open));
    await page.evaluate(() => document.querySelector("[aria-label='Remove demo-release.apk']").click());
    assert.equal(await shown(page, "demo-release.apk"), null);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Remove release.jks");
  },

  async "files that are dragged onto the page are read"() {
    const page = await open();
    const bytes = fs.readFileSync(fixture("keystore/release.jks")).toString("base64");
    await page.evaluate((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], "dropped.jks"));
      document.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, bytes);
    await page.waitForSelector("[data-field='MD5 Signature']");
    assert.ok((await shown(page, "dropped.jks")).text.includes("JKS keystore"));
  },

  async "small files take less than 200 ms, 500 MB less than a second"() {
    const page = await open();
    await drop(page, fixture("apk/demo-nokey.apk")); // the module is ready now
    const time = (name, count) => page.evaluate(async ([name, count]) => {
      const since = performance.now();
      while (document.querySelectorAll(`[data-path='${name}'] [data-field='MD5 Signature']`).length < count) await new Promise((done) => setTimeout(done, 2));
      return performance.now() - since;
    }, [name, count]);
    let timed = time("demo-release.apk", 1);
    await page.setInputFiles("#files", fixture("apk/demo-release.apk"));
    const small = await timed;
    await idle(page);
    const big = bigApk();
    timed = time("big.apk", 1);
    const ticks = page.evaluate(() => new Promise((done) => {
      // the longest time for which the page could not do anything else
      let last = performance.now(), longest = 0;
      const timer = setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; }, 5);
      window.stopTicking = () => { clearInterval(timer); done(longest); };
    }));
    await page.setInputFiles("#files", big);
    const first = await timed;
    const bar = await page.waitForSelector("progress", { timeout: 20000 });
    assert.ok(bar, "a bar is shown");
    const since = Date.now();
    await idle(page);
    const verified = Date.now() - since;
    await page.evaluate(() => window.stopTicking());
    const longest = await ticks;
    const [file] = told("verify", big).files;
    sameFindings(await shown(page, "big.apk"), file);
    sameCertificates(await shown(page, "big.apk"), file);
    console.log(`   50 KB: ${small.toFixed(0)} ms; 500 MB: fingerprints ${first.toFixed(0)} ms, all checks ${verified} ms more, page never held up for more than ${longest.toFixed(0)} ms`);
    assert.ok(longest < 500, "the page stays responsive");
  },

  async "a page that may start no worker says so"() {
    const page = await (await browser.newContext()).newPage();
    const headers = { "content-type": "text/html", "content-security-policy": "worker-src 'self'" };
    await page.route("**/*", (route) => route.fulfill({ headers, body: fs.readFileSync(page_, "utf8") }));
    await page.goto("http://page.test/");
    await drop(page, fixture("keystore/release.jks"), fixture("apk/demo-release.apk"));
    assert.match(await page.textContent("#notice"), /lets it start no worker/);
  },

  async "nothing is asked of any host, and the policy says so"() {
    assert.ok(requests.every((url) => url.startsWith("file:") || url.startsWith("blob:")), requests.join("\n"));
    const page = await open();
    const policy = await page.getAttribute("meta[http-equiv]", "content");
    for (const part of ["default-src 'none'", "connect-src 'none'", "form-action 'none'"]) assert.ok(policy.includes(part), policy);
    assert.ok(!/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/.test(policy.replace("'wasm-unsafe-eval'", "")), policy);
    // a script that tries is stopped by the browser
    const stopped = await (await browser.newContext()).newPage();
    await stopped.goto(`file://${page_}`);
    const refused = await stopped.evaluate(() => fetch("https://example.com/").then(() => "sent", () => "refused"));
    assert.equal(refused, "refused");
    const violated = await stopped.evaluate(() => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective));
      document.body.append(Object.assign(document.createElement("img"), { src: "https://example.com/x.png" }));
    }));
    assert.match(violated, /img-src|default-src/);
  },

  async "pictures"() {
    if (!screenshots) return;
    fs.mkdirSync(screenshots, { recursive: true });
    for (const [name, options] of Object.entries({ light: {}, dark: { colorScheme: "dark" }, narrow: { viewport: { width: 360, height: 740 } } })) {
      const page = await open(options);
      await page.screenshot({ path: path.join(screenshots, `${name}-empty.png`), fullPage: true });
      await drop(page, tokenKey, fixture("apk/key-wrong-sha256.apk"), fixture("keystore/several-aliases.jks"), fixture("keystore/keytool-17.p12"), fixture("token/other-package.txt"));
      await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!wide, `${name}: nothing stands out at the side`);
    }
  },
};

// an APK of 500 MB, signed by apkkey itself: a real one with a file that nothing can compress
function bigApk() {
  const filler = path.join(folder, "filler");
  const size = 500e6;
  const handle = fs.openSync(filler, "w");
  let state = 1;
  const block = Buffer.alloc(1 << 20);
  for (let written = 0; written < size; written += block.length) {
    for (let index = 0; index < block.length; index += 4) block.writeUInt32LE((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), index);
    fs.writeSync(handle, block);
  }
  fs.closeSync(handle);
  const unsigned = path.join(folder, "unsigned.apk");
  fs.copyFileSync(fixture("apk/demo-unsigned.apk"), unsigned);
  execFileSync("python3", ["-c", "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'a') as archive: archive.write(sys.argv[2], 'assets/filler')", unsigned, filler]);
  fs.rmSync(filler);
  const big = path.join(folder, "big.apk");
  execFileSync(apkkey, ["sign", unsigned, "--ks", fixture("keystore/release.jks"), "--ks-pass", "env:P", "--out", big], { env: { P: "storepass" } });
  fs.rmSync(unsigned);
  return big;
}

let failed = 0;
const only = process.env.ONLY;
try {
  for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only)) continue;
    const since = Date.now();
    try {
      await test();
      console.log(`ok ${name} (${Date.now() - since} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAILED ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
