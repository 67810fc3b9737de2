// The npm package `oidc-provider` as strict as it gets: PKCE, rotating refresh tokens, the issuer on every answer.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

// @ts-expect-error the package ships no types
import { Provider } from "oidc-provider";

import { until } from "./program.js";

const ACCOUNT = "mira";
const HOUR_S = 3600;
const LIFETIMES = ["AccessToken", "AuthorizationCode", "DeviceCode", "Grant", "IdToken", "Interaction", "RefreshToken", "Session"];

/** Everything the provider keeps, by kind. */
class Memory {
  constructor() {
    /** @type {Map<string, any>} */
    this.entries = new Map();
  }

  /** What the package wants for one kind. @param {string} kind */
  adapter(kind) {
    const { entries } = this;
    const name = (/** @type {string} */ id) => `${kind}:${id}`;
    const by = (/** @type {string} */ field, /** @type {string} */ value) =>
      [...entries].find(([key, entry]) => key.startsWith(`${kind}:`) && entry[field] === value)?.[1];
    return {
      upsert: async (/** @type {string} */ id, /** @type {object} */ payload) => void entries.set(name(id), { ...payload }),
      find: async (/** @type {string} */ id) => entries.get(name(id)),
      findByUid: async (/** @type {string} */ uid) => by("uid", uid),
      findByUserCode: async (/** @type {string} */ code) => by("userCode", code),
      destroy: async (/** @type {string} */ id) => void entries.delete(name(id)),
      consume: async (/** @type {string} */ id) => void (entries.get(name(id)).consumed = Math.floor(Date.now() / 1000)),
      revokeByGrantId: async (/** @type {string} */ grantId) => {
        for (const [key, entry] of entries) if (entry.grantId === grantId) entries.delete(key);
      },
    };
  }
}

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" };
}

/**
 * What differs from one test to the next.
 * @typedef {object} Options
 * @property {Record<string, unknown>} [client] metadata that the client has beside or instead of the usual
 * @property {Record<string, unknown>} [features] switches of the package
 */

/** The API behind the provider, which may only ask what a token is worth (RFC 7662). */
const API = { id: "api", secret: randomBytes(24).toString("hex") };

/** A running provider with one client. */
export class OpenIdProvider {
  /** @param {string} issuer @param {string} redirectUri @param {Options} options */
  constructor(issuer, redirectUri, options) {
    this.issuer = issuer;
    this.clientId = "claviger-under-test";
    this.clientSecret = randomBytes(24).toString("hex");
    this.tokenRequests = 0;
    /** Every request that came in. @type {{ path: string, headers: import("node:http").IncomingHttpHeaders }[]} */
    this.asked = [];
    this.memory = new Memory();
    this.provider = new Provider(issuer, {
      adapter: (/** @type {string} */ kind) => this.memory.adapter(kind),
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ["authorization_code", "refresh_token"],
          response_types: ["code"],
          token_endpoint_auth_method: "client_secret_post",
          ...options.client,
        },
        { client_id: API.id, client_secret: API.secret, redirect_uris: [], grant_types: [], response_types: [] },
      ],
      pkce: { required: () => true },
      rotateRefreshToken: true,
      issueRefreshToken: async () => true,
      scopes: ["openid", "offline_access"],
      features: {
        devInteractions: { enabled: false },
        revocation: { enabled: true, allowedPolicy: async () => true },
        introspection: { enabled: true, allowedPolicy: async () => true },
        ...options.features,
      },
      ttl: Object.fromEntries(LIFETIMES.map((kind) => [kind, HOUR_S])),
      jwks: { keys: [signingKey()] },
      interactions: { url: (/** @type {unknown} */ _, /** @type {{ uid: string }} */ interaction) => `/interaction/${interaction.uid}` },
      findAccount: async (/** @type {unknown} */ _, /** @type {string} */ sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
      cookies: { keys: [randomBytes(16).toString("hex")] },
    });
  }

  /** @param {import("node:test").TestContext} t @param {string} redirectUri @param {Options} [options] */
  static async start(t, redirectUri, options = {}) {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const started = new OpenIdProvider(`http://127.0.0.1:${port}`, redirectUri, options);
    const answer = started.provider.callback();
    server.on("request", (request, response) => {
      const path = request.url?.split("?")[0] ?? "";
      if (path === "/token") started.tokenRequests += 1;
      started.asked.push({ path, headers: request.headers });
      if (request.url?.startsWith("/interaction/")) void started.#interact(request, response);
      else answer(request, response);
    });
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return started;
  }

  /** Whether a token was used up. @param {string} kind @param {string} token */
  isConsumed(kind, token) {
    return this.memory.entries.get(`${kind}:${token}`)?.consumed > 0;
  }

  /** Waits until a token is gone. @param {string} kind @param {string} token */
  async forgets(kind, token) {
    await until("the revocation", () => (this.memory.entries.has(`${kind}:${token}`) ? undefined : true));
  }

  /** @param {string} accessToken */
  userinfo(accessToken) {
    return fetch(`${this.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  }

  /**
   * What the provider says about a token, asked by its API (RFC 7662).
   * @param {string} token
   * @returns {Promise<any>}
   */
  async introspect(token) {
    const authorization = `Basic ${Buffer.from(`${API.id}:${API.secret}`).toString("base64")}`;
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${this.issuer}/token/introspection`, { method: "POST", headers: { authorization }, body });
    if (!answer.ok) throw new Error(`introspection: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /**
   * One page for sign-in and consent.
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #interact(request, response) {
    if (request.method !== "POST") {
      const page = '<!doctype html><title>Provider</title><form method="post"><button>Sign in and allow</button></form>';
      response.setHeader("content-type", "text/html").end(page);
      return;
    }
    const { params } = await this.provider.interactionDetails(request, response);
    const grant = new this.provider.Grant({ accountId: ACCOUNT, clientId: String(params["client_id"]) });
    if (params["scope"] !== undefined) grant.addOIDCScope(String(params["scope"]));
    const result = { login: { accountId: ACCOUNT }, consent: { grantId: await grant.save() } };
    await this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
}
