export async function load({ threads = 1 } = {}) {
  const file = fileURLToPath(new URL("model.onnx", import.meta.url));
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  return { predict: (rows) => predict(session, rows) };
}

async function predict(session, rows) {
  const known = new Set(inputs.map(([name]) => name));
  rows.forEach((row, place) => {
    for (const name of Object.keys(row)) if (!known.has(name)) throw new TypeError(`row ${place}: unknown input '${name}'`);
  });
  const feed = Object.fromEntries(inputs.map((input) => [input[0], column(rows, ...input)]));
  const answers = await session.run(feed);
  return rows.map((_, row) => {
    const prediction = {};
    for (const [name, type, columns] of outputs) {
      columns.forEach((column, place) => {
        prediction[column] = read[type](answers[name].data[row * columns.length + place]);
      });
    }
    return prediction;
  });
}

const read = { bool: Boolean, int64: Number, double: (value) => value, string: (value) => value };

function column(rows, name, dtype, nullable, missing) {
  const { type, convert, make } = dtypes[dtype];
  const values = rows.map((row, place) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === null || value === undefined) {
      if (!nullable) throw new TypeError(`row ${place}: '${name}' is missing`);
      return type === "string" ? missing : type === "int64" ? BigInt(missing) : NaN;
    }
    const wrong = (what) => new TypeError(`row ${place}: '${name}' must be ${what}, not ${String(value)}`);
    return convert(value, wrong);
  });
  return new Tensor(type, make(values), [rows.length, 1]);
}

function number(value, wrong) {
  if (typeof value !== "number") throw wrong("a number");
  return value;
}

const float64 = { type: "float64", make: (values) => Float64Array.from(values) };
const int64 = { type: "int64", make: (values) => BigInt64Array.from(values) };

const dtypes = {
  bool: {
    ...float64,
    convert(value, wrong) {
      if (typeof value !== "boolean") throw wrong("a boolean");
      return Number(value);
    },
  },
  int: {
    ...float64,
    convert(value, wrong) {
      if (!Number.isInteger(number(value, wrong)) || Math.abs(value) > 2 ** 53) throw wrong("an integer up to 2^53");
      return value;
    },
  },
  float: { ...float64, convert: number },
  string: {
    type: "string",
    make: (values) => values,
    convert(value, wrong) {
      if (typeof value !== "string" || value.includes("\0")) throw wrong("a string without U+0000");
      return value;
    },
  },
  date: {
    ...int64,
    convert(value, wrong) {
      const text = value instanceof Date ? value.toISOString().slice(0, 10) : value;
      if (typeof text !== "string" || !/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) throw wrong("a date");
      return BigInt(Date.parse(text)) * 1000n;
    },
  },
  datetime: {
    ...int64,
    convert(value, wrong) {
      if (value instanceof Date && !Number.isNaN(value.getTime())) return BigInt(value.getTime()) * 1000n;
      // Date has milliseconds only.
      const found = typeof value === "string" && /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?)?$/.exec(value);
      const time = found && Date.parse(`${found[1]}T${found[2] ?? "00:00"}${found[4] ?? "Z"}`);
      if (!found || Number.isNaN(time)) throw wrong("a time in ISO 8601");
      return BigInt(time) * 1000n + BigInt((found[3] ?? "").padEnd(6, "0"));
    },
  },
};
