import type { TestProject } from 'vitest/node';

import type { ServiceAddresses } from './service-addresses.ts';

/** Finds or starts one server of each kind for this test run and tells the tests where they are. */
export default function setup(project: TestProject): void {
  const { env } = process;
  const addresses: ServiceAddresses = {
    postgres: env['TIDEGATE_TEST_POSTGRES_URL'] ?? null,
    mysql: env['TIDEGATE_TEST_MYSQL_URL'] ?? null,
    kafka: env['TIDEGATE_TEST_KAFKA_BROKERS'] ?? null,
    redis: env['TIDEGATE_TEST_REDIS_URL'] ?? null,
  };
  project.provide('services', addresses);
}
