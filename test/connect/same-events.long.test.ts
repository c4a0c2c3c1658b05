import { openTopicLog, type TopicLog } from '@tidegate/engine/topic-log';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { type Capture, startCapture } from '../../workers/src/capture/start-capture.ts';
import { readTopic, type TopicEvent } from '../../workers/src/capture/testing/capture-harness.ts';
import {
  caseColumns,
  caseValues,
  type ColumnCase,
  columnCases,
} from '../../workers/src/capture/testing/column-cases.ts';
import { until } from '../end-to-end/until.ts';
import { SOURCE_KINDS, type SourceKind } from '../services/service-addresses.ts';
import { describeWith } from '../services/services.ts';
import { comparables, type Rewrites } from './comparable-event.ts';
import { DebeziumUnderTest } from './debezium-under-test.ts';

const PREFIX = 'same';
/** Debezium 3.5 stops at these: its parser knows no INET4, its driver no year 0. */
const STOPS_DEBEZIUM = ['inet4', 'year 0'];

function sharedCases(server: SourceKind): ColumnCase[] {
  return columnCases(server).filter(
    ([type, literal]) => !STOPS_DEBEZIUM.some((case_) => `${type} ${literal}`.startsWith(case_)),
  );
}

/** As Debezium writes a document from MySQL's stream. */
const compact = (json: string): string => json.replaceAll(', ', ',').replaceAll(': ', ':');

/** Where Debezium writes another value: in its snapshot, and in the stream (JSON text, with its defaults). */
const OTHERWISE: Readonly<
  Record<string, readonly [snapshot: string | null, stream: string | null]>
> = {
  // `bigint.unsigned.handling.mode=long` wraps; the loader undoes it.
  'bigint unsigned 18446744073709551615': ['-1', '-1'],
  // Six digits in the snapshot's text.
  'float 16777216': ['1.67772E7', null],
  'float -3.4028234e38': ['-3.40282E38', null],
  // Not padded to the column's width.
  "timestamp(3) null '2018-06-20 13:37:03.1'": ['"2018-06-20T13:37:03.1Z"', null],
  // A zero date that may not be null becomes the column's default, with us the epoch.
  "date not null default '2000-01-01' '0000-00-00'": ['10957', '10957'],
  // Without the zeros of a fraction that the server itself writes.
  "json json_array(timestamp'2024-01-02 03:04:05.5', date'2024-01-02', time'12:34:56')": [
    null,
    String.raw`"[\"2024-01-02 03:04:05.5\",\"2024-01-02\",\"12:34:56\"]"`,
  ],
  // Zero bytes at the end of a UUID move to its front.
  "uuid '123e4567-e89b-12d3-a456-426655440000'": [null, '"0000123e-4567-e89b-12d3-a45642665544"'],
};

const TEXTS = ['plain', 'Ä 은행 🏦', 'tab\t"quote" back\\slash \u0001\u001f\u007f\u2028'];

/** What happens to both tables, besides the rows of the snapshot. */
const statements = (cases: readonly ColumnCase[]): string[] => [
  'update kinds set id = 2, c0 = 5 where id = 1',
  'update kinds set c0 = 6',
  `insert into kinds values (3, ${caseValues(cases)}), (4, ${caseValues(cases)})`,
  'update kinds set id = id + 10 order by id desc',
  'update texts set v = v + 1',
  'delete from texts where v = 1',
  "update texts set a = concat(a, '!') where v = 2",
  'delete from kinds where id = 12',
  'truncate kinds',
];

for (const server of SOURCE_KINDS)
  describeWith(
    [server, 'kafka', 'connect'],
    `our capture and Debezium, at the same changes, ${server}`,
    () => {
      const cases = sharedCases(server);
      let debezium: DebeziumUnderTest;
      let log: TopicLog;
      let capture: Capture;
      beforeAll(async () => {
        debezium = await DebeziumUnderTest.start({ source: server });
        await using source = await openSource();
        await source.makeTables();
        log = await openTopicLog({ kind: 'kafka', brokers: [debezium.kafka.brokers] });
        const tables = ['kinds', 'texts'].map((name) => `bankdb.${name}`);
        await debezium.register({
          same: debezium.deployedConfig({
            'topic.prefix': PREFIX,
            'table.include.list': tables.join(','),
          }),
        });
        capture = await startCapture(
          {
            prefix: PREFIX,
            source: debezium.sourceUrl,
            tables: tables.map((table) => ({ table, topic: `own.${table}` })),
          },
          { log },
        );
        await both('kinds', 1);
        await both('texts', TEXTS.length);
        for (const statement of statements(cases)) await source.run(statement);
      }, 180_000);
      afterAll(async () => {
        await capture.stop();
        await log.close();
        await debezium[Symbol.asyncDispose]();
      }, 60_000);
      afterEach(({ task }) => {
        if (task.result?.state === 'fail') console.error(debezium.story);
      });

      it('writes every column type as Debezium does', async () => {
        // Snapshot 1, moved 3, changed 1, inserted 2, moved 9, deleted 2, truncated 1.
        const [ours, theirs] = await both('kinds', 19);
        const rewrites: Rewrites = cases.map(([type, literal, json]) => {
          const [snapshot, stream] = OTHERWISE[`${type} ${literal}`] ?? [null, null];
          const isDocument = type === 'json' && server === 'mysql';
          const streamed = stream ?? (isDocument ? compact(json) : json);
          return { ours: json, snapshot: snapshot ?? json, stream: streamed };
        });
        expect(comparables(theirs)).toEqual(comparables(ours, rewrites));
      });

      it('writes keys byte for byte, so that they lie in the same partitions', async () => {
        // Snapshot 3, changed 3, deleted 2, moved 3.
        const [ours, theirs] = await both('texts', 11);
        expect(new Set(ours.map(({ partition }) => partition)).size).toBeGreaterThan(1);
        expect(comparables(theirs)).toEqual(comparables(ours));
      });

      /** The events of a table in both topics, once there are so many. */
      async function both(
        table: string,
        count: number,
      ): Promise<readonly [TopicEvent[], TopicEvent[]]> {
        const read = async (topic: string): Promise<TopicEvent[]> =>
          (await log.partitions(topic).catch(() => [])).length === 0 ? [] : readTopic(log, topic);
        return until(
          `${count} events of ${table} from both`,
          async () => {
            const ours = await read(`own.bankdb.${table}`);
            const theirs = await read(`${PREFIX}.bankdb.${table}`);
            const isWhole = ours.length >= count && theirs.length >= count;
            return isWhole ? ([ours, theirs] as const) : undefined;
          },
          60_000,
        );
      }

      async function openSource() {
        const sql = await mysql.createConnection(debezium.sourceUrl);
        await sql.query("set time_zone = '+00:00', sql_mode = ''");
        return {
          run: (statement: string) => sql.query(statement),
          makeTables: async () => {
            await sql.query(`create table kinds (id int primary key, ${caseColumns(cases)})`);
            await sql.query(`insert into kinds values (1, ${caseValues(cases)})`);
            await sql.query(`create table texts (a varchar(60), b decimal(10,2), c binary(3),
          d datetime(6), v int, primary key (a, b, c, d)) character set utf8mb4`);
            for (const [index, text] of TEXTS.entries()) {
              const row = [
                text,
                -index - 0.5,
                Buffer.of(index),
                '1969-12-31 23:59:59.999999',
                index,
              ];
              await sql.query('insert into texts values (?, ?, ?, ?, ?)', row);
            }
          },
          [Symbol.asyncDispose]: () => sql.end(),
        };
      }
    },
  );
