// One answer of a provider is worth one connection, however often it arrives.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Claviger } from "../support/claviger.js";
import { Provider } from "../support/provider.js";
import { Visitor } from "../support/visitor.js";

const TIMES = 32;

/** @param {import("node:test").TestContext} t */
async function scene(t) {
  const [claviger, provider] = [await Claviger.start(t), await Provider.start(t)];
  const api = claviger.api();
  const key = await api.oauthIntegration(provider.url);
  const visitor = new Visitor();
  const callback = await visitor.consent((await api.session([key])).connect_link);
  return { claviger, provider, api, visitor, callback };
}

test(`${TIMES} equal callbacks at the same time make one connection with one token request`, async (t) => {
  const { provider, api, visitor, callback } = await scene(t);
  await provider.fail({ endpoint: "token", fault: "slow", millis: 300 });
  const pages = await Promise.all(Array.from({ length: TIMES }, () => visitor.get(callback)));
  const successes = pages.filter(({ status }) => status === 303);
  assert.equal(successes.length, 1, pages.map(({ status }) => status).join(" "));
  assert.ok(pages.every(({ status }) => status === 303 || status === 400));
  assert.equal((await api.connections()).length, 1);
  assert.equal((await provider.requests("/token")).length, 1);
});

test("a callback that was used is refused later too, and the connection stays as it was", async (t) => {
  const { provider, api, visitor, callback } = await scene(t);
  assert.equal((await visitor.get(callback)).status, 303);
  const [before] = await api.connections();
  const again = await visitor.get(callback);
  assert.equal(again.status, 400);
  assert.match(again.text, /no longer valid/);
  assert.deepEqual(await api.connections(), [before]);
  assert.equal((await provider.requests("/token")).length, 1);
});

test("a callback with a changed state is refused before anything is redeemed", async (t) => {
  const { provider, api, visitor, callback } = await scene(t);
  const changed = new URL(callback);
  changed.searchParams.set("state", "A".repeat(43));
  assert.equal((await visitor.get(changed.href)).status, 400);
  assert.deepEqual(await api.connections(), []);
  assert.deepEqual(await provider.requests("/token"), []);
});
