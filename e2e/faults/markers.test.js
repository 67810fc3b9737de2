// Secrets with a mark on them go through the whole house; afterwards the mark is nowhere to be found.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { Api } from "../support/api.js";
import { Claviger, createKey } from "../support/claviger.js";
import { files } from "../support/database.js";
import { Provider } from "../support/provider.js";
import { Sink } from "../support/sink.js";
import { Visitor } from "../support/visitor.js";

/** @typedef {[string, Buffer]} Place */

/** @param {string} name @param {string} content @returns {Place} */
const text = (name, content) => [name, Buffer.from(content)];

const marker = (/** @type {string} */ what) => `MARKER-${what}-${randomBytes(18).toString("base64")}`;

test("no secret is readable in the data directory, the log or an error", async (t) => {
  const claviger = await Claviger.start(t, ["--log", "trace"]);
  const [provider, sink] = [await Provider.start(t), await Sink.start(t)];
  const key = createKey(claviger.directory);
  const api = new Api(claviger.url, key);
  /** Secrets by what they are. @type {Map<string, string>} */
  const secrets = new Map([["API key", key]]);
  const make = (/** @type {string} */ what) => secrets.set(what, marker(what)).get(what) ?? "";
  /** @type {string[]} */
  const errors = [];
  const refused = async (/** @type {Promise<import("../support/api.js").Answer>} */ call) => {
    const answer = await call;
    assert.ok(answer.status >= 400, `${answer.status}`);
    errors.push(answer.text);
  };

  secrets.set("webhook signing key", await api.webhooksTo(sink.url));
  await viaOAuth(api, provider, secrets, errors);
  await viaImport(api, make);
  await viaForm(api, provider, make, errors);
  const wrong = { provider_config_key: "api", credentials: { type: "API_KEY", apiKey: make("refused-key"), extra: make("refused-extra") } };
  await refused(api.post("/connections", wrong));
  await refused(api.post("/connections", { provider_config_key: "lost", credentials: { type: "API_KEY", apiKey: make("lost-key") } }));
  await refused(api.post("/connections", `{"credentials":"${make("broken-json")}`));
  await refused(api.call("GET", "/connections", undefined, { authorization: `Bearer ${make("no-key")}` }));
  await refused(api.call("GET", "/connect/session", undefined, { authorization: `Bearer clv_cs_${make("no-token")}` }));
  await sink.arrived(3);

  const running = files(claviger.directory);
  await claviger.stop();
  const places = [...running, ...files(claviger.directory), text("the log", claviger.log), text("an error", errors.join("\n"))];
  const master = files(claviger.directory).find(([name]) => name === "master.key")?.[1].toString().trim() ?? "";
  const found = places.flatMap(([name, bytes]) => [
    ...leaks(name === "master.key" ? Buffer.alloc(0) : bytes, new Map([["master key", master]]), name),
    ...leaks(bytes, secrets, name),
  ]);
  assert.deepEqual(found, []);
  assert.ok(secrets.size > 20, `${secrets.size} secrets were looked for`);
  assert.match(claviger.log, /\b(TRACE|DEBUG)\b/);
});

test("what a provider echoes of our secrets is neither told to the app nor stored nor logged", async (t) => {
  const claviger = await Claviger.start(t, ["--log", "trace"]);
  const [provider, sink] = [await Provider.start(t), await Sink.start(t)];
  const api = claviger.api();
  await api.webhooksTo(sink.url);
  const secrets = new Map();
  await viaOAuth(api, provider, secrets, []);
  const [{ connection_id: id, provider_config_key: integration }] = await api.connections();
  const secret = secrets.get("second refresh token");
  const body = JSON.stringify({ error: "invalid_grant", error_description: `unknown token ${secret}` });
  await provider.fail({ endpoint: "token", fault: "status", status: 400, body });
  const failed = await api.read(id, integration, "&force_refresh=true");
  assert.ok(failed.status >= 400, failed.text);
  const [, event] = await sink.arrived(2);
  const told = [text("the log", claviger.log), text("an error", failed.text), text("an event", event?.text ?? "")];
  const places = [...files(claviger.directory), ...told];
  assert.deepEqual(places.flatMap(([name, bytes]) => leaks(bytes, secrets, name)), []);
});

test("the search finds a secret in each of the forms it looks for", () => {
  const secret = "s/e+c r&e=t-with-enough-length";
  const forms = [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("hex"),
    Buffer.from(`x${secret}y`).toString("base64"),
    Buffer.from(`xy${secret}`).toString("base64url"),
  ];
  for (const form of forms) assert.equal(leaks(Buffer.from(`before ${form} after`), new Map([["it", secret]]), "here").length, 1, form);
  assert.deepEqual(leaks(Buffer.from("nothing"), new Map([["it", secret]]), "here"), []);
});

/**
 * A connection by the simulated provider: client secret, tokens, code, PKCE verifier, state, session token, cookies.
 * @param {Api} api
 * @param {Provider} provider
 * @param {Map<string, string>} secrets
 * @param {string[]} errors
 */
async function viaOAuth(api, provider, secrets, errors) {
  const integration = await api.oauthIntegration(provider.url);
  const session = await api.session([integration]);
  const visitor = new Visitor();
  const callback = await visitor.consent(session.connect_link);
  assert.equal((await visitor.get(callback)).status, 303);
  errors.push((await visitor.get(callback)).text);
  const [{ connection_id: id }] = await api.connections();
  const first = (await api.read(id, integration, "&refresh_token=true")).body.credentials;
  const second = (await api.read(id, integration, "&refresh_token=true&force_refresh=true")).body.credentials;
  const [exchange] = await provider.requests("/token");
  secrets.set("session token", session.token);
  secrets.set("code", exchange.form.code);
  secrets.set("PKCE verifier", exchange.form.code_verifier);
  secrets.set("state", new URL(callback).searchParams.get("state") ?? "");
  secrets.set("first access token", first.access_token).set("first refresh token", first.refresh_token);
  secrets.set("second access token", second.access_token).set("second refresh token", second.refresh_token);
  for (const [name, value] of visitor.jars.get(new URL(api.url).host) ?? []) {
    // The cookie of the last page holds names for people and nothing secret.
    if (!name.startsWith("clv_done")) secrets.set(name, value);
  }
  assert.notEqual(first.access_token, second.access_token);
}

/**
 * Imported connections of all kinds, with marks in integration, credential and client.
 * @param {Api} api
 * @param {(what: string) => string} make
 */
async function viaImport(api, make) {
  const credentials = { type: "OAUTH2", client_id: "client", client_secret: make("client-secret"), webhook_secret: make("webhook-secret"), scopes: "repo" };
  await api.must("POST", "/integrations", { provider: "github", unique_key: "gh", credentials });
  const config = { api_base_url: "https://api.example" };
  await api.must("POST", "/integrations", { provider: "basic-generic", unique_key: "basic", integration_config: config });
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "api", integration_config: config });
  const tokens = { access_token: make("access-token"), refresh_token: make("refresh-token"), config_override: { client_id: "own", client_secret: make("own-secret") } };
  await api.must("POST", "/connections", { provider_config_key: "gh", connection_id: "a", credentials: { type: "OAUTH2", ...tokens } });
  await api.must("POST", "/connections", { provider_config_key: "basic", connection_id: "b", credentials: { type: "BASIC", username: "name", password: make("password") } });
  await api.must("POST", "/connections", { provider_config_key: "api", connection_id: "c", credentials: { type: "API_KEY", apiKey: make("imported-key") } });
  for (const [id, integration] of [["a", "gh"], ["b", "basic"], ["c", "api"]]) assert.equal((await api.read(id ?? "", integration ?? "")).status, 200);
}

/**
 * Forms that people fill in: one that is refused by the provider, one that is too long.
 * @param {Api} api
 * @param {Provider} provider
 * @param {(what: string) => string} make
 * @param {string[]} errors
 */
async function viaForm(api, provider, make, errors) {
  const config = { api_base_url: provider.url, verify_url: `${provider.url}/api/key` };
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "form", integration_config: config });
  const visitor = new Visitor();
  const { connect_link } = await api.session(["form"]);
  const list = (await visitor.get(connect_link)).location ?? "";
  const form = new URL((await visitor.get(api.url + list)).location ?? "", api.url).href;
  const refused = await visitor.post(form, { apiKey: make("typed-key") });
  assert.equal(refused.status, 422, refused.text);
  errors.push(refused.text);
  errors.push((await visitor.post(form, { apiKey: make("long-key") + "x".repeat(2000) })).text);
}

/**
 * Where secrets show: plain, percent-encoded, in hex, in base64 at any offset.
 * @param {Buffer} bytes
 * @param {Map<string, string>} secrets
 * @param {string} place
 */
function leaks(bytes, secrets, place) {
  const hay = bytes.toString("latin1");
  const found = [];
  for (const [what, secret] of secrets) {
    assert.ok(secret.length >= 16, `${what} is too short to be looked for`);
    if (forms(secret).some((form) => hay.includes(form))) found.push(`${what} in ${place}`);
  }
  return found;
}

/** @param {string} secret */
function forms(secret) {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  /** The characters that do not depend on what stands before and after the secret. */
  const inner = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64").replaceAll("=", "");
    const core = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const json = JSON.stringify(secret).slice(1, -1);
  const form = new URLSearchParams([["", secret]]).toString().slice(1);
  return [secret, json, form, encodeURIComponent(secret), hex, hex.toUpperCase(), ...inner];
}
