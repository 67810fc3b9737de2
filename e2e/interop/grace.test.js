// Refreshing at PyPI's `django-oauth-toolkit`: each refresh replaces the refresh token, and an answer may get lost.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Claviger, directory } from "../support/claviger.js";
import { pythonServer } from "../support/python.js";
import { Sink } from "../support/sink.js";
import { Visitor } from "../support/visitor.js";

/** @param {import("node:test").TestContext} t @param {number} graceSeconds */
async function connected(t, graceSeconds) {
  const claviger = await Claviger.start(t);
  const server = await pythonServer(t, "grace", [directory(t), `${claviger.url}/oauth/callback`, String(graceSeconds)]);
  const api = claviger.api();
  await api.must("POST", "/integrations", {
    provider: "oauth2-generic",
    unique_key: "grace",
    credentials: { type: "OAUTH2", client_id: "claviger-under-test", client_secret: "a secret of the client", scopes: "read" },
    integration_config: {
      authorization_url: `${server.url}/authorize`,
      token_url: `${server.url}/token`,
      revocation_url: `${server.url}/revoke`,
    },
  });
  const walk = async (/** @type {string} */ link) => {
    const visitor = new Visitor();
    const agreed = await visitor.get(await visitor.walk(link));
    const landed = await visitor.get(agreed.location ?? "");
    assert.ok(landed.status < 400, `${landed.status} ${landed.text}`);
  };
  await walk((await api.session(["grace"])).connect_link);
  const [connection] = await api.connections();
  const id = connection.connection_id;
  const read = (more = "") => api.read(id, "grace", `&refresh_token=true${more}`);
  const works = async (/** @type {string} */ token) =>
    (await fetch(`${server.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status === 200;
  const loseAnswer = () => fetch(`${server.url}/lose`, { method: "POST" });
  /** @returns {Promise<any[]>} */
  const seen = async () => /** @type {any} */ (await (await fetch(`${server.url}/seen`)).json());
  return { api, id, read, walk, works, loseAnswer, seen };
}

test("a lost answer costs nothing where the old refresh token has a grace", async (t) => {
  const { read, works, loseAnswer, seen } = await connected(t, 60);
  const first = (await read()).body.credentials;
  const second = (await read("&force_refresh=true")).body.credentials;
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.ok(await works(second.access_token));

  await loseAnswer();
  const during = await read("&force_refresh=true");
  assert.deepEqual([during.status, during.body.error.payload.reason], [400, "unavailable"], during.text);
  const after = await read("&force_refresh=true");
  assert.equal(after.status, 200, after.text);
  const renewed = after.body.credentials;
  assert.notEqual(renewed.refresh_token, second.refresh_token);
  assert.ok(await works(renewed.access_token));
  assert.deepEqual(after.body.errors, [], "what went wrong before is over");

  const once_more = await read("&force_refresh=true");
  assert.equal(once_more.status, 200, once_more.text);
  assert.ok(await works(once_more.body.credentials.access_token), "the renewed refresh token is the one that was kept");
  const refused = (await seen()).filter(({ status }) => status !== 200);
  assert.deepEqual(refused, [], "the server took every token, also the one that was sent twice");
});

test("a lost answer without a grace asks for the person again, who heals it", async (t) => {
  const { api, id, read, walk, works, loseAnswer, seen } = await connected(t, 0);
  const sink = await Sink.start(t);
  await api.webhooksTo(sink.url);
  await loseAnswer();
  assert.equal((await read("&force_refresh=true")).status, 400);
  const beyond = await read("&force_refresh=true");
  assert.equal(beyond.status, 400);
  assert.equal(beyond.body.error.code, "invalid_credentials");
  assert.equal(beyond.body.error.payload.reason, "invalid_grant");
  assert.match(beyond.body.error.message, /connect again/);
  assert.deepEqual((await seen()).map(({ grant, status }) => [grant, status]), [
    ["authorization_code", 200],
    ["refresh_token", 200],
    ["refresh_token", 400],
  ]);
  const [connection] = await api.connections();
  assert.deepEqual(connection.errors.map((/** @type {any} */ { type }) => type), ["auth"]);
  await sink.arrived(2);
  const told = sink.deliveries.map(({ body }) => [body.operation, body.success, body.connectionId, body.error.type]);
  assert.deepEqual(told, [["refresh", false, id, "unavailable"], ["refresh", false, id, "invalid_grant"]]);

  const again = { connection_id: id, integration_id: "grace" };
  await walk((await api.must("POST", "/connect/sessions/reconnect", again)).data.connect_link);
  const healed = await read("&force_refresh=true");
  assert.equal(healed.status, 200, healed.text);
  assert.ok(await works(healed.body.credentials.access_token));
  assert.deepEqual((await api.connections()).map(({ connection_id, errors }) => [connection_id, errors]), [[id, []]]);
});
