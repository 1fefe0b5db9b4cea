// Opens HTML files in a browser without a network, and reads and writes JSON.
//
// The question: {files, looks, shots}; a look is a width and a colour scheme. The answer has, for each file and look, the requests, the
// messages of the console, the violations that axe-core finds, and how far the page is wider than the window.
// `shots` is a folder for pictures, or null.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";
import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const question = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
  executablePath: await sparticuz.executablePath(),
  headless: true,
});
const answers = [];
try {
  for (const [width, scheme] of question.looks) {
    const viewport = { width, height: 900 };
    const context = await browser.newContext({ viewport, colorScheme: scheme, offline: true });
    for (const file of question.files) answers.push(await look(context, file, width, scheme));
    await context.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(answers));

async function look(context, file, width, scheme) {
  const page = await context.newPage();
  const requests = [];
  const messages = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  const scripts = await page.locator("script").count();
  // Folded tables count, too.
  for (const open of [false, true]) {
    await page.evaluate((open) => document.querySelectorAll("details").forEach((one) => (one.open = open)), open);
    if (question.shots) {
      const name = `${path.basename(path.dirname(file))}-${width}-${scheme}${open ? "-open" : ""}.png`;
      await page.screenshot({ path: path.join(question.shots, name), fullPage: true });
    }
  }
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  await page.close();
  return {
    file,
    width,
    scheme,
    scripts,
    requests: requests.filter((one) => one !== url),
    messages,
    wider: Math.max(wider, 0),
    violations: found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 150)).join(" | ")}`),
    passes: found.passes.length,
  };
}
