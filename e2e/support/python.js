// Servers and clients from PyPI, run by the Python of e2e/.venv.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Program } from "./program.js";

const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const PYTHON = path(".venv/bin/python");

function python() {
  if (existsSync(PYTHON)) return PYTHON;
  throw new Error("e2e/.venv is missing: python3 -m venv .venv && .venv/bin/pip install --requirement requirements.txt");
}

/**
 * A server of servers/ that prints its port. Answers its address and a way to give it more arguments.
 * @param {import("node:test").TestContext} t
 * @param {string} name
 * @param {string[]} args
 */
export async function pythonServer(t, name, args) {
  const program = new Program(python(), [path(`servers/${name}.py`), ...args]);
  t.after(() => program.stop("SIGKILL"));
  const [port] = await program.line(/^\d+$/);
  return { url: `http://127.0.0.1:${port}`, program };
}

/**
 * Runs a script of servers/ on one JSON value.
 * @param {string} name
 * @param {unknown} input
 * @returns {any}
 */
export function pythonScript(name, input) {
  const run = spawnSync(python(), [path(`servers/${name}.py`)], { input: JSON.stringify(input), encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}
