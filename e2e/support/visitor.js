// A browser without a screen: keeps cookies, follows no redirect by itself.

/** @typedef {{ status: number, location: string | undefined, text: string, headers: Headers }} Page */

/** Somebody who walks through pages. */
export class Visitor {
  constructor() {
    /** Cookies by host, as browsers keep them apart. @type {Map<string, Map<string, string>>} */
    this.jars = new Map();
  }

  /** @param {string} url @returns {Promise<Page>} */
  get(url) {
    return this.#ask(url, {});
  }

  /** @param {string} url @param {Record<string, string>} fields @returns {Promise<Page>} */
  post(url, fields) {
    return this.#ask(url, { method: "POST", body: new URLSearchParams(fields) });
  }

  /**
   * From a link to the provider's door: follows redirects as long as they stay at one origin.
   * @param {string} link
   * @returns {Promise<string>} where the browser would go next
   */
  async walk(link) {
    const home = new URL(link).origin;
    for (let url = link, steps = 0; steps < 10; steps += 1) {
      const page = await this.get(url);
      if (page.location === undefined) throw new Error(`no way on from ${url}: ${page.status} ${page.text}`);
      url = new URL(page.location, url).href;
      if (new URL(url).origin !== home) return url;
    }
    throw new Error(`${link} leads in circles`);
  }

  /**
   * From a link through the simulated provider, which grants at once.
   * @param {string} link
   * @returns {Promise<string>} the callback with its code, not asked for yet
   */
  async consent(link) {
    const door = await this.walk(link);
    const page = await this.get(`${door}&auto=allow`);
    if (page.location === undefined) throw new Error(`the provider did not redirect: ${page.status} ${page.text}`);
    return page.location;
  }

  /** @param {string} url @param {RequestInit} options @returns {Promise<Page>} */
  async #ask(url, options) {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map();
    this.jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: cookie ? { cookie } : {} });
    for (const line of answer.headers.getSetCookie()) keep(jar, line);
    return { status: answer.status, location: answer.headers.get("location") ?? undefined, text: await answer.text(), headers: answer.headers };
  }
}

/** @param {Map<string, string>} jar @param {string} line */
function keep(jar, line) {
  const [pair = "", ...attributes] = line.split("; ");
  const at = pair.indexOf("=");
  const name = pair.slice(0, at);
  if (attributes.includes("Max-Age=0")) jar.delete(name);
  else jar.set(name, pair.slice(at + 1));
}
