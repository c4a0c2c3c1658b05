import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { EFFECTS, type EffectKind } from './effect-catalog.ts';
import { FAILPOINTS } from './failpoints.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The calls by which our code has effects. What these do not see: single statements, which commit by themselves
 * and are whole or nothing; answers to HTTP requests (`claim.before-answer`, `finish.before-answer`); and
 * what libraries do inside.
 */
const CALLS: Readonly<Record<EffectKind, RegExp>> = {
  commit: /\.transaction\(|(?:query|run|exec)\('commit'|^\s*'commit',|send\(COMMIT\)/m,
  produce: /\.produce\(|\.endTxn\(|\bencodeProduceRequest\(/,
  queue: /\.(?:addBulk|enqueue)\(/,
  http: /(?<![.#]|async #)\bfetch\(|from 'undici'/,
  file: /\b(?:writeFile|writeFileSync|rename|renameSync|appendFile|appendFileSync|createWriteStream)\(/,
};
const KINDS = Object.keys(CALLS) as EffectKind[];

/** Tests, what only tests use, and the console, which runs in a browser. */
const NOT_SCANNED = /\.test(-d)?\.ts$|\/contract\/|^\/testing\/|\/console\/|\/memory\//;

/** `commit of engine/src/store/db.ts` for every file and kind of effect in the product's sources. */
function findEffects(): string[] {
  return ['engine', 'workers', 'web', 'standalone', 'cli'].flatMap((name) => {
    const folder = join(ROOT, name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !NOT_SCANNED.test(`/${file}`))
      .flatMap((file) => {
        const text = readFileSync(join(folder, file), 'utf8');
        const found = KINDS.filter((kind) => CALLS[kind].test(text));
        return found.map((kind) => `${kind} of ${name}/src/${file}`);
      });
  });
}

function declaredEffects(): string[] {
  return Object.entries(EFFECTS).flatMap(([file, kinds]) =>
    Object.keys(kinds).map((kind) => `${kind} of ${file}`),
  );
}

describe('the catalog of effects', () => {
  it('declares every effect the code has, with failpoints or a reason: add it to effect-catalog.ts', () => {
    const declared = new Set(declaredEffects());
    expect(findEffects().filter((effect) => !declared.has(effect))).toEqual([]);
  });

  it('declares no effect the code no longer has', () => {
    const found = new Set(findEffects());
    expect(declaredEffects().filter((effect) => !found.has(effect))).toEqual([]);
  });

  it('sees an effect of each kind', () => {
    const found = findEffects();
    const unseen = KINDS.filter((kind) => !found.some((effect) => effect.startsWith(`${kind} `)));
    expect(unseen).toEqual([]);
  });
});

describe('the catalog of failpoints', () => {
  it('has each one killed at by a fault test', () => {
    const folder = join(ROOT, 'test/end-to-end');
    const tests = readdirSync(folder).filter((file) => file.endsWith('.fault.test.ts'));
    const texts = new Map(tests.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
    const all = texts.get('failpoints.fault.test.ts') ?? '';
    const pattern = /ELSEWHERE = \/(.+)\/;/.exec(all)?.[1];
    if (pattern === undefined) throw new RangeError('failpoints.fault.test.ts has no ELSEWHERE');
    const elsewhere = new RegExp(pattern);
    const named = [...texts.values()].join('\n');
    const unproven = Object.keys(FAILPOINTS).filter(
      (name) => elsewhere.test(name) && !named.includes(`'${name}'`),
    );
    expect(unproven).toEqual([]);
  });
});
