// Opens HTML files in a browser without a network, and reads and writes JSON.
//
// The question: {files, looks, shots}; a look is a width and a colour scheme. The answer has, for each file and look, the requests, the
// messages of the console, the violations that axe-core finds, and how far the page is wider than the window.
// `shots` is a folder for pictures, or null.
import { pathToFileURL } from "node:url";
import path from "node:path";
import { answerInEachLook, checked, messagesOf, question, widerThanWindow } from "./looks.mjs";

await answerInEachLook({ offline: true }, async (context, width, scheme) => {
  const answers = [];
  for (const file of question.files) answers.push(await look(context, file, width, scheme));
  return answers;
});

async function look(context, file, width, scheme) {
  const page = await context.newPage();
  const requests = [];
  const messages = messagesOf(page);
  page.on("request", (request) => requests.push(request.url()));
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
  const wider = await widerThanWindow(page);
  const found = await checked(page);
  await page.close();
  return {
    file,
    width,
    scheme,
    scripts,
    requests: requests.filter((one) => one !== url),
    messages,
    wider,
    ...found,
  };
}
