// Programs that run beside a test: started, listened to, and ended by their own process id when the test ends.

import { spawn } from "node:child_process";
import { once } from "node:events";

const PATIENCE_MS = 20_000;

/** Everything that runs, so that nothing outlives the test process whatever happens. @type {Set<Program>} */
const alive = new Set();
process.on("exit", () => alive.forEach((program) => program.child.kill("SIGKILL")));

/** A running program with all it said. */
export class Program {
  /**
   * @param {string} file
   * @param {string[]} args
   * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
   */
  constructor(file, args, options = {}) {
    this.said = "";
    this.logged = "";
    this.child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout.setEncoding("utf8").on("data", (text) => (this.said += text));
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.logged += text));
    this.ended = once(this.child, "close").then(() => alive.delete(this));
    alive.add(this);
  }

  get isRunning() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * The first line on stdout that matches.
   * @param {RegExp} pattern
   * @returns {Promise<RegExpMatchArray>}
   */
  async line(pattern) {
    return until(`a line like ${pattern}`, () => {
      for (const line of this.said.split("\n").slice(0, -1)) {
        const found = line.match(pattern);
        if (found) return found;
      }
      if (!this.isRunning) throw new Error(`the program ended (${this.child.exitCode}): ${this.said}${this.logged}`);
      return undefined;
    });
  }

  /** Asks it to stop and waits until it is gone. @param {NodeJS.Signals} [signal] */
  async stop(signal = "SIGTERM") {
    if (this.isRunning) this.child.kill(signal);
    const hard = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE_MS);
    await this.ended;
    clearTimeout(hard);
  }

  /** Ends it at once, as a crash would. */
  async kill() {
    await this.stop("SIGKILL");
  }
}

/**
 * Asks again and again until there is an answer. Processes offer nothing to wait on, so this is the one place that polls.
 * @template T
 * @param {string} what
 * @param {() => T | undefined | Promise<T | undefined>} probe
 * @param {number} [patience]
 * @returns {Promise<T>}
 */
export async function until(what, probe, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${patience} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
