// Where webhooks arrive.

import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

import { until } from "./program.js";

/** @typedef {{ headers: import("node:http").IncomingHttpHeaders, text: string, body: any }} Delivery */

/** A receiver that keeps what it gets and answers as told. */
export class Sink {
  constructor() {
    /** @type {Delivery[]} */
    this.deliveries = [];
    this.status = 200;
    this.port = 0;
    this.server = createServer((request, response) => {
      let text = "";
      request.setEncoding("utf8").on("data", (chunk) => (text += chunk));
      request.on("end", () => {
        this.deliveries.push({ headers: request.headers, text, body: JSON.parse(text) });
        response.writeHead(this.status).end();
      });
    });
  }

  /** @param {import("node:test").TestContext} t */
  static async start(t) {
    const sink = new Sink();
    await sink.open();
    t.after(() => sink.close());
    return sink;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Opens, the second time on the same port. */
  async open() {
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = /** @type {import("node:net").AddressInfo} */ (this.server.address()).port;
  }

  async close() {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  /** Waits for so many deliveries. @param {number} count @param {number} [patience] */
  async arrived(count, patience = 45_000) {
    await until(`${count} deliveries`, () => (this.deliveries.length >= count ? true : undefined), patience);
    return this.deliveries;
  }
}

/**
 * The three signatures as they must be for a delivery.
 * @param {Delivery} delivery
 * @param {string} key
 */
export function signatures(delivery, key) {
  const standard = Buffer.from(key.replace(/^whsec_/, ""), "base64");
  const message = `${delivery.headers["webhook-id"]}.${delivery.headers["webhook-timestamp"]}.${delivery.text}`;
  return {
    "webhook-signature": `v1,${createHmac("sha256", standard).update(message).digest("base64")}`,
    "x-nango-hmac-sha256": createHmac("sha256", key).update(delivery.text).digest("hex"),
    "x-nango-signature": createHash("sha256").update(key + delivery.text).digest("hex"),
  };
}
