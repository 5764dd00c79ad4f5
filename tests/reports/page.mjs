// Opens a report in a headless browser, as a person would, and says what is wrong with it.
// node page.mjs BROWSER PAGE FOLDER: BROWSER is the program, PAGE the report, FOLDER takes screenshots and the profile.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [browserPath, page, folder] = process.argv.slice(2);
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
  `--user-data-dir=${join(folder, "profile")}`, "about:blank"];
const browser = spawn(browserPath, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const failures = [];
let passed = 0;
const check = (what, holds) => {
  if (holds) passed += 1;
  else failures.push(what);
};

const deadline = setTimeout(() => end("the browser did not answer within a minute"), 60_000);

function end(why) {
  clearTimeout(deadline);
  if (why) failures.push(why);
  browser.kill();
  for (const failure of failures) console.error(`report page: ${failure}`);
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length ? 1 : 0;
  setTimeout(() => process.exit(), 500).unref();
}

talk().then(() => end(), (error) => end(String(error)));
browser.on("error", (error) => end(String(error)));

async function talk() {
  const [toBrowser, fromBrowser] = [browser.stdio[3], browser.stdio[4]];
  let last = 0;
  const waiting = new Map();
  const events = [];
  let loaded;
  const hear = (message) => {
    if (message.id) {
      const { done, failed } = waiting.get(message.id);
      waiting.delete(message.id);
      message.error ? failed(new Error(JSON.stringify(message.error))) : done(message.result);
    } else {
      events.push(message);
      if (message.method === "Page.loadEventFired") loaded?.();
    }
  };
  // Messages end with a zero byte.
  let rest = Buffer.alloc(0);
  fromBrowser.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let at = rest.indexOf(0); at >= 0; at = rest.indexOf(0)) {
      hear(JSON.parse(rest.subarray(0, at).toString("utf8")));
      rest = rest.subarray(at + 1);
    }
  });
  let sessionId;
  const send = (method, params = {}) => new Promise((done, failed) => {
    last += 1;
    waiting.set(last, { done, failed });
    toBrowser.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
  });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
  const load = new Promise((done) => { loaded = done; });
  await send("Page.navigate", { url: pathToFileURL(resolve(page)).href });
  await load;
  const value = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return result.value;
  };

  // A cell that holds a script stays text.
  check("the page's title was taken over", (await value("document.title")).endsWith("what an import would do"));
  check("a cell's script became an element", (await value("document.querySelectorAll('main script, main img, main iframe').length")) === 0);
  check("a cell's script is not shown as text", await value("document.querySelector('#bad-rows').textContent.includes('<script>')"));
  check("text in a cell became an attribute", (await value("document.querySelectorAll('[onclick], [onerror], [onload]').length")) === 0);

  // The filter.
  const shown = "[...document.querySelectorAll('#bad-rows tr')].filter((row) => !row.hidden).length";
  const all = await value(shown);
  const filter = async (name, text) => {
    await value(`{ const it = document.getElementById('filters').elements['${name}']; it.value = '${text}'; it.dispatchEvent(new Event('input', { bubbles: true })); }`);
    return value(shown);
  };
  check("there is nothing to filter", all > 2);
  check("the filter is hidden though scripts run", !(await value("document.getElementById('filters').hidden")));
  const phones = await filter("code", "phone.length");
  check("the code filter shows what it should not", phones > 0 && phones < all &&
    await value("[...document.querySelectorAll('#bad-rows tr')].every((row) => row.hidden || row.dataset.code === 'phone.length')"));
  check("the filter does not say how many it shows", (await value("document.getElementById('shown').textContent")) === `${phones} of ${all} entries are shown.`);
  check("the word filter finds nothing", await filter("words", "070-12") >= 1);
  check("the word filter finds what is not there", await filter("words", "no such word") === 0);
  await filter("words", "");
  check("the filter does not let go", await filter("code", "") === all);

  // Ways to use it without eyes or mouse.
  check("a table has no caption", await value("[...document.querySelectorAll('table')].every((it) => it.caption && it.caption.textContent)"));
  check("a field has no label", await value("[...document.querySelectorAll('input, select')].every((it) => it.labels.length)"));
  check("a header cell has no scope", await value("[...document.querySelectorAll('th')].every((it) => it.scope)"));
  check("a picture has no words", await value("[...document.querySelectorAll('svg')].every((it) => it.getAttribute('aria-hidden') || it.getAttribute('aria-label'))"));
  check("headings are missing", (await value("document.querySelectorAll('h1').length")) === 1 && await value("document.querySelectorAll('h2').length > 3"));
  check("findings do not open", await value("{ const it = document.querySelector('details'); it.querySelector('summary').click(); it.open; }"));

  for (const [width, scheme] of [[1280, "light"], [480, "dark"]]) {
    await send("Emulation.setDeviceMetricsOverride", { width, height: 1600, deviceScaleFactor: 1, mobile: false });
    await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    check(`it is wider than ${width} pixels`, await value("document.documentElement.scrollWidth <= window.innerWidth"));
    const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    writeFileSync(join(folder, `page-${width}-${scheme}.png`), Buffer.from(data, "base64"));
  }

  const errors = events.filter(({ method, params }) =>
    method === "Runtime.exceptionThrown" ||
    (method === "Runtime.consoleAPICalled" && params.type === "error") ||
    (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)));
  check(`the console has errors: ${JSON.stringify(errors)}`, errors.length === 0);
  const asked = events.filter(({ method }) => method === "Network.requestWillBeSent").map(({ params }) => params.request.url);
  check(`it asks for more than itself: ${asked}`, asked.length === 1);
}
