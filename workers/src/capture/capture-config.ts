import { captureError } from './errors.ts';

/** What a capture reads and where it writes. The caller reads the environment, never this module. */
export interface CaptureConfig {
  /** First part of topic names and Debezium's `source.name`: `bank`. One capture a prefix. */
  readonly prefix: string;
  /** `mysql://user:password@host:3306` (also `mariadb://`; `?ssl=true` for TLS). */
  readonly source: string;
  /** `database.table`, or with a topic of its own. */
  readonly tables: readonly (string | CapturedTable)[];
  /** How DECIMAL is written: exact text, Debezium's base64 `precise`, or a lossy number. (Default: string) */
  readonly decimals?: DecimalMode;
  /** Read the rows that exist already before and while streaming. (Default: initial) */
  readonly snapshot?: 'initial' | 'never';
  /** When the binlog lost our place: end by name, or start a new epoch and read all tables again. (Default: fail) */
  readonly whenPositionLost?: 'fail' | 'resnapshot';
  /** Replica id towards the server, unlike any other's there. (Default: random above 2^30) */
  readonly serverId?: number;
  /** Compacted topic that keeps the capture's place. (Default: `tidegate-capture-<prefix>`) */
  readonly stateTopic?: string;
  /** Rows of one snapshot chunk. (Default: 10,000) */
  readonly chunkRows?: number;
  /** Records of one flush. (Default: 2,000) */
  readonly maxFlushRecords?: number;
}

export interface CapturedTable {
  /** `database.table`. */
  readonly table: string;
  /** (Default: `<prefix>.<database>.<table>`) */
  readonly topic?: string;
  /** Used when the topic is created. (Default: 3) */
  readonly partitions?: number;
}

export type DecimalMode = 'string' | 'precise' | 'double';

/** A captured table, resolved. */
export interface TableTarget {
  readonly database: string;
  readonly name: string;
  /** `database.name`: the key under which everything else knows it. */
  readonly id: string;
  readonly topic: string;
  readonly partitions: number;
}

/** The configuration with every default filled in. */
export interface ResolvedCaptureConfig {
  readonly prefix: string;
  readonly source: string;
  readonly tables: ReadonlyMap<string, TableTarget>;
  readonly decimals: DecimalMode;
  readonly snapshot: 'initial' | 'never';
  readonly whenPositionLost: 'fail' | 'resnapshot';
  readonly serverId: number;
  readonly stateTopic: string;
  readonly chunkRows: number;
  readonly maxFlushRecords: number;
}

/** Fills in the defaults. Throws `CAPTURE_CONFIG_INVALID` with every fault at once. */
export function resolveCaptureConfig(config: CaptureConfig): ResolvedCaptureConfig {
  const tables = config.tables.map((entry) => toTarget(config.prefix, entry));
  const faults = findConfigFaults(config, tables);
  if (faults.length > 0)
    throw captureError('CAPTURE_CONFIG_INVALID', `capture: ${faults.join('; ')}`, {
      details: { faults },
    });
  return {
    prefix: config.prefix,
    source: config.source,
    tables: new Map(tables.map((table) => [table.id, table])),
    decimals: config.decimals ?? 'string',
    snapshot: config.snapshot ?? 'initial',
    whenPositionLost: config.whenPositionLost ?? 'fail',
    serverId: config.serverId ?? 2 ** 30 + Math.floor(Math.random() * 2 ** 30),
    stateTopic: config.stateTopic ?? `tidegate-capture-${config.prefix}`,
    chunkRows: config.chunkRows ?? 10_000,
    maxFlushRecords: config.maxFlushRecords ?? 2_000,
  };
}

function toTarget(prefix: string, entry: string | CapturedTable): TableTarget {
  const table = typeof entry === 'string' ? { table: entry } : entry;
  const dot = table.table.indexOf('.');
  const database = table.table.slice(0, Math.max(dot, 0));
  const name = table.table.slice(dot + 1);
  return {
    database,
    name,
    id: table.table,
    // Kafka allows [A-Za-z0-9._-]; Debezium replaces the rest by an underscore.
    topic: table.topic ?? `${prefix}.${database}.${name}`.replace(/[^A-Za-z0-9._-]/g, '_'),
    partitions: table.partitions ?? 3,
  };
}

function findConfigFaults(config: CaptureConfig, tables: readonly TableTarget[]): string[] {
  const faults: string[] = [];
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(config.prefix))
    faults.push(`prefix "${config.prefix}" must be 1-100 of A-Z a-z 0-9 . _ -`);
  if (!/^(mysql|mariadb):\/\//.test(config.source))
    faults.push('source must be an address like mysql://user:password@host:3306');
  if (tables.length === 0) faults.push('no table to capture');
  for (const table of tables)
    if (table.database === '' || table.name === '')
      faults.push(`table "${table.id}" must be written as database.table`);
  const topics = new Set<string>();
  for (const { topic, id } of tables) {
    if (topics.has(topic)) faults.push(`table "${id}" shares topic "${topic}" with another table`);
    topics.add(topic);
  }
  return faults;
}
