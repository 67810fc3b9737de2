// The API over plain HTTP, as somebody without an SDK would call it.

/** @typedef {{ status: number, text: string, body: any, headers: Headers }} Answer */

/** Calls with one key. */
export class Api {
  /** @param {string} url @param {string} key */
  constructor(url, key) {
    this.url = url;
    this.key = key;
  }

  /** @param {string} path */
  get(path) {
    return this.call("GET", path);
  }

  /** @param {string} path @param {unknown} body */
  post(path, body) {
    return this.call("POST", path, body);
  }

  /** @param {string} path @param {unknown} body */
  patch(path, body) {
    return this.call("PATCH", path, body);
  }

  /** @param {string} path */
  delete(path) {
    return this.call("DELETE", path);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body] sent as JSON; a text is sent as it is
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Answer>}
   */
  async call(method, path, body, headers = {}) {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    /** @type {Record<string, string>} */
    const all = { authorization: `Bearer ${this.key}` };
    if (body !== undefined) all["content-type"] = "application/json";
    Object.assign(all, headers);
    const answer = await fetch(this.url + path, { method, headers: all, ...sent });
    const text = await answer.text();
    return { status: answer.status, text, body: parsed(text), headers: answer.headers };
  }

  /**
   * The body of an answer that must be a success.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   */
  async must(method, path, body) {
    const answer = await this.call(method, path, body);
    if (answer.status < 200 || answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /**
   * An integration with the simulated provider, or another that speaks OAuth 2.
   * @param {string} issuer
   * @param {{ key?: string, clientId?: string, clientSecret?: string, scopes?: string }} [options]
   */
  async oauthIntegration(issuer, options = {}) {
    const { key = "oauth", clientId = "sandbox-client", clientSecret = "sandbox-secret", scopes = "profile" } = options;
    const credentials = { type: "OAUTH2", client_id: clientId, client_secret: clientSecret, scopes };
    const body = { provider: "oauth2-generic", unique_key: key, credentials, integration_config: { issuer } };
    await this.must("POST", "/integrations", body);
    return key;
  }

  /**
   * A link for one end user.
   * @param {string[]} integrations
   * @param {object} [more]
   * @returns {Promise<{ token: string, connect_link: string, expires_at: string }>}
   */
  async session(integrations, more = {}) {
    const body = { end_user: { id: "user-1", display_name: "Mira" }, allowed_integrations: integrations, ...more };
    return (await this.must("POST", "/connect/sessions", body)).data;
  }

  /** All connections. @param {string} [query] @returns {Promise<any[]>} */
  async connections(query = "") {
    return (await this.must("GET", `/connections${query}`)).connections;
  }

  /** @param {string} id @param {string} integration @param {string} [more] */
  read(id, integration, more = "") {
    return this.get(`/connections/${encodeURIComponent(id)}?provider_config_key=${encodeURIComponent(integration)}${more}`);
  }

  /**
   * Events go there from now on; answers the key that signs them.
   * @param {string} url
   * @returns {Promise<string>}
   */
  async webhooksTo(url) {
    await this.must("PATCH", "/v1/webhooks", { primary_url: url });
    return (await this.must("GET", "/v1/webhooks/signing-key")).data.webhook_signing_key;
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
