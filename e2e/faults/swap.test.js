// Somebody changed the store behind our back, or the key does not fit it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Claviger, command } from "../support/claviger.js";
import { digests, sql } from "../support/database.js";

const KEYS = ["one", "two", "three"];

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const claviger = await Claviger.start(t);
  const api = claviger.api();
  const config = { api_base_url: "https://api.example" };
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "keys", integration_config: config });
  for (const key of KEYS) {
    const credentials = { type: "API_KEY", apiKey: `secret-of-${key}` };
    await api.must("POST", "/connections", { provider_config_key: "keys", connection_id: key, credentials });
  }
  return { claviger, api };
}

test("two credentials that were swapped in the database are refused loudly and never mixed up", async (t) => {
  const { claviger, api } = await scene(t);
  await claviger.stop();
  const [one, two] = [stored(claviger.directory, "one"), stored(claviger.directory, "two")];
  store(claviger.directory, "one", two);
  store(claviger.directory, "two", one);
  await claviger.start();
  for (const key of ["one", "two"]) {
    const answer = await api.read(key, "keys");
    assert.deepEqual([answer.status, answer.body.error.code], [500, "integrity_error"]);
    assert.doesNotMatch(answer.text, /secret-of/);
  }
  assert.equal((await api.read("three", "keys")).body.credentials.apiKey, "secret-of-three");
  assert.match(claviger.log, /ERROR/);
});

test("a credential with one flipped bit is refused", async (t) => {
  const { claviger, api } = await scene(t);
  await claviger.stop();
  const hex = stored(claviger.directory, "one");
  const last = Number.parseInt(hex.slice(-2), 16) ^ 1;
  store(claviger.directory, "one", hex.slice(0, -2) + last.toString(16).padStart(2, "0"));
  await claviger.start();
  const answer = await api.read("one", "keys");
  assert.deepEqual([answer.status, answer.body.error.code], [500, "integrity_error"]);
});

test("a master key that does not fit refuses the start in one line and changes nothing", async (t) => {
  const { claviger } = await scene(t);
  await claviger.stop();
  writeFileSync(join(claviger.directory, "master.key"), `${randomBytes(32).toString("base64")}\n`);
  refusesUntouched(claviger.directory);
});

test("a missing master key refuses the start in one line and changes nothing", async (t) => {
  const { claviger, api } = await scene(t);
  await claviger.stop();
  const [key, aside] = [join(claviger.directory, "master.key"), join(claviger.directory, "aside")];
  renameSync(key, aside);
  refusesUntouched(claviger.directory);
  renameSync(aside, key);
  await claviger.start();
  assert.equal((await api.read("one", "keys")).status, 200);
});

test("a master key of another length refuses the start in one line and changes nothing", async (t) => {
  const { claviger } = await scene(t);
  await claviger.stop();
  writeFileSync(join(claviger.directory, "master.key"), `${randomBytes(16).toString("base64")}\n`);
  refusesUntouched(claviger.directory);
});

/** The sealed credential of a connection, in hex. @param {string} directory @param {string} key @returns {string} */
function stored(directory, key) {
  return sql(directory, "select hex(credential) from connections where key = ?", [key])[0]?.[0];
}

/** @param {string} directory @param {string} key @param {string} hex */
function store(directory, key, hex) {
  sql(directory, `update connections set credential = x'${hex}' where key = ?`, [key]);
}

/** @param {string} directory */
function refusesUntouched(directory) {
  const before = digests(directory);
  for (const words of [["serve", "--listen", "127.0.0.1:0"], ["key", "list"], ["doctor"]]) {
    const { status, stdout, stderr } = command([...words, "--data-dir", directory]);
    assert.equal(status, 1, `${words[0]}: ${stderr}`);
    assert.match(stderr, /^claviger: [^\n]*\n$/, words[0]);
    // The doctor tells each finding on stdout.
    assert.match(stdout + stderr, /master key/, words[0]);
  }
  assert.deepEqual(digests(directory), before);
}
