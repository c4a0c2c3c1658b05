import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** One forbidden arrow of the law: files under `target` may not import from `from`. */
const zone = (target, from, message, except = []) => ({ target, from, message, except });

const LAW = [
  zone('./engine', './workers', 'The engine imports nothing of ours.'),
  zone('./engine', './dags', 'The engine imports nothing of ours.'),
  zone('./engine', './web', 'The engine imports nothing of ours.'),
  zone('./engine', './cli', 'The engine imports nothing of ours.'),
  zone('./engine', './standalone', 'The engine imports nothing of ours.'),
  zone('./workers', './web', 'Workers do; they show nothing.'),
  zone('./workers', './cli', 'Workers do; they show nothing.'),
  zone('./workers', './standalone', 'Standalone composes workers, not the other way round.'),
  zone('./workers', './engine/src/store', 'Workers never see the metadata database (law 3).'),
  zone('./workers', './engine/src/scheduler', 'Workers never see the scheduler (law 3).'),
  zone('./workers', './engine/src/server.ts', 'Workers talk to the engine over the execution API.'),
  zone('./web', './dags', 'The console reads serialized DAGs only.'),
  zone('./web', './workers', 'The console never runs task code.'),
  zone('./web/src/console', './engine', 'The console knows the contract only.'),
  zone(
    './web/src/console',
    './web/src/server',
    'The console calls the API; it imports nothing of it.',
  ),
  zone('./web/src/contract', './web/src', 'The contract imports nothing of ours.', ['./contract']),
  zone('./dags', './web', 'DAG files import the authoring API and ready-made tasks only.'),
  zone('./dags', './cli', 'DAG files import the authoring API and ready-made tasks only.'),
  zone('./dags', './standalone', 'DAG files import the authoring API and ready-made tasks only.'),
  zone('./dags', './engine', 'DAG files import @tidegate/engine/dag only (tests also ./testing).', [
    './src/dag',
    './src/testing',
  ]),
  ...['dag', 'state', 'schedule'].flatMap((pure) =>
    ['store', 'queue', 'scheduler', 'execution'].map((impure) =>
      zone(`./engine/src/${pure}`, `./engine/src/${impure}`, `${pure}/ is pure (law 5).`),
    ),
  ),
  zone('./engine/src/store', './engine/src/scheduler', 'Arrows go scheduler → store.'),
  zone('./engine/src/platform', './engine/src', 'platform/ is a leaf.', ['./platform']),
];

const PURE = ['engine/src/dag/**/*.ts', 'engine/src/state/**/*.ts', 'engine/src/schedule/**/*.ts'];
const TESTS = [
  '**/*.test.ts',
  '**/*.test-d.ts',
  'test/**/*.ts',
  'bench/**/*.ts',
  'scripts/**',
  'docs/**',
];

const noProcessEnv = {
  object: 'process',
  property: 'env',
  message: 'Only config.ts reads the environment.',
};

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '**/.turbo/**', '**/.tidegate/**', 'coverage/**'],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      // Without the parser entry no-cycle is silently inert on TypeScript.
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createTypeScriptImportResolver({
          project: '*/tsconfig.json',
          noWarnOnMultipleProjects: true,
          conditionNames: ['source', 'import', 'node', 'default'],
        }),
      ],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: LAW }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'pg', message: 'SQL lives in store/, warehouse/ and topic-log/postgres/.' },
          ],
        },
      ],
      'no-restricted-properties': ['error', noProcessEnv],
      'no-restricted-syntax': [
        'error',
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: 'Throw a TidegateError with a code.',
        },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'max-depth': ['error', 3],
      complexity: ['error', 12],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: [
      'engine/src/store/**',
      'engine/src/topic-log/postgres/**',
      'workers/src/warehouse/**',
      'standalone/src/services/**',
      ...TESTS,
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-globals': ['error', { name: 'process', message: 'Pure code (law 5).' }],
      'no-restricted-properties': [
        'error',
        noProcessEnv,
        {
          object: 'Date',
          property: 'now',
          message: 'Pure code takes `now` as an argument (law 5).',
        },
      ],
    },
  },
  {
    files: TESTS,
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-syntax': 'off',
      'no-restricted-properties': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // Services hand our environment on to the programs they start.
  {
    files: ['**/config.ts', '**/vite*.config.ts', 'standalone/src/services/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  // Handlers fire and forget, and there is no process in a browser.
  {
    files: ['web/src/console/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-properties': 'off',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
    },
  },
  // Markup is long and asks much, a component all the same does one thing.
  {
    files: ['web/src/console/**/*.tsx'],
    rules: {
      'max-lines-per-function': ['error', { max: 120, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 18],
    },
  },
  {
    files: [
      'eslint.config.js',
      '**/vite*.config.ts',
      'vitest.config.ts',
      '**/global-setup.ts',
      'scripts/count-reporter.mjs',
    ],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      'max-params': 'off',
      'no-console': 'off',
      'no-restricted-properties': 'off',
    },
  },
);
