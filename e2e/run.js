// Runs every test file, or those whose path contains a given word. A skipped test counts as a failure: a build server
// that skips proves nothing.

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const FOLDERS = ["interop", "faults", "browser"];
/** Two files at a time: every test has its servers for itself, and the smallest machine has two cores. */
const AT_ONCE = 2;
const LONGEST_TEST_MS = 120_000;

const wanted = process.argv[2] ?? "";
const files = FOLDERS.flatMap((folder) => readdirSync(HERE + folder).map((name) => `${HERE}${folder}/${name}`))
  .filter((path) => path.endsWith(".test.js") && path.includes(wanted));

const stream = run({ files, concurrency: AT_ONCE, timeout: LONGEST_TEST_MS });
stream.on("test:fail", () => (process.exitCode = 1));
stream.on("test:pass", ({ name, skip }) => {
  if (skip === undefined) return;
  process.exitCode = 1;
  process.stderr.write(`skipped: ${name}\n`);
});
stream.compose(new spec()).pipe(process.stdout);
if (files.length === 0) throw new Error(`no test file matches ${wanted}`);
