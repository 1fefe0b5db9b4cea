// Fills in the form of a server in a browser, and reads and writes JSON.
//
// The question: {url, looks, tries, token, shots}. A look is a width and a colour scheme; a try has the name of a `model` and the `values`
// of fields by label. The answer has, for each look, the title, the requests to other places, the messages of the console, how far the page
// is wider than the window, the violations that axe-core finds, and for each try what the page shows.
import path from "node:path";
import { answerInEachLook, checked, messagesOf, question, widerThanWindow } from "./looks.mjs";

// A policy of the page forbids scripts that it does not contain, also those of axe-core.
await answerInEachLook({ bypassCSP: true }, async (context, width, scheme) => [await look(context, width, scheme)]);

async function look(context, width, scheme) {
  const page = await context.newPage();
  const elsewhere = [];
  const messages = messagesOf(page);
  page.on("request", (request) => request.url().startsWith(question.url) || elsewhere.push(request.url()));
  await page.goto(question.url);
  if (question.token) {
    await page.getByLabel("Token").fill(question.token);
    await page.getByRole("button", { name: "Continue" }).click();
  }
  const found = [];
  const violations = [];
  let wider = 0;
  for (const [number, { model, values }] of question.tries.entries()) {
    await page.getByRole("button", { name: "Predict" }).waitFor();
    if (model) await page.getByLabel("Model", { exact: true }).selectOption({ label: model });
    for (const [label, value] of Object.entries(values)) {
      const control = page.getByLabel(label, { exact: true });
      const isList = (await control.evaluate((one) => one.tagName)) === "SELECT";
      await (isList ? control.selectOption({ label: value }) : control.fill(value));
    }
    const answered = page.waitForResponse((response) => response.url().includes("/predict/"));
    await page.getByRole("button", { name: "Predict" }).click();
    const sent = (await answered).request().postData();
    await page.waitForFunction(() => !document.querySelector("#answer").hidden || document.querySelector("#error").textContent);
    await page.waitForTimeout(50);
    found.push({
      sent: JSON.parse(sent),
      error: await page.getByRole("alert").textContent(),
      answer: await page.locator("#answer").isVisible() ? await page.locator("#answer").innerText() : null,
      focused: await page.evaluate(() => document.activeElement?.name ?? null),
      invalid: await page.locator("[aria-invalid=true]").evaluateAll((all) => all.map((one) => one.name)),
    });
    if (question.shots) await page.screenshot({ path: path.join(question.shots, `form-${width}-${scheme}-${number}.png`), fullPage: true });
    wider = Math.max(wider, await widerThanWindow(page));
    violations.push(...(await checked(page)).violations);
  }
  const title = await page.title();
  await page.close();
  return { title, elsewhere, messages, wider, violations, found };
}
