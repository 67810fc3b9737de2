// The published SDK `@nangohq/node`, changed in nothing but host and key.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Nango } from "@nangohq/node";

import { Claviger, createKey } from "../support/claviger.js";
import { Api } from "../support/api.js";
import { Sink, signatures } from "../support/sink.js";

const INTEGRATION = "github-prod";
const CLIENT = { client_id: "client-1", client_secret: "client-secret-1" };

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const claviger = await Claviger.start(t);
  const key = createKey(claviger.directory);
  const api = new Api(claviger.url, key);
  const sdk = (/** @type {string} */ webhookSigningKey = "") => new Nango({ host: claviger.url, apiKey: key, webhookSigningKey });
  return { claviger, api, nango: sdk(), sdk };
}

/** @param {Nango} nango */
function createIntegration(nango) {
  const credentials = { type: /** @type {const} */ ("OAUTH2"), ...CLIENT, scopes: "repo,user" };
  return nango.createIntegration({ provider: "github", unique_key: INTEGRATION, display_name: "GitHub", credentials });
}

/** @param {Api} api @param {string} id @param {object} [more] */
function importConnection(api, id, more = {}) {
  const credentials = { type: "OAUTH2", access_token: `token-of-${id}`, refresh_token: `refresh-of-${id}` };
  return api.must("POST", "/connections", { provider_config_key: INTEGRATION, connection_id: id, credentials, ...more });
}

test("the SDK lists providers", async (t) => {
  const { nango } = await scene(t);
  const all = (await nango.listProviders({})).data;
  assert.ok(all.some(({ name }) => name === "github"));
  const some = (await nango.listProviders({ search: "git" })).data.map(({ name }) => name);
  assert.ok(some.includes("github") && !some.includes("slack"), String(some));
  const { data } = await nango.getProvider({ provider: "github" });
  assert.equal(data.auth_mode, "OAUTH2");
});

test("the SDK creates, reads, changes and deletes an integration", async (t) => {
  const { nango } = await scene(t);
  assert.equal((await createIntegration(nango)).data.unique_key, INTEGRATION);
  assert.deepEqual((await nango.listIntegrations()).configs.map(({ unique_key }) => unique_key), [INTEGRATION]);
  const read = await nango.getIntegration({ uniqueKey: INTEGRATION }, { include: ["credentials"] });
  assert.deepEqual(read.data.credentials, { type: "OAUTH2", ...CLIENT, scopes: "repo,user", webhook_secret: null });
  const changed = await nango.updateIntegration({ uniqueKey: INTEGRATION }, { display_name: "GitHub for all" });
  assert.equal(changed.data.display_name, "GitHub for all");
  assert.equal((await nango.deleteIntegration(INTEGRATION)).status, 200);
  assert.deepEqual((await nango.listIntegrations()).configs, []);
});

test("the SDK makes a connect session and a reconnect session", async (t) => {
  const { nango, api } = await scene(t);
  await createIntegration(nango);
  const { data } = await nango.createConnectSession({ end_user: { id: "user-1" }, allowed_integrations: [INTEGRATION] });
  assert.ok(data.token.startsWith("clv_cs_") && data.connect_link.includes(data.token), data.connect_link);
  assert.ok(Date.parse(data.expires_at) > Date.now());
  await importConnection(api, "c-1");
  const again = await nango.createReconnectSession({ connection_id: "c-1", integration_id: INTEGRATION });
  assert.notEqual(again.data.token, data.token);
});

test("the SDK finds connections by end user, by tag and by integration", async (t) => {
  const { nango, api } = await scene(t);
  await createIntegration(nango);
  await importConnection(api, "c-1", { end_user: { id: "user-1" }, tags: { projectId: "Blue" } });
  await importConnection(api, "c-2", { end_user: { id: "user-2" } });
  const ids = async (/** @type {object} */ query) =>
    (await nango.listConnections(query)).connections.map(({ connection_id }) => connection_id);
  assert.deepEqual(await ids({ userId: "user-1" }), ["c-1"]);
  assert.deepEqual(await ids({ tags: { projectId: "Blue" } }), ["c-1"]);
  assert.deepEqual(await ids({ tags: { projectId: "blue" } }), []);
  assert.deepEqual((await ids({ integrationId: [INTEGRATION, "other"] })).sort(), ["c-1", "c-2"]);
  assert.deepEqual(await ids({ connectionId: "c-2" }), ["c-2"]);
});

test("the SDK reads a credential as connection, as token and raw", async (t) => {
  const { nango, api } = await scene(t);
  await createIntegration(nango);
  await importConnection(api, "c-1");
  const connection = await nango.getConnection(INTEGRATION, "c-1");
  assert.equal(connection.connection_id, "c-1");
  assert.ok("access_token" in connection.credentials && !("refresh_token" in connection.credentials));
  assert.equal(await nango.getToken(INTEGRATION, "c-1"), "token-of-c-1");
  const raw = await nango.getRawTokenResponse(INTEGRATION, "c-1");
  assert.equal(/** @type {any} */ (raw).access_token, "token-of-c-1");
  const whole = await nango.getConnection(INTEGRATION, "c-1", false, true);
  assert.equal(/** @type {any} */ (whole.credentials).refresh_token, "refresh-of-c-1");
});

test("the SDK sets, merges and reads metadata of several connections", async (t) => {
  const { nango, api } = await scene(t);
  await createIntegration(nango);
  await importConnection(api, "c-1");
  await importConnection(api, "c-2");
  const set = await nango.setMetadata(INTEGRATION, ["c-1", "c-2"], { plan: "free", seats: 3 });
  assert.deepEqual([set.status, set.data.metadata], [201, { plan: "free", seats: 3 }]);
  const merged = await nango.updateMetadata(INTEGRATION, "c-1", { plan: "team" });
  assert.equal(merged.status, 200);
  assert.deepEqual(await nango.getMetadata(INTEGRATION, "c-1"), { plan: "team", seats: 3 });
  assert.deepEqual(await nango.getMetadata(INTEGRATION, "c-2"), { plan: "free", seats: 3 });
});

test("the SDK changes the tags of a connection", async (t) => {
  const { nango, api } = await scene(t);
  await createIntegration(nango);
  await importConnection(api, "c-1", { tags: { old: "1" } });
  const done = await nango.patchConnection({ connectionId: "c-1", provider_config_key: INTEGRATION }, { tags: { team: "blue" } });
  assert.deepEqual(done, { success: true });
  assert.deepEqual((await nango.getConnection(INTEGRATION, "c-1")).tags, { team: "blue" });
});

test("the SDK accepts the signature of a webhook as it was delivered", async (t) => {
  const { sdk, api, nango } = await scene(t);
  const sink = await Sink.start(t);
  const key = await api.webhooksTo(sink.url);
  await createIntegration(nango);
  await importConnection(api, "c-1", { tags: { name: 'é "q"' } });
  const [delivery] = await sink.arrived(1);
  assert.ok(delivery);
  const { headers, text, body } = delivery;
  assert.deepEqual([body.type, body.operation, body.success, body.connectionId], ["auth", "creation", true, "c-1"]);
  for (const [name, value] of Object.entries(signatures(delivery, key))) assert.equal(headers[name], value, name);
  const receiver = sdk(key);
  assert.equal(receiver.verifyIncomingWebhookRequest(text, headers), true);
  assert.equal(receiver.verifyIncomingWebhookRequest(text.replace("c-1", "c-2"), headers), false);
  assert.equal(receiver.verifyWebhookSignature(String(headers["x-nango-signature"]), body), true);
});

test("the SDK deletes a connection, and asking for it again fails as its users expect", async (t) => {
  const { nango, api } = await scene(t);
  // A provider of nobody: the real one must not be told of tokens that it never gave.
  const integration_config = { authorization_url: "http://127.0.0.1:9/authorize", token_url: "http://127.0.0.1:9/token" };
  const credentials = { type: "OAUTH2", ...CLIENT };
  await api.must("POST", "/integrations", { provider: "oauth2-generic", unique_key: INTEGRATION, credentials, integration_config });
  await importConnection(api, "c-1");
  const deleted = (await nango.deleteConnection(INTEGRATION, "c-1")).data;
  assert.deepEqual(deleted, { success: true, revocation: { outcome: "unsupported" } });
  await assert.rejects(nango.getConnection(INTEGRATION, "c-1"), (/** @type {any} */ error) => {
    assert.deepEqual([error.response.status, error.response.data.error.code], [404, "not_found"]);
    return true;
  });
  await assert.rejects(nango.deleteConnection(INTEGRATION, "c-1"), (/** @type {any} */ error) => {
    assert.deepEqual([error.response.status, error.response.data.error.code], [400, "unknown_connection"]);
    return true;
  });
});

test("the SDK with a revoked or mistyped key is told so", async (t) => {
  const { claviger, api } = await scene(t);
  const last = api.key.at(-1) === "a" ? "b" : "a";
  const wrong = new Nango({ host: claviger.url, apiKey: api.key.slice(0, -1) + last });
  await assert.rejects(wrong.listIntegrations(), (/** @type {any} */ error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});
