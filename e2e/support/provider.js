// The simulated provider, run by a `claviger dev` of its own, so that it outlives crashes of the server under test.

import { dev } from "./claviger.js";

/** The provider and its control. */
export class Provider {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** @param {import("node:test").TestContext} t */
  static async start(t) {
    return new Provider((await dev(t)).sandbox_url);
  }

  /** Switches a fault on. @param {object} fault */
  async fail(fault) {
    const answer = await fetch(`${this.url}/_faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fault),
    });
    if (!answer.ok) throw new Error(`_faults: ${await answer.text()}`);
  }

  /** Switches all faults off. */
  async heal() {
    await fetch(`${this.url}/_faults`, { method: "DELETE" });
  }

  /** What was asked so far. @param {string} path @returns {Promise<any[]>} */
  async requests(path) {
    return /** @type {Promise<any[]>} */ ((await fetch(`${this.url}/_requests?path=${path}`)).json());
  }
}
