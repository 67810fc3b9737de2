// What the npm package `oidc-provider` demands when it is switched on: keys in place of secrets, pushed parameters,
// bound tokens, codes typed on another device. Each claim is judged by the package and not by us.

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { test } from "node:test";

import { browser, watchedPage } from "../support/chromium.js";
import { Claviger } from "../support/claviger.js";
import { OpenIdProvider } from "../support/openid_provider.js";
import { until } from "../support/program.js";

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("../support/openid_provider.js").Options} Options */

/**
 * @param {TestContext} t
 * @param {Options} options of the provider
 * @param {Record<string, string>} config of the integration, beside the issuer
 * @param {string} [secret] in place of the client's secret
 */
async function scene(t, options, config, secret) {
  const claviger = await Claviger.start(t);
  const provider = await OpenIdProvider.start(t, `${claviger.url}/oauth/callback`, options);
  const api = claviger.api();
  const credentials = {
    type: "OAUTH2",
    client_id: provider.clientId,
    client_secret: secret ?? provider.clientSecret,
    scopes: "openid,offline_access",
  };
  const integration_config = { issuer: provider.issuer, ...config };
  await api.must("POST", "/integrations", { provider: "oauth2-generic", unique_key: "op", credentials, integration_config });
  const chromium = await browser(t);
  const watched = await watchedPage(chromium, [claviger.url, provider.issuer]);
  return { claviger, provider, api, ...watched };
}

/** @typedef {Awaited<ReturnType<typeof scene>>} Scene */

/** Walks through the provider's page; answers the connection. @param {Scene} scene */
async function connect({ api, page }) {
  const { connect_link } = await api.session(["op"]);
  await page.goto(connect_link);
  await page.getByRole("button", { name: "Sign in and allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  const [connection] = await api.connections();
  return /** @type {string} */ (connection.connection_id);
}

/** @param {Scene} scene @param {string} id @param {string} [more] */
async function read({ api }, id, more = "") {
  const answer = await api.read(id, "op", `&refresh_token=true${more}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.credentials;
}

/** Connects, refreshes and deletes; the provider's introspection judges each token. @param {Scene} scene */
async function wholeLife(scene) {
  const { api, provider } = scene;
  const id = await connect(scene);
  const first = await read(scene, id);
  const second = await read(scene, id, "&force_refresh=true");
  assert.notEqual(second.access_token, first.access_token);
  const known = await provider.introspect(second.access_token);
  assert.equal(known.active, true);
  assert.equal(known.client_id, provider.clientId);

  const deleted = await api.must("DELETE", `/connections/${id}?provider_config_key=op`);
  assert.deepEqual(deleted, { success: true, revocation: { outcome: "revoked" } });
  await until("the revocation", async () => !(await provider.introspect(second.refresh_token)).active || undefined);
  assert.equal((await provider.introspect(second.access_token)).active, false, "the grant ended with its refresh token");
  return known;
}

/** @type {[string, () => import("node:crypto").KeyPairKeyObjectResult][]} */
const KEYS = [
  ["RS256", () => generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ["ES256", () => generateKeyPairSync("ec", { namedCurve: "P-256" })],
];

for (const [algorithm, pair] of KEYS) {
  test(`a client that proves itself with a key of its own is connected, refreshed and revoked: ${algorithm}`, async (t) => {
    const { publicKey, privateKey } = pair();
    const client = {
      client_secret: undefined,
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: algorithm,
      jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), use: "sig" }] },
    };
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await wholeLife(await scene(t, { client }, { client_auth: "private_key_jwt" }, pem));
  });
}

test("a provider that takes only pushed parameters gets them, by a client with a signed proof", async (t) => {
  const client = { token_endpoint_auth_method: "client_secret_jwt", token_endpoint_auth_signing_alg: "HS256" };
  const features = { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } };
  const all = await scene(t, { client, features }, { client_auth: "client_secret_jwt" });
  /** @type {string[]} */
  const doors = [];
  all.page.on("request", (request) => void (request.url().includes("/auth?") && doors.push(request.url())));
  await wholeLife(all);
  assert.equal(doors.length, 1);
  const names = [...new URL(doors[0] ?? "").searchParams.keys()].sort();
  assert.deepEqual(names, ["client_id", "request_uri"], "the browser carries nothing that says what was asked for");
});

test("tokens are bound to a key whose proof carries the nonce that the provider demands", async (t) => {
  const dPoP = { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true };
  const client = { dpop_bound_access_tokens: true };
  const all = await scene(t, { client, features: { dPoP } }, { dpop: "on" });
  const known = await wholeLife(all);
  assert.equal(known.token_type, "DPoP");
  assert.equal(known.cnf.jkt.length, 43);
  const proofs = all.provider.asked.filter(({ path, headers }) => path === "/token" && headers["dpop"] !== undefined);
  assert.ok(proofs.length >= 3, `${proofs.length} requests for tokens: at least one was refused for want of a nonce`);
});

/** @param {TestContext} t @param {string} client_auth */
async function typeCode(t, client_auth) {
  const grant_types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"];
  const proof = { token_endpoint_auth_method: client_auth, ...(client_auth === "none" ? { client_secret: undefined } : {}) };
  const client = { grant_types, redirect_uris: [], response_types: [], ...proof };
  const features = { deviceFlow: { enabled: true } };
  const all = await scene(t, { client, features }, { flow: "device", client_auth });
  const { api, context, page, provider } = all;
  const { connect_link } = await api.session(["op"]);
  await page.goto(connect_link);
  await page.getByRole("button", { name: "Show the code" }).click();
  const code = await page.locator(".code-text").innerText();
  assert.match(code, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.deepEqual(await api.connections(), []);

  const other = await context.newPage();
  await other.goto(`${provider.issuer}/device`);
  await other.getByPlaceholder("Enter code").fill(code);
  await other.getByRole("button", { name: "Continue" }).click();
  assert.equal(await other.locator("code").innerText(), code);
  await other.getByRole("button", { name: "Continue" }).click();
  await other.getByRole("button", { name: "Sign in and allow" }).click();
  await other.getByRole("heading", { name: "Sign-in Success" }).waitFor();

  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  const [connection] = await api.connections();
  const id = connection.connection_id;
  const first = await read(all, id);
  assert.equal((await provider.introspect(first.access_token)).active, true);
  const second = await read(all, id, "&force_refresh=true");
  assert.notEqual(second.access_token, first.access_token);
  assert.equal((await provider.userinfo(second.access_token)).status, 200);
}

for (const client_auth of ["none", "client_secret_basic"]) {
  test(`a code typed at the provider's page makes the connection while the page waits: ${client_auth}`, async (t) => {
    await typeCode(t, client_auth);
  });
}
