// The model answers as it did when it was built.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { load } from "../index.js";

const { examples } = JSON.parse(await readFile(new URL("examples.json", import.meta.url), "utf8"));
const numbers = { inf: Infinity, "-inf": -Infinity };

test("each answer", async () => {
  const model = await load();
  const answers = await model.predict(examples.map((one) => one.inputs));
  assert.equal(answers.length, examples.length);
  answers.forEach((answer, place) => {
    const wanted = examples[place].outputs;
    assert.deepEqual(Object.keys(answer), Object.keys(wanted));
    for (const [name, value] of Object.entries(wanted)) {
      if (typeof answer[name] !== "number") assert.equal(answer[name], value);
      else {
        const number = value === null ? NaN : typeof value === "string" ? numbers[value] : value;
        const near = Math.abs(answer[name] - number) <= 1e-9 * Math.max(1, Math.abs(number));
        assert.ok(near || Object.is(answer[name], number), `${name}: ${answer[name]}, not ${number}`);
      }
    }
  });
});
