import { describe, expect, it } from 'vitest';

import { perPartition } from './per-partition.ts';

const statement = perPartition('lock', (suffix) => `select from tasks${suffix}`);
const rows = (...runKeys: number[]): { runKey: number }[] => runKeys.map((runKey) => ({ runKey }));

describe('perPartition', () => {
  it('names the partition by its first run key', () => {
    expect(statement(rows(1, 1_000_000)).text).toBe('select from tasks_000000000001');
    expect(statement(rows(1_000_001)).text).toBe('select from tasks_000001000001');
  });

  it('takes the whole table for rows of several partitions, and for none', () => {
    expect(statement(rows(1_000_000, 1_000_001))).toEqual({
      name: 'lock',
      text: 'select from tasks',
    });
    expect(statement([]).text).toBe('select from tasks');
  });

  it('gives each partition one statement, kept by its name', () => {
    expect(statement(rows(5))).toBe(statement(rows(6)));
    expect(statement(rows(5)).name).not.toBe(statement(rows(1_000_001)).name);
  });
});
