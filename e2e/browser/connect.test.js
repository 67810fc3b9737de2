// What an end user sees, in a real browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, inspect, policyIsStrict, watchedPage } from "../support/chromium.js";
import { Claviger } from "../support/claviger.js";
import { sql } from "../support/database.js";
import { Provider } from "../support/provider.js";
import { Sink } from "../support/sink.js";

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const claviger = await Claviger.start(t);
  const provider = await Provider.start(t);
  const api = claviger.api();
  const chromium = await browser(t);
  const watched = await watchedPage(chromium, [claviger.url, provider.url]);
  return { claviger, provider, api, chromium, ...watched };
}

/** @param {import("../support/api.js").Api} api @param {Provider} provider */
async function apiKeyIntegration(api, provider) {
  const config = { api_base_url: provider.url, verify_url: `${provider.url}/api/key` };
  const body = { provider: "api-key-generic", unique_key: "keys", display_name: "Acme Desk", integration_config: config };
  await api.must("POST", "/integrations", body);
}

test("an API key is refused when wrong, accepted when right, and never shown again", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  policyIsStrict(await page.goto((await api.session(["keys"])).connect_link));
  assert.doesNotMatch(page.url(), /session_token/);
  await inspect(page, "api-key-form");

  const field = page.getByRole("textbox").or(page.locator("input[type=password]")).first();
  await field.fill("not-the-key");
  await page.getByRole("button", { name: "Verify and connect" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await field.inputValue(), "");
  assert.doesNotMatch(await page.content(), /not-the-key/);
  await inspect(page, "api-key-refused");
  assert.deepEqual(await api.connections(), []);

  await field.fill("sandbox-api-key");
  await page.getByRole("button", { name: "Verify and connect" }).click();
  await page.getByRole("heading", { name: "Acme Desk is connected" }).waitFor();
  await inspect(page, "api-key-done");
  const [{ connection_id: id }] = await api.connections();
  assert.equal((await api.read(id, "keys")).body.credentials.apiKey, "sandbox-api-key");
  quiet();
});

test("a secret is hidden until its owner wants to see it", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  await page.goto((await api.session(["keys"])).connect_link);
  const secret = page.locator("input[type=password]");
  await secret.fill("abc");
  await page.getByRole("button", { name: /^Show/ }).click();
  assert.equal(await page.locator("input[type=text]").inputValue(), "abc");
  await page.getByRole("button", { name: /^Hide/ }).click();
  assert.equal(await secret.inputValue(), "abc");
  quiet();
});

test("one of several services is found by typing and chosen by keyboard", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  const client = { type: "OAUTH2", client_id: "id", client_secret: "secret", scopes: "" };
  for (const slug of ["github", "gitlab", "slack", "notion", "linear", "asana"]) {
    await api.must("POST", "/integrations", { provider: slug, unique_key: slug, credentials: client });
  }
  policyIsStrict(await page.goto((await api.session([])).connect_link));
  const entries = page.getByRole("listitem");
  assert.equal(await entries.count(), 7);
  await inspect(page, "list");

  await page.getByRole("searchbox", { name: "Search services" }).fill("git");
  assert.equal(await entries.count(), 2);
  await page.keyboard.press("ArrowDown");
  assert.match((await page.locator(":focus").textContent()) ?? "", /GitHub/);
  await page.keyboard.press("ArrowDown");
  assert.match((await page.locator(":focus").textContent()) ?? "", /GitLab/);
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("searchbox").fill("acme");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /Connect Acme Desk/ }).waitFor();
  await page.getByRole("link", { name: "All services" }).click();
  await page.getByRole("heading", { name: "Connect an account" }).waitFor();
  quiet();
});

test("the list and the form work without scripts", async (t) => {
  const { provider, api, chromium } = await scene(t);
  await apiKeyIntegration(api, provider);
  const client = { type: "OAUTH2", client_id: "id", client_secret: "secret", scopes: "" };
  await api.must("POST", "/integrations", { provider: "github", unique_key: "github", credentials: client });
  const context = await chromium.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto((await api.session([])).connect_link);
  await page.getByRole("link", { name: /Acme Desk/ }).click();
  await page.locator("input[type=password]").fill("sandbox-api-key");
  await page.getByRole("button", { name: "Verify and connect" }).click();
  await page.getByRole("heading", { name: "Acme Desk is connected" }).waitFor();
  assert.equal((await api.connections()).length, 1);
});

test("consent at the provider connects the account and names it", async (t) => {
  const { claviger, provider, api, page, quiet } = await scene(t);
  const key = await api.oauthIntegration(provider.url);
  await page.goto((await api.session([key])).connect_link);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  assert.ok(page.url().startsWith(`${claviger.url}/connect/s/`), page.url());
  assert.doesNotMatch(page.url(), /code=|state=/);
  await inspect(page, "oauth-done");
  assert.equal((await api.connections()).length, 1);
  quiet();
});

test("a form leads on to the provider under the enforced policy", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  await api.oauthIntegration(provider.url, { key: "sandbox" });
  await page.goto((await api.session([])).connect_link);
  await page.getByRole("link", { name: /OAuth/ }).click();
  await inspect(page, "oauth-form");
  await page.getByRole("button", { name: /^Continue to/ }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  quiet();
});

test("consent that is denied ends at a clear page, offers another try and tells the app", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  const sink = await Sink.start(t);
  await api.webhooksTo(sink.url);
  const key = await api.oauthIntegration(provider.url);
  await page.goto((await api.session([key])).connect_link);
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByRole("heading", { name: "Access was not granted" }).waitFor();
  await inspect(page, "denied");
  const [delivery] = await sink.arrived(1);
  assert.deepEqual([delivery?.body.success, delivery?.body.operation, delivery?.body.error.type], [false, "creation", "access_denied"]);
  assert.deepEqual(await api.connections(), []);
  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("button", { name: /^Continue to/ }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  quiet();
});

test("a link past its time ends at a clear page", async (t) => {
  const { claviger, provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  const { connect_link } = await api.session(["keys"]);
  sql(claviger.directory, "update sessions set expires_at = 1");
  const answer = await page.goto(connect_link);
  assert.equal(answer?.status(), 401);
  policyIsStrict(answer);
  await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
  await inspect(page, "expired");
  quiet();
});

test("a link that the app took back ends at the same page as one that never was", async (t) => {
  const { claviger, provider, api, page, quiet } = await scene(t);
  await apiKeyIntegration(api, provider);
  const { token, connect_link } = await api.session(["keys"]);
  const answer = await fetch(`${claviger.url}/connect/session`, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 204);
  await page.goto(connect_link);
  const takenBack = await page.locator("main").innerHTML();
  await page.goto(connect_link.replace(token, `clv_cs_${"A".repeat(43)}`));
  assert.equal(await page.locator("main").innerHTML(), takenBack);
  quiet();
});

test("going back to a callback that was used shows that it is over, without a second connection", async (t) => {
  const { claviger, provider, api, page, quiet } = await scene(t);
  const key = await api.oauthIntegration(provider.url);
  /** @type {string[]} */
  const callbacks = [];
  page.on("request", (request) => {
    if (request.url().startsWith(`${claviger.url}/oauth/callback?`)) callbacks.push(request.url());
  });
  await page.goto((await api.session([key])).connect_link);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  const answer = await page.goto(callbacks[0] ?? "");
  assert.equal(answer?.status(), 400);
  await page.getByRole("heading", { name: "This authorization is no longer valid" }).waitFor();
  await inspect(page, "used");
  assert.equal((await api.connections()).length, 1);
  quiet();
});

test("a provider that does not answer ends at a clear page", async (t) => {
  const { provider, api, page, quiet } = await scene(t);
  const key = await api.oauthIntegration(provider.url);
  await provider.fail({ endpoint: "token", fault: "status", status: 503 });
  await page.goto((await api.session([key])).connect_link);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /did not complete the authorization/ }).waitFor();
  await inspect(page, "provider-down");
  assert.deepEqual(await api.connections(), []);
  quiet();
});

test("two tabs of one browser finish two authorizations without mixing them up", async (t) => {
  const { provider, api, page, context, quiet } = await scene(t);
  await api.oauthIntegration(provider.url, { key: "one" });
  await api.oauthIntegration(provider.url, { key: "two" });
  const other = await context.newPage();
  await page.goto((await api.session(["one"])).connect_link);
  await other.goto((await api.session(["two"])).connect_link);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: /is connected/ }).waitFor();
  await other.getByRole("button", { name: "Allow" }).click();
  await other.getByRole("heading", { name: /is connected/ }).waitFor();
  const keys = (await api.connections()).map(({ provider_config_key }) => provider_config_key);
  assert.deepEqual(keys.sort(), ["one", "two"]);
  quiet();
});

test("a hostile page can neither frame the form nor send it", async (t) => {
  const { claviger, provider, api, page, chromium } = await scene(t);
  await apiKeyIntegration(api, provider);
  await page.goto((await api.session(["keys"])).connect_link);
  const form = page.url();
  const hostile = await page.context().newPage();
  await hostile.route("http://hostile.test/", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="${form}"></iframe><form method="post" action="${form}"><input name="apiKey" value="sandbox-api-key"><button>go</button></form>`,
    }),
  );
  await hostile.goto("http://hostile.test/");
  const framed = hostile.frames().find((frame) => frame !== hostile.mainFrame());
  assert.doesNotMatch((await framed?.content().catch(() => "")) ?? "", /Acme Desk/);
  await hostile.getByRole("button", { name: "go" }).click();
  await hostile.waitForURL(`${claviger.url}/**`);
  assert.deepEqual(await api.connections(), []);
  assert.ok(chromium.isConnected());
});
