// What broken and hostile clients send.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { Claviger } from "../support/claviger.js";

const MIB = 1024 * 1024;

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const claviger = await Claviger.start(t);
  const api = claviger.api("ours");
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "keys", integration_config: { api_base_url: "https://api.example" } });
  return { claviger, api };
}

/** @param {object} [more] */
const connection = (more = {}) => ({ provider_config_key: "keys", credentials: { type: "API_KEY", apiKey: "k" }, ...more });

test("a body above the cap is refused with 413 and the server goes on", async (t) => {
  const { api } = await scene(t);
  const large = await api.post("/connections", connection({ metadata: { text: "x".repeat(2 * MIB) } }));
  assert.deepEqual([large.status, large.body.error.code], [413, "request_too_large"]);
  assert.equal((await api.post("/connections", connection())).status, 201);
});

test("JSON nested too deep is refused and the server goes on", async (t) => {
  const { api } = await scene(t);
  const depth = 100_000;
  const deep = `{"provider_config_key":"keys","metadata":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`;
  const answer = await api.post("/connections", deep);
  assert.deepEqual([answer.status, answer.body.error.code], [400, "invalid_json"]);
  assert.equal((await api.post("/connections", connection())).status, 201);
});

test("a body of another type is refused with 415 before the key is looked at", async (t) => {
  const { api } = await scene(t);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "Application/JSON"]) {
    const answer = await api.call("POST", "/connections", "a=b", { "content-type": type, authorization: "" });
    assert.deepEqual([answer.status, answer.body.error.code], [415, "invalid_content_type"], type);
  }
});

test("broken JSON is refused before the key is looked at", async (t) => {
  const { api } = await scene(t);
  for (const body of ["{", "1", "null", '{"a":1}}', '\u0000']) {
    const answer = await api.call("POST", "/connections", body, { authorization: "" });
    assert.deepEqual([answer.status, answer.body.error.code], [400, "invalid_json"], body);
  }
});

test("unknown keys are named in bodies and queries", async (t) => {
  const { api } = await scene(t);
  const body = await api.post("/connections", connection({ colour: "blue" }));
  assert.deepEqual([body.status, body.body.error.code, body.body.error.errors[0].code], [400, "invalid_body", "unrecognized_keys"]);
  assert.match(body.text, /colour/);
  const query = await api.get("/connections?colour=blue");
  assert.deepEqual([query.status, query.body.error.code], [400, "invalid_query_params"]);
  assert.deepEqual(await api.connections(), []);
});

test("a connection of another environment cannot be told from one that does not exist", async (t) => {
  const { claviger, api } = await scene(t);
  const id = (await api.must("POST", "/connections", connection())).connection_id;
  const stranger = claviger.api("theirs");
  await stranger.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "keys", integration_config: { api_base_url: "https://api.example" } });
  const asked = "keys";
  const tries = [
    (/** @type {string} */ id) => stranger.read(id, asked),
    (/** @type {string} */ id) => stranger.patch(`/connections/${id}?provider_config_key=${asked}`, {}),
    (/** @type {string} */ id) => stranger.delete(`/connections/${id}?provider_config_key=${asked}`),
    (/** @type {string} */ id) => stranger.post("/connections/metadata", { connection_id: id, provider_config_key: asked, metadata: {} }),
    (/** @type {string} */ id) => stranger.post("/connect/sessions/reconnect", { connection_id: id, integration_id: asked }),
    (/** @type {string} */ id) => stranger.get(`/connections?connectionId=${id}`),
  ];
  for (const [number, attempt] of tries.entries()) {
    const random = randomUUID();
    const [theirs, none] = [await attempt(id), await attempt(random)];
    assert.equal(theirs.status, none.status, `try ${number}`);
    assert.equal(theirs.text.replaceAll(id, "ID"), none.text.replaceAll(random, "ID"), `try ${number}`);
  }
  assert.equal((await api.read(id, "keys")).status, 200);
});

test("line breaks in values that reach headers or logs are refused", async (t) => {
  const { api } = await scene(t);
  for (const bad of ["a\r\nset-cookie: x=y", "a\nb", "a\u0000b"]) {
    const id = await api.post("/connections", connection({ connection_id: bad }));
    assert.deepEqual([id.status, id.body.error.code], [400, "invalid_body"], JSON.stringify(bad));
    const key = await api.post("/connections", connection({ credentials: { type: "API_KEY", apiKey: bad } }));
    assert.deepEqual([key.status, key.body.error.code], [400, "invalid_body"], JSON.stringify(bad));
    const path = await api.read(bad, "keys");
    assert.deepEqual([path.status, path.body.error.code], [400, "invalid_uri_params"], JSON.stringify(bad));
  }
});

test("unknown paths and methods are answered in JSON", async (t) => {
  const { api } = await scene(t);
  const lost = await api.get("/no/such/path");
  assert.deepEqual([lost.status, lost.body.error.code], [404, "not_found"]);
  const wrong = await api.call("PUT", "/connections");
  assert.deepEqual([wrong.status, wrong.body.error.code], [405, "method_not_allowed"]);
});

test("a path that cannot be decoded is a client's mistake, not a server's", async (t) => {
  const { api } = await scene(t);
  const answer = await api.get("/connections/%FF%FE?provider_config_key=keys");
  assert.equal(answer.status, 400, answer.text);
});
