// A foreign OpenID provider, the npm package `oidc-provider`, with a real browser in front of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, watchedPage } from "../support/chromium.js";
import { Claviger } from "../support/claviger.js";
import { OpenIdProvider } from "../support/openid_provider.js";

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const claviger = await Claviger.start(t);
  const provider = await OpenIdProvider.start(t, `${claviger.url}/oauth/callback`);
  const api = claviger.api();
  const { clientId, clientSecret } = provider;
  await api.oauthIntegration(provider.issuer, { key: "op", clientId, clientSecret, scopes: "openid,offline_access" });
  const chromium = await browser(t);
  return { claviger, provider, api, chromium };
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} link
 */
async function agree(page, link) {
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in and allow" }).click();
}

test("an account at a foreign OpenID provider is connected, refreshed and revoked", async (t) => {
  const { claviger, provider, api, chromium } = await scene(t);
  const { connect_link } = await api.session(["op"]);
  const { page } = await watchedPage(chromium, [claviger.url, provider.issuer]);
  await agree(page, connect_link);
  await page.getByRole("heading", { name: /is connected/ }).waitFor();

  const [connection] = await api.connections();
  const id = connection.connection_id;
  const first = (await api.read(id, "op", "&refresh_token=true")).body.credentials;
  assert.equal(first.type, "OAUTH2");
  assert.equal((await provider.userinfo(first.access_token)).status, 200);

  const forced = await api.read(id, "op", "&force_refresh=true&refresh_token=true");
  assert.equal(forced.status, 200, forced.text);
  const second = forced.body.credentials;
  assert.notEqual(second.access_token, first.access_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.ok(provider.isConsumed("RefreshToken", first.refresh_token), "the old refresh token was used up");
  assert.equal((await provider.userinfo(second.access_token)).status, 200);

  const later = (await api.read(id, "op", "&refresh_token=true")).body.credentials;
  assert.equal(later.access_token, second.access_token);

  assert.deepEqual((await api.delete(`/connections/${id}?provider_config_key=op`)).body, {
    success: true,
    revocation: { outcome: "revoked" },
  });
  await provider.forgets("RefreshToken", second.refresh_token);
  assert.equal((await api.read(id, "op")).status, 404);
});

test("a callback that arrives in another browser stores nothing and redeems nothing", async (t) => {
  const { claviger, provider, api, chromium } = await scene(t);
  const { connect_link } = await api.session(["op"]);
  const origins = [claviger.url, provider.issuer];
  const { page, context } = await watchedPage(chromium, origins);
  await page.goto(connect_link);
  const agreed = await context.request.post(page.url(), { maxRedirects: 0 });
  const granted = await context.request.get(agreed.headers()["location"] ?? "", { maxRedirects: 0 });
  const callback = granted.headers()["location"] ?? "";
  assert.ok(callback.startsWith(`${claviger.url}/oauth/callback?`), callback);

  const stranger = await watchedPage(chromium, origins);
  const answer = await stranger.page.goto(callback);
  assert.equal(answer?.status(), 403);
  await stranger.page.getByRole("heading", { name: "This authorization began in another browser" }).waitFor();
  assert.deepEqual(await api.connections(), []);
  assert.equal(provider.tokenRequests, 0);
});
