// What the scripts that open pages in a browser share: JSON in and out, one context for each look, and axe-core.
//
// A look is a width and a colour scheme.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import sparticuz from "@sparticuz/chromium";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const question = JSON.parse(readFileSync(0, "utf8"));

// Writes the answers of `visit(context, width, scheme)`, a list for each look, as one list.
export async function answerInEachLook(options, visit) {
  const browser = await chromium.launch({
    args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
    executablePath: await sparticuz.executablePath(),
    headless: true,
  });
  const answers = [];
  try {
    for (const [width, scheme] of question.looks) {
      const viewport = { width, height: 900 };
      const context = await browser.newContext({ viewport, colorScheme: scheme, ...options });
      answers.push(...(await visit(context, width, scheme)));
      await context.close();
    }
  } finally {
    await browser.close();
  }
  process.stdout.write(JSON.stringify(answers));
}

// Returns a list that gets the messages and errors of a page.
export function messagesOf(page) {
  const messages = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  return messages;
}

export async function widerThanWindow(page) {
  return Math.max(0, await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth));
}

// Returns the violations that axe-core finds, and how many rules are not violated.
export async function checked(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  const told = (one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 150)).join(" | ")}`;
  return { violations: found.violations.map(told), passes: found.passes.length };
}
