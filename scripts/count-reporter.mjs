// Writes what a run of vitest came to into the file TIDEGATE_TEST_REPORT names, anew with each test file that ends:
// `{ passed, failed, skipped, failures }`, a failure being `{ where, error }`. Failures are of a test, of a hook of a
// suite, of a file that could not be loaded, or of nothing that can be named.
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  counts = { passed: 0, failed: 0, skipped: 0 };
  failures = [];

  onTestModuleEnd(module) {
    this.#fail(module.relativeModuleId, module.errors());
    for (const suite of module.children.allSuites()) {
      this.#fail(`${module.relativeModuleId} › ${suite.fullName}`, suite.errors());
    }
    for (const test of module.children.allTests()) {
      const { state, errors = [] } = test.result();
      if (state in this.counts) this.counts[state] += 1;
      // One that was retried and passed keeps the errors of its first tries.
      if (state === 'failed') this.#tell(`${module.relativeModuleId} › ${test.fullName}`, errors);
    }
    this.#write();
  }

  onTestRunEnd(_modules, unhandledErrors) {
    this.#fail('between tests', unhandledErrors);
    this.#write();
  }

  /** What is no test counts as one that failed. */
  #fail(where, errors) {
    if (errors.length > 0) this.counts.failed += 1;
    this.#tell(where, errors);
  }

  #tell(where, errors) {
    for (const { name, message, stack } of errors) {
      this.failures.push({ where, error: stack ?? `${name}: ${message}` });
    }
  }

  #write() {
    const report = { ...this.counts, failures: this.failures };
    writeFileSync(process.env.TIDEGATE_TEST_REPORT, JSON.stringify(report));
  }
}
