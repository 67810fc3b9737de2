// The guide beside the form, and the operator's logos.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { browser, inspect, policyIsStrict, watchedPage } from "../support/chromium.js";
import { Claviger, command, directory } from "../support/claviger.js";

/** A picture of one red pixel's worth, with a script that must never run. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>document.title = "ran"</script><rect width="8" height="8" fill="red"/></svg>`;

/** @param {import("node:test").TestContext} t @param {string[]} [options] */
async function scene(t, options = []) {
  const claviger = await Claviger.start(t, options);
  const api = claviger.api();
  await api.must("POST", "/integrations", { provider: "freshdesk", unique_key: "desk" });
  const chromium = await browser(t);
  const watched = await watchedPage(chromium, [claviger.url]);
  return { claviger, api, chromium, ...watched };
}

test("the guide opens in place, also without scripts", async (t) => {
  const { api, chromium, page, quiet } = await scene(t);
  const link = (await api.session(["desk"])).connect_link;
  policyIsStrict(await page.goto(link));
  const steps = page.locator("details.guide li");
  assert.equal(await steps.first().isVisible(), false);
  await page.getByText("Where do I find this?").click();
  assert.equal(await steps.first().isVisible(), true);
  await inspect(page, "guide");
  await page.setViewportSize({ width: 360, height: 720 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false);
  await inspect(page, "guide-narrow");
  quiet();

  const plain = await (await chromium.newContext({ javaScriptEnabled: false })).newPage();
  await plain.goto((await api.session(["desk"])).connect_link);
  await plain.getByText("Where do I find this?").click();
  assert.equal(await plain.locator("details.guide li").first().isVisible(), true);
});

test("the operator's logo stands on the page and can run nothing", async (t) => {
  const logos = join(directory(t), "logos");
  mkdirSync(logos);
  writeFileSync(join(logos, "freshdesk.svg"), LOGO);
  const { claviger, api, page, quiet } = await scene(t, ["--logos-dir", logos]);
  await page.goto((await api.session(["desk"])).connect_link);
  const mark = page.locator("img.mark");
  assert.equal(await mark.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth > 0), true);
  const { data } = await api.must("GET", "/providers/freshdesk");
  assert.equal(await (await fetch(data.logo_url)).text(), LOGO);
  quiet();

  const alone = await page.context().newPage();
  await alone.goto(`${claviger.url}/images/template-logos/freshdesk.svg`);
  assert.notEqual(await alone.title(), "ran");

  const said = command(["doctor", "--logos-dir", logos, "--data-dir", claviger.directory]);
  assert.match(said.stdout, /ok {5}logos:/);
  writeFileSync(join(logos, "nobody.svg"), LOGO);
  const fault = command(["doctor", "--logos-dir", logos, "--data-dir", claviger.directory]);
  assert.equal(fault.status, 1);
  assert.match(fault.stdout, /FAULT {2}logos: .*nobody\.svg is not named after a provider/);
});

test("a directory of logos that is not there refuses the start", (t) => {
  const place = directory(t);
  const { status, stderr } = command(["serve", "--listen", "127.0.0.1:0", "--data-dir", place, "--logos-dir", join(place, "absent")]);
  assert.equal(status, 1);
  assert.match(stderr, /--logos-dir: .*absent cannot be listed/);
});

test("a provider is shown on the terminal with its scopes and its guide", () => {
  const { status, stdout } = command(["catalog", "show", "github", "--public-url", "https://auth.example.com"]);
  assert.equal(status, 0);
  const shown = JSON.parse(stdout);
  assert.ok(shown.scopes.known.includes("repo"));
  assert.match(shown.guide.operators.join("\n"), /`https:\/\/auth\.example\.com\/oauth\/callback`/);
  assert.match(shown.guide.end_users[0], /^1\. /);
});
