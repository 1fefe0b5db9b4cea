// Answers questions about JSON texts as editors that use vscode-json-languageservice do.
// {schema, questions: [{text} | {text, complete: [line, column]} | {text, hover: [line, column]}]}, both from 1, to
// [[line, message], ...], labels, or a text for each question.
import { readFileSync } from "node:fs";
import library from "vscode-json-languageservice";

const { getLanguageService, TextDocument } = library;

const { schema, questions } = JSON.parse(readFileSync(0, "utf8"));
const service = getLanguageService({ clientCapabilities: { textDocument: { hover: { contentFormat: ["markdown"] } } } });
service.configure({ validate: true, schemas: [{ uri: "schema:spec", fileMatch: ["*.json"], schema }] });

const position = ([line, column]) => ({ line: line - 1, character: column - 1 });

async function answer(question, index) {
  const text = TextDocument.create(`file:///${index}.json`, "json", 1, question.text);
  const tree = service.parseJSONDocument(text);
  if (question.complete) {
    const found = await service.doComplete(text, position(question.complete), tree);
    return found.items.map((item) => item.label);
  }
  if (question.hover) {
    const found = await service.doHover(text, position(question.hover), tree);
    return found ? found.contents.map((part) => part.value ?? part).join("\n\n") : "";
  }
  const found = await service.doValidation(text, tree);
  return found.map((one) => [one.range.start.line + 1, one.message]);
}

process.stdout.write(JSON.stringify(await Promise.all(questions.map(answer))));
