// The process is killed at bad moments. After the next start everything is either done or not begun.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Claviger } from "../support/claviger.js";
import { until } from "../support/program.js";
import { Provider } from "../support/provider.js";
import { Sink, signatures } from "../support/sink.js";
import { Visitor } from "../support/visitor.js";

const SLOW_MS = 400;
/** Milliseconds between the arrival of the token request and the end: before, about at, and after the answer. */
const INSTANTS = [0, 100, 300, 390, 395, 400, 405, 410, 420, 800];

test("a process killed during a callback leaves a whole connection or none, and no state to use again", async (t) => {
  const [claviger, provider] = [await Claviger.start(t), await Provider.start(t)];
  const api = claviger.api();
  const key = await api.oauthIntegration(provider.url);
  await provider.fail({ endpoint: "token", fault: "slow", millis: SLOW_MS });
  /** @type {string[]} */
  const known = [];
  for (const instant of INSTANTS) {
    const visitor = new Visitor();
    const callback = await visitor.consent((await api.session([key])).connect_link);
    const asked = (await provider.requests("/token")).length;
    const answer = visitor.get(callback).then(({ status }) => status, () => "cut off");
    await until("the token request", async () => ((await provider.requests("/token")).length > asked ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, instant));
    await claviger.crash();
    const status = await answer;
    await claviger.start();

    const added = (await api.connections()).filter(({ connection_id }) => !known.includes(connection_id));
    assert.ok(added.length <= 1, `${instant} ms: ${added.length} connections`);
    if (status === 303) assert.equal(added.length, 1, `${instant} ms: the browser was told of a connection that is not there`);
    for (const { connection_id } of added) {
      const read = await api.read(connection_id, key);
      assert.equal(read.status, 200, read.text);
      assert.match(read.body.credentials.access_token, /^sbx_/);
      known.push(connection_id);
    }
    assert.equal((await visitor.get(callback)).status, 400, `${instant} ms: the state could be used again`);
    assert.equal((await provider.requests("/token")).length, asked + 1);
  }
  assert.ok(known.length > 0 && known.length < INSTANTS.length, `${known.length} of ${INSTANTS.length} got through`);
});

test("what was answered as stored is there after the process is killed", async (t) => {
  const claviger = await Claviger.start(t);
  const api = claviger.api();
  const config = { api_base_url: "https://api.example" };
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "keys", integration_config: config });
  /** @type {string[]} */
  const promised = [];
  const imports = Array.from({ length: 200 }, async (_, number) => {
    const credentials = { type: "API_KEY", apiKey: `key-${number}` };
    const body = { provider_config_key: "keys", connection_id: `c-${number}`, credentials };
    const answer = await api.post("/connections", body).catch(() => undefined);
    if (answer?.status === 201) promised.push(`c-${number}`);
  });
  await until("some answers", () => (promised.length >= 20 ? true : undefined));
  await claviger.crash();
  await Promise.all(imports);
  await claviger.start();
  for (const id of promised) {
    assert.equal((await api.read(id, "keys")).body.credentials.apiKey, id.replace("c-", "key-"));
  }
});

test("events outlive the process: each arrives with its first id, signed and in order", async (t) => {
  const claviger = await Claviger.start(t);
  const sink = await Sink.start(t);
  const api = claviger.api();
  const key = await api.webhooksTo(sink.url);
  const config = { api_base_url: "https://api.example" };
  await api.must("POST", "/integrations", { provider: "api-key-generic", unique_key: "keys", integration_config: config });
  const bring = (/** @type {string} */ team) => {
    const credentials = { type: "API_KEY", apiKey: team };
    const body = { provider_config_key: "keys", connection_id: "c-1", credentials, tags: { team } };
    return api.must("POST", "/connections", body);
  };
  sink.status = 503;
  await bring("first");
  const [tried] = await sink.arrived(1);
  await sink.close();
  await bring("second");
  await bring("third");
  await claviger.crash();

  sink.deliveries.length = 0;
  sink.status = 200;
  await sink.open();
  await claviger.start();
  const deliveries = await sink.arrived(3);
  assert.deepEqual(deliveries.map(({ body }) => body.tags.team), ["first", "second", "third"]);
  assert.deepEqual(deliveries.map(({ body }) => body.operation), ["creation", "override", "override"]);
  assert.equal(deliveries[0]?.headers["webhook-id"], tried?.headers["webhook-id"]);
  assert.equal(new Set(deliveries.map(({ headers }) => headers["webhook-id"])).size, 3);
  for (const delivery of deliveries) {
    for (const [name, value] of Object.entries(signatures(delivery, key))) assert.equal(delivery.headers[name], value, name);
  }
});
