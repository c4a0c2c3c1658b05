import { clearing, markingRun, markingTasks } from '../../store/contract/run-changes.ts';
import type { World } from './world.ts';

const EVERY_MS = 5_000;

/** Somebody who clears and marks while things go wrong, and leaves when they have calmed down. */
export class SimulatedPerson {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  actLater(): void {
    const { random, time } = this.world.network;
    time.after(random.between(1, 2 * EVERY_MS), () => {
      if (this.world.network.strikes('personActs')) this.act();
      this.actLater();
    });
  }

  private act(): void {
    const { network, store } = this.world;
    const { random } = network;
    const [first, ...others] = [...store.runs.keys()];
    if (first === undefined) return;
    const runKey = random.pick([first, ...others]);
    const places = random.some([...store.factsOf(runKey).flow.tasks.keys()], 0.3);
    const dice = random.next();
    if (dice < 0.6) this.world.rewrite(runKey, clearing(places), 'person');
    else if (dice < 0.85) {
      const state = random.pick(['success', 'failed', 'skipped'] as const);
      this.world.rewrite(runKey, markingTasks(places, state), 'person');
    } else {
      const state = random.pick(['queued', 'success', 'failed'] as const);
      this.world.rewrite(runKey, markingRun(state), 'person');
    }
  }
}
