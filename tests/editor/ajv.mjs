// Validates values with ajv: {schema, values} to {schema: true or the metaschema's errors, values: [valid, ...]}.
import { readFileSync } from "node:fs";
import Ajv from "ajv";

const { schema, values } = JSON.parse(readFileSync(0, "utf8"));
const ajv = new Ajv({ strict: false });
const sound = ajv.validateSchema(schema) ? true : ajv.errors;
const valid = ajv.compile(schema);
process.stdout.write(JSON.stringify({ schema: sound, values: values.map((value) => valid(value)) }));
