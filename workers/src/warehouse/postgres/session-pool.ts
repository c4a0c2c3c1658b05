import type { Session } from './session.ts';

/**
 * Sessions between loads. Opening one costs some ten statements, which a load of a single change would pay
 * each time; so a task process keeps them for a while.
 */
export class SessionPool<Prepared> {
  readonly #idle = new Map<string, IdleSession<Prepared>[]>();
  readonly #keepMs: number;

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  async borrow(key: string, open: () => Promise<Session<Prepared>>): Promise<Session<Prepared>> {
    const waiting = this.#idle.get(key) ?? [];
    for (let idle = waiting.pop(); idle !== undefined; idle = waiting.pop()) {
      clearTimeout(idle.timer);
      if (idle.session.isUsable) return idle.session;
    }
    return open();
  }

  /** Takes a session back that is outside of any transaction. */
  giveBack(key: string, session: Session<Prepared>): void {
    if (!session.isUsable) return;
    const waiting = this.#idle.get(key) ?? [];
    this.#idle.set(key, waiting);
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(idle), 1);
      void session.close();
    }, this.#keepMs);
    timer.unref();
    const idle: IdleSession<Prepared> = { session, timer };
    waiting.push(idle);
  }

  /** Closes what is idle: what it was prepared for may have changed. */
  async drop(key: string): Promise<void> {
    const idle = this.#idle.get(key) ?? [];
    await Promise.all(
      idle.splice(0).map(({ session, timer }) => {
        clearTimeout(timer);
        return session.close();
      }),
    );
  }

  async close(): Promise<void> {
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    for (const { timer } of all) clearTimeout(timer);
    await Promise.all(all.map(({ session }) => session.close()));
  }
}

interface IdleSession<Prepared> {
  readonly session: Session<Prepared>;
  readonly timer: NodeJS.Timeout;
}
