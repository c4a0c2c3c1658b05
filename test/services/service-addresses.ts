/** Where this test run's servers are; null where one is missing (its suites skip loudly). */
export interface ServiceAddresses {
  /** Administrator URL, `postgres://postgres@host:port/postgres`. */
  readonly postgres: string | null;
  /** Administrator URL, `mysql://root@host:port`. Row binlog, full metadata. */
  readonly mariadb: string | null;
  /** Administrator URL, `mysql://root@host:port`. Row binlog, full metadata. */
  readonly mysql: string | null;
  /** `host:port`, comma-separated. */
  readonly kafka: string | null;
  /** `redis://host:port`. */
  readonly redis: string | null;
  /** Folder of Kafka Connect's and Debezium's jars: each test starts a worker of its own. */
  readonly connect: string | null;
}

export type ServiceKind = keyof ServiceAddresses;

/** Servers whose binlog capture reads. */
export const SOURCE_KINDS = ['mariadb', 'mysql'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

declare module 'vitest' {
  export interface ProvidedContext {
    services: ServiceAddresses;
  }
}
