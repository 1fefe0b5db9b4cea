// Answers the questions of a folder with an onnxruntime for JavaScript: FOLDER PACKAGE.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, name] = process.argv.slice(2);
const loaded = await import(name);
const ort = loaded.InferenceSession ? loaded : loaded.default;
if (ort.env.wasm) ort.env.wasm.numThreads = 1;
const { InferenceSession, Tensor } = ort;

const ARRAYS = { float64: Float64Array, int64: BigInt64Array, bool: Uint8Array };

// An array [N, 1]: texts as they are, numbers as the bytes of a little-endian type.
function read(told) {
  if (told.type === "string") return new Tensor("string", told.values, [told.values.length, 1]);
  const bytes = new Uint8Array(Buffer.from(told.values, "base64"));
  const values = new ARRAYS[told.type](bytes.buffer);
  return new Tensor(told.type, values, [values.length, 1]);
}

function written({ type, dims, data }) {
  if (type === "string") return { type, shape: dims, values: Array.from(data) };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { type, shape: dims, values: bytes.toString("base64") };
}

const map = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

const answers = [];
for (const { model, feed } of JSON.parse(readFileSync(join(folder, "questions.json"), "utf8"))) {
  const session = await InferenceSession.create(new Uint8Array(readFileSync(join(folder, model))), {
    executionProviders: [name.startsWith("web") ? "wasm" : "cpu"],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  answers.push(map(await session.run(map(feed, read)), written));
}
const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8"));
writeFileSync(join(folder, "answers.json"), JSON.stringify({ version, answers }));
