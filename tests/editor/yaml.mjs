// Reads YAML texts with the parser of editors: [[text, ...]] to [[kind, value] or null where it finds an error, ...].
// Whole numbers are told apart from others, and keys are as written.
import { readFileSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from "yaml";

const OPTIONS = { version: "1.2", strict: false, intAsBigInt: true, merge: true };

function plain(value) {
  if (value === null || value === undefined) return ["null", null];
  if (typeof value === "bigint") return ["int", value.toString()];
  if (typeof value === "number") return ["float", Object.is(value, -0) ? "-0" : String(value)];
  if (typeof value === "boolean") return ["bool", value];
  if (typeof value === "string") return ["str", value];
  if (Array.isArray(value)) return ["list", value.map(plain)];
  return ["map", [...value].map(([key, item]) => [String(key), plain(item)])];
}

function read(node, doc) {
  if (isAlias(node)) return read(resolved(node, doc), doc);
  if (isSeq(node)) return ["list", node.items.map((item) => read(item, doc))];
  if (!isMap(node)) return plain(isScalar(node) ? node.value : null);
  // The library merges only where it makes values, and then keys of numbers lose their text.
  if (node.items.some((pair) => pair.key.source === "<<")) return plain(node.toJS(doc, { mapAsMap: true }));
  return ["map", node.items.map((pair) => [pair.key.source, read(pair.value, doc)])];
}

function resolved(alias, doc) {
  const node = alias.resolve(doc);
  if (node === undefined) throw new ReferenceError(`no anchor ${alias.source}`);
  return node;
}

// What the library finds only when it makes values: a merge of what is no map, an alias of nothing.
function answer(doc) {
  try {
    return read(doc.contents, doc);
  } catch {
    return null;
  }
}

const texts = JSON.parse(readFileSync(0, "utf8"));
const answers = texts.map((text) => {
  const docs = parseAllDocuments(text, OPTIONS);
  if (docs.length !== 1 || docs[0].errors.length) return null;
  return answer(docs[0]);
});
process.stdout.write(JSON.stringify(answers));
