// Our calls to the Security Token Service, their signatures computed again by PyPI's `botocore`.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Claviger, directory } from "../support/claviger.js";
import { pythonServer } from "../support/python.js";
import { Visitor } from "../support/visitor.js";

const ID = "AKIDUNDERTEST";
const SECRET = "a/secret+with=signs";
const ROLE = "arn:aws:iam::123456789012:role/team/Reader";

/** AWS as it is in the catalog, but for the address of its token service. */
const PROVIDER = `
extends = "aws-sigv4"

[aws]
sts_url = "{integration.sts_url}/"

[[inputs.integration]]
name = "service"
label = "Service"
pattern = "^[a-z0-9-]+$"

[[inputs.integration]]
name = "default_region"
wire = "defaultRegion"
label = "Default region"
required = false
pattern = "^[a-z0-9-]+$"

[[inputs.integration]]
name = "aws_access_key_id"
wire = "awsAccessKeyId"
label = "AWS access key ID"
secret = true

[[inputs.integration]]
name = "aws_secret_access_key"
wire = "awsSecretAccessKey"
label = "AWS secret access key"
secret = true

[[inputs.integration]]
name = "sts_url"
wire = "stsUrl"
kind = "url"
label = "Token service"
`;

/** @param {import("node:test").TestContext} t @param {string} secret */
async function scene(t, secret) {
  const providers = directory(t);
  writeFileSync(join(providers, "aws-here.toml"), PROVIDER);
  const [claviger, server] = await Promise.all([
    Claviger.start(t, ["--providers-dir", providers]),
    pythonServer(t, "sts", [ID, SECRET]),
  ]);
  const api = claviger.api();
  const integration_config = {
    service: "dynamodb",
    defaultRegion: "eu-central-1",
    awsAccessKeyId: ID,
    awsSecretAccessKey: secret,
    stsUrl: server.url,
  };
  await api.must("POST", "/integrations", { provider: "aws-here", unique_key: "aws", integration_config });
  /** @returns {Promise<any[]>} */
  const seen = async () => /** @type {any} */ (await (await fetch(`${server.url}/seen`)).json());
  const { connect_link } = await api.session(["aws"]);
  const visitor = new Visitor();
  let form = connect_link;
  let page = await visitor.get(form);
  while (page.location !== undefined) {
    form = new URL(page.location, form).href;
    page = await visitor.get(form);
  }
  const landed = await visitor.post(form, { role_arn: ROLE, region: "" });
  return { api, page, landed, seen };
}

test("a role is assumed by calls whose signatures botocore computes alike", async (t) => {
  const { api, page, landed, seen } = await scene(t, SECRET);
  assert.ok(landed.status < 400, `${landed.status} ${landed.text} ${JSON.stringify(await seen())}`);
  const [connection] = await api.connections();
  const answer = await api.read(connection.connection_id, "aws", "&force_refresh=true");
  assert.equal(answer.status, 200, answer.text);
  const { credentials } = answer.body;
  assert.deepEqual([credentials.type, credentials.service], ["AWS_SIGV4", "dynamodb"]);
  const keys = [credentials.access_key_id, credentials.secret_access_key, credentials.session_token];
  assert.deepEqual(keys, ["ASIAROLE0000000000", "a secret/of+the=role", "a/session+token=="]);
  const asked = await seen();
  const [assume, identity] = [
    ["AssumeRole", { key: ID, region: "eu-central-1", service: "sts" }],
    ["GetCallerIdentity", { key: "ASIAROLE0000000000", region: "eu-central-1", service: "sts" }],
  ];
  assert.deepEqual(asked.map(({ action, by }) => [action, by]), [assume, identity, assume]);
  const [{ form: first }, , { form: again }] = asked;
  assert.equal(first.RoleArn, ROLE);
  assert.ok(page.text.includes(first.ExternalId), "the page showed the external id that is sent");
  assert.equal(again.ExternalId, first.ExternalId);
});

test("a wrong secret key assumes no role", async (t) => {
  const { api, landed, seen } = await scene(t, "another");
  assert.equal(landed.status, 422);
  assert.match(landed.text, /The provider said SignatureDoesNotMatch/);
  assert.deepEqual((await seen()).map(({ action, by }) => [action, by]), [["AssumeRole", null]]);
  assert.deepEqual(await api.connections(), []);
});
