// Debian's Chromium, watched: what a page must never do fails the test that opened it.

import { mkdirSync } from "node:fs";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").Page} Page */

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"];
const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));

/** A browser that is closed after the test. @param {import("node:test").TestContext} t @returns {Promise<Browser>} */
export async function browser(t) {
  const opened = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
  t.after(() => opened.close());
  return opened;
}

/**
 * A page in a context of its own. Complaints of the console and requests to strangers are kept.
 * @param {Browser} browser
 * @param {string[]} origins where the page may send requests
 */
export async function watchedPage(browser, origins) {
  const context = await browser.newContext({ viewport: { width: 960, height: 720 } });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => {
    // A page that answers 400 on purpose is told by the browser as a failed load; that is no complaint about the page.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
    if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && !origins.includes(url.origin)) complaints.push(`a request left for ${request.url()}`);
  });
  return { page, context, quiet: () => assert.deepEqual(complaints, []) };
}

/**
 * A page as it must be: accessible in light and dark, without inline script, under an enforced policy. Leaves pictures.
 * @param {Page} page
 * @param {string} name of the pictures
 */
export async function inspect(page, name) {
  mkdirSync(RESULTS, { recursive: true });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(found, [], `${name} in ${colorScheme}`);
    await page.screenshot({ path: `${RESULTS}${name}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await noInlineScript(page, name);
}

/** @param {Page} page @param {string} name */
async function noInlineScript(page, name) {
  const inline = await page.evaluate(() => {
    const handlers = [...document.querySelectorAll("*")].flatMap((element) =>
      element.getAttributeNames().filter((attribute) => attribute.startsWith("on")),
    );
    return [...[...document.scripts].filter((script) => !script.src).map((script) => script.outerHTML), ...handlers];
  });
  assert.deepEqual(inline, [], `${name} has inline script`);
}

/**
 * Whether an address answers with an enforced policy that allows nothing inline.
 * @param {import("playwright-core").Response | null} response
 */
export function policyIsStrict(response) {
  const policy = response?.headers()["content-security-policy"] ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /unsafe|\*/);
}
