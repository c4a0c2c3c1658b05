import { TASK_STATES } from '@tidegate/engine/server';
import { expect, it } from 'vitest';

import { NO_TASK, STATE_CODES, stateOfCode } from './ui-states.ts';

it('has one character for every state of the engine, and back', () => {
  expect(Object.keys(STATE_CODES).sort()).toEqual([...TASK_STATES].sort());
  const codes = Object.values(STATE_CODES);
  expect(new Set([...codes, NO_TASK]).size).toBe(codes.length + 1);
  for (const [state, code] of Object.entries(STATE_CODES)) expect(stateOfCode(code)).toBe(state);
});
