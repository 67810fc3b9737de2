// A server of the Model Context Protocol whose tokens come from the npm package `oidc-provider`: it is found by its
// metadata, a client registers itself there, and the tokens are good for that server alone.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { browser, watchedPage } from "../support/chromium.js";
import { Claviger } from "../support/claviger.js";
import { OpenIdProvider } from "../support/openid_provider.js";
import { until } from "../support/program.js";

const METADATA = "/.well-known/oauth-protected-resource/mcp";

/**
 * A server that answers nobody without a token and says who grants them (RFC 9728).
 * @param {import("node:test").TestContext} t
 * @param {string} issuer
 */
async function resource(t, issuer) {
  const server = createServer((request, response) => {
    if (request.url !== METADATA) {
      response.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${url}${METADATA}"` }).end();
      return;
    }
    const metadata = { resource: `${url}/mcp`, authorization_servers: [issuer], scopes_supported: ["tools:call"] };
    response.setHeader("content-type", "application/json").end(JSON.stringify(metadata));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${url}/mcp`;
}

test("a client registers itself and gets tokens for one server only", async (t) => {
  const claviger = await Claviger.start(t);
  const getResourceServerInfo = async (/** @type {unknown} */ _, /** @type {string} */ audience) => ({
    audience,
    scope: "tools:call",
    accessTokenFormat: "opaque",
  });
  const features = { registration: { enabled: true }, resourceIndicators: { enabled: true, getResourceServerInfo } };
  const provider = await OpenIdProvider.start(t, `${claviger.url}/oauth/callback`, { features });
  const server = await resource(t, provider.issuer);
  const api = claviger.api();
  await api.must("POST", "/integrations", { provider: "mcp-generic", unique_key: "mcp" });
  const registrations = () => provider.asked.filter(({ path }) => path === "/reg").length;

  const chromium = await browser(t);
  const connect = async () => {
    const { page, context } = await watchedPage(chromium, [claviger.url, provider.issuer]);
    await page.goto((await api.session(["mcp"])).connect_link);
    await page.getByLabel("MCP server URL").waitFor();
    // A form whose provider is not known yet leads browsers on to https only, which this provider has not. So the form is
    // sent beside the page.
    const sent = await context.request.post(page.url(), { form: { mcp_server_url: server }, maxRedirects: 0 });
    await page.goto(sent.headers()["location"] ?? "");
    await page.getByRole("button", { name: "Sign in and allow" }).click();
    await page.getByRole("heading", { name: /is connected/ }).waitFor();
  };
  await connect();
  const [{ connection_id: id }] = await api.connections();
  const read = async (more = "") => {
    const answer = await api.read(id, "mcp", `&refresh_token=true${more}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.credentials;
  };
  const first = await read();
  const second = await read("&force_refresh=true");
  assert.notEqual(second.access_token, first.access_token);
  for (const { access_token } of [first, second]) {
    const { active, aud, scope, client_id } = await provider.introspect(access_token);
    assert.deepEqual({ active, aud, scope }, { active: true, aud: server, scope: "tools:call" });
    assert.notEqual(client_id, provider.clientId, "it is the client that was registered");
  }

  await connect();
  assert.equal((await api.connections()).length, 2);
  assert.equal(registrations(), 1, "who comes later shares the registration");

  const deleted = await api.must("DELETE", `/connections/${id}?provider_config_key=mcp`);
  assert.deepEqual(deleted.revocation, { outcome: "revoked" });
  await until("the revocation", async () => !(await provider.introspect(second.access_token)).active || undefined);
});
