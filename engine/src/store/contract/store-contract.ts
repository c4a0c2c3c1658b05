import { expect, it } from 'vitest';

import { isFinishedRunState } from '../../state/run-state.ts';
import { brokenInvariants, statesOf } from '../../testing/simulation/check-invariants.ts';
import { randomDag } from '../../testing/simulation/random-dag.ts';
import { Random } from '../../testing/simulation/random.ts';
import { MemoryStoreUnderTest } from './memory-store-under-test.ts';
import { RandomCommands, type Command } from './random-commands.ts';
import type { StoreSetup, StoreUnderTest } from './store-under-test.ts';

export type OpenStore = (setup: StoreSetup) => Promise<StoreUnderTest & AsyncDisposable>;

export interface ContractOptions {
  readonly seeds: number;
  /** Commands of one seed, before what is left is brought to its end. */
  readonly commands: number;
}

const MOST_ROUNDS = 300;

/**
 * What every store of runs does: the same random commands, the same answers and the same rows after each as
 * the in-memory store, whose own invariants are checked along the way.
 */
export function describeStore(open: OpenStore, options: ContractOptions): void {
  it(`answers and holds the same as the in-memory store (${options.seeds} seeds)`, async () => {
    for (let seed = 1; seed <= options.seeds; seed += 1)
      await compare(open, seed, options.commands);
  }, 120_000);
}

async function compare(open: OpenStore, seed: number, commands: number): Promise<void> {
  const random = new Random(seed);
  const setup: StoreSetup = {
    dags: ['first', 'second'].map((id) => randomDag(random, id, 8)),
    pools: { default_pool: random.between(2, 6), small: random.between(2, 3) },
  };
  const model = new MemoryStoreUnderTest(setup);
  await using store = await open(setup);
  const drawn = new RandomCommands(random, model.store, setup.dags.length);
  const play = (command: Command, step: number): Promise<void> =>
    compareStep({ model, store, command, name: `seed ${seed}, step ${step}: ${nameOf(command)}` });
  for (let step = 1; step <= commands; step += 1) await play(drawn.next(), step);
  for (let round = 0; round < MOST_ROUNDS && !isOver(model); round += 1) {
    for (const command of drawn.finish()) await play(command, commands + round);
  }
  expect(isOver(model), `seed ${seed}: every run ends`).toBe(true);
}

function isByPerson(command: Command): boolean {
  return command.kind === 'rewrite' && command.what !== 'begin' && command.what !== 'repair';
}

function nameOf(command: Command): string {
  if (command.kind !== 'rewrite') return command.kind;
  return `${command.what} of run ${command.runKey}`;
}

function isOver(model: MemoryStoreUnderTest): boolean {
  return [...model.store.runs.values()].every((run) => isFinishedRunState(run.state));
}

async function compareStep(step: {
  readonly model: MemoryStoreUnderTest;
  readonly store: StoreUnderTest;
  readonly command: Command;
  readonly name: string;
}): Promise<void> {
  const { model, store, command, name } = step;
  const before = statesOf(model.store);
  const expected = await play(model, command);
  expect(await play(store, command), name).toEqual(expected);
  expect(await store.snapshot(), name).toEqual(await model.snapshot());
  expect(brokenInvariants(model.store, before, isByPerson(command)), name).toEqual([]);
}

function play(store: StoreUnderTest, command: Command): Promise<unknown> {
  switch (command.kind) {
    case 'create':
      return store.createRun(command.run);
    case 'take_slots':
      return store.takeSlots(command.nowMs);
    case 'flush':
      return store.flush(command.batch);
    case 'start':
      return store.start(command.job);
    case 'rewrite':
      return store.rewrite(command.runKey, command.nowMs, command.change);
  }
}
