// OAuth 1.0a at a server made of PyPI's `oauthlib`: it judges our signatures, and its client signs with what we hand out.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Claviger, directory } from "../support/claviger.js";
import { pythonScript, pythonServer } from "../support/python.js";
import { Visitor } from "../support/visitor.js";

const CLIENT = "claviger-under-test";
const SECRET = "a secret+/=&%~ü";

/** The three steps at the operator's URLs, with a parameter in the body of the first. */
const PROVIDER = `
name = "OAuth 1.0a with a scope"
auth = "oauth1"
category = "generic"
sources = ["RFC 5849"]

[authorization]
url = "{integration.server}/authorize"

[oauth1]
request_url = "{integration.server}/request?version=1%2F0"
request_params = { scope = "read write+ü&more", display = "a=b" }
token_url = "{integration.server}/token"
signature_method = "METHOD"

[api]
base_url = "{integration.server}"
auth = "oauth1"

[[inputs.integration]]
name = "server"
kind = "url"
label = "Server"
`;

/** @param {import("node:test").TestContext} t @param {string} method */
async function scene(t, method) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const spki = publicKey.export({ type: "spki", format: "pem" }).toString();
  const providers = directory(t);
  writeFileSync(join(providers, "signed.toml"), PROVIDER.replace("METHOD", method));
  const [claviger, server] = await Promise.all([
    Claviger.start(t, ["--providers-dir", providers]),
    pythonServer(t, "oauth1", [CLIENT, SECRET, spki]),
  ]);
  const api = claviger.api();
  const secret = method === "RSA-SHA1" ? key : SECRET;
  const credentials = { type: "OAUTH1", client_id: CLIENT, client_secret: secret };
  await api.must("POST", "/integrations", {
    provider: "signed",
    unique_key: "one",
    credentials,
    integration_config: { server: server.url },
  });
  /** @returns {Promise<any[]>} */
  const seen = async () => /** @type {any} */ (await (await fetch(`${server.url}/seen`)).json());
  return { api, server, key, seen };
}

for (const method of ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"]) {
  test(`a foreign OAuth 1.0a server accepts what is signed by ${method}, and calls with the token`, async (t) => {
    const { api, server, key, seen } = await scene(t, method);
    const visitor = new Visitor();
    const door = await visitor.walk((await api.session(["one"])).connect_link);
    assert.ok(door.startsWith(`${server.url}/authorize?`), door);
    const agreed = await visitor.get(door);
    const landed = await visitor.get(agreed.location ?? "");
    assert.ok(landed.status < 400, `${landed.status} ${landed.text} ${JSON.stringify(await seen())}`);

    const steps = await seen();
    assert.deepEqual(steps.map(({ path, status }) => [path, status]), [["/request", 200], ["/token", 200]]);
    assert.equal(new URLSearchParams(steps[0].body).get("scope"), "read write+ü&more", "it is signed where it stands");
    for (const step of steps) assert.ok(step.authorization.includes(`oauth_signature_method="${method}"`));

    const [connection] = await api.connections();
    const { credentials } = (await api.read(connection.connection_id, "one")).body;
    assert.equal(credentials.type, "OAUTH1");
    const issued = new URLSearchParams(steps[1].text);
    assert.equal(credentials.oauth_token, issued.get("oauth_token"));
    assert.equal(credentials.oauth_token_secret, issued.get("oauth_token_secret"));

    const call = { url: `${server.url}/api?page=2`, body: "name=Mira+%C3%BC&empty=", client: CLIENT, secret: SECRET };
    const token = { token: credentials.oauth_token, token_secret: credentials.oauth_token_secret };
    const signed = pythonScript("sign_oauth1", { ...call, ...token, signature_method: method, rsa_key: key });
    const answer = await fetch(signed.url, { method: "POST", headers: signed.headers, body: signed.body });
    assert.equal(answer.status, 200);
  });
}

test("a server that finds the signature wrong connects nobody", async (t) => {
  const { api, seen } = await scene(t, "HMAC-SHA1");
  await api.must("PATCH", "/integrations/one", { credentials: { type: "OAUTH1", client_id: CLIENT, client_secret: "another" } });
  const link = (await api.session(["one"])).connect_link;
  await assert.rejects(new Visitor().walk(link), /no way on/);
  assert.deepEqual((await seen()).map(({ path, status }) => [path, status]), [["/request", 401]]);
  assert.deepEqual(await api.connections(), []);
});
