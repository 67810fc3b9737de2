// A look into the database file from outside, with Python's own SQLite, as an intruder or an operator would.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const SCRIPT = `
import json, sqlite3, sys
path, statement, values = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
database = sqlite3.connect(path, timeout=10)
rows = database.execute(statement, values).fetchall()
database.commit()
print(json.dumps(rows, default=lambda blob: blob.hex()))
`;

/**
 * Runs one statement on the store.
 * @param {string} directory
 * @param {string} statement
 * @param {(string | number)[]} [values]
 * @returns {any[][]}
 */
export function sql(directory, statement, values = []) {
  const path = join(directory, "claviger.db");
  const run = spawnSync("python3", ["-c", SCRIPT, path, statement, JSON.stringify(values)], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

/**
 * Digests of all files by name. An empty write-ahead log and SQLite's shared memory are left out: whoever only reads a
 * database makes them too.
 * @param {string} directory
 */
export function digests(directory) {
  const digest = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest("hex");
  const lasting = files(directory).filter(([name, bytes]) => bytes.length > 0 && !name.endsWith("-shm"));
  return Object.fromEntries(lasting.map(([name, bytes]) => [name, digest(bytes)]));
}

/** All files below a directory with their bytes. @param {string} directory @returns {[string, Buffer][]} */
export function files(directory) {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const inside = names.filter((name) => statSync(join(directory, name)).isFile());
  return inside.map((name) => [name, readFileSync(join(directory, name))]);
}
