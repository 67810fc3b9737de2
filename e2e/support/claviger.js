// The real binary: `serve`, `dev` and the commands beside them, each on a directory and a port of its own.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Api } from "./api.js";
import { Program, until } from "./program.js";

/** @typedef {import("node:test").TestContext} TestContext */

const built = (/** @type {string} */ profile) => fileURLToPath(new URL(`../../target/${profile}/claviger`, import.meta.url));
const BINARY = process.env["CLAVIGER_BINARY"] ?? [built("release"), built("debug")].find(existsSync) ?? "claviger";

/** Settings of the machine must not reach the binary. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CLAVIGER_")));

/** A directory that is gone after the test. @param {TestContext} t */
export function directory(t) {
  const path = mkdtempSync(join(tmpdir(), "claviger-e2e-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Runs a command to its end.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function command(args, env = {}) {
  const { status, stdout, stderr } = spawnSync(BINARY, args, { env: { ...ENVIRONMENT, ...env }, encoding: "utf8", timeout: 30_000 });
  return { status, stdout, stderr };
}

/**
 * An API key for an environment, made from outside while the server may be running.
 * @param {string} directory
 * @param {string} [environment]
 * @param {string[]} [scopes]
 */
export function createKey(directory, environment = "test", scopes = []) {
  const name = `key ${Math.random()}`;
  const rights = scopes.flatMap((scope) => ["--scope", scope]);
  const made = command(["key", "create", "--environment", environment, "--name", name, "--json", "--data-dir", directory, ...rights]);
  if (made.status !== 0) throw new Error(`key create: ${made.stderr}`);
  return /** @type {string} */ (JSON.parse(made.stdout).secret);
}

/** A server that can be ended and started again on the same store and port. */
export class Claviger {
  /** @param {string} directory @param {string[]} options */
  constructor(directory, options) {
    this.directory = directory;
    this.options = options;
    this.port = 0;
    this.earlier = "";
    /** @type {Program | undefined} */
    this.program = undefined;
  }

  /**
   * A running server with an empty store.
   * @param {TestContext} t
   * @param {string[]} [options]
   */
  static async start(t, options = []) {
    const server = new Claviger(directory(t), options);
    t.after(() => server.stop());
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All that was logged, also before the last start. */
  get log() {
    return this.earlier + (this.program?.logged ?? "") + (this.program?.said ?? "");
  }

  /** @param {string} [environment] @param {string[]} [scopes] */
  api(environment, scopes) {
    return new Api(this.url, createKey(this.directory, environment, scopes));
  }

  /** Starts it, the second time on the same port, because links and callbacks name it. */
  async start() {
    this.earlier = this.log;
    const options = ["serve", "--listen", `127.0.0.1:${this.port}`, "--data-dir", this.directory, "--egress-allow", "127.0.0.0/8"];
    const program = new Program(BINARY, [...options, ...this.options], { env: ENVIRONMENT });
    this.program = program;
    if (this.port === 0) {
      this.port = Number((await program.line(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/))[1]);
    }
    await until("the server", async () => {
      if (!program.isRunning) throw new Error(`the server ended: ${program.logged}`);
      const answer = await fetch(`${this.url}/health`).catch(() => undefined);
      return answer?.ok || undefined;
    });
  }

  async stop() {
    await this.program?.stop();
  }

  /** Ends it as a crash would. */
  async crash() {
    await this.program?.kill();
  }
}

/**
 * `claviger dev`: server, simulated provider, key, integration and link in one.
 * @param {TestContext} t
 * @returns {Promise<{url: string, api_key: string, connect_link: string, environment: string, integration: string, sandbox_url: string, program: Program}>}
 */
export async function dev(t) {
  const program = new Program(BINARY, ["dev", "--json", "--listen", "127.0.0.1:0", "--data-dir", directory(t)], { env: ENVIRONMENT });
  t.after(() => program.stop());
  const [line] = await program.line(/^\{.*\}$/);
  return { ...JSON.parse(line), program };
}
