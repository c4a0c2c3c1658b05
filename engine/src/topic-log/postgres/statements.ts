import type { Statement } from './connections.ts';

/** Every statement of the PostgreSQL topic log, one function each. */

/** The channel all topics share; the payload names the topic. */
export const NOTIFY_CHANNEL = 'topic_log';

export function createTopic(topic: string, compacted: boolean): Statement {
  return {
    name: 'topic_log_create_topic',
    text: `
      insert into topic_log.topic (name, compacted)
      values ($1, $2)
      on conflict (name) do nothing`,
    values: [topic, compacted],
  };
}

/** Adds the partitions that are missing up to `partitions`; only for a topic that has none unless `grow`. */
export function createPartitions(topic: string, partitions: number, grow: boolean): Statement {
  return {
    name: 'topic_log_create_partitions',
    text: `
      insert into topic_log.partition_head (topic_id, partition)
      select t.topic_id, p.partition
      from topic_log.topic t, generate_series(0, $2::integer - 1) as p (partition)
      where t.name = $1
        and ($3 or not exists (select from topic_log.partition_head h where h.topic_id = t.topic_id))
      on conflict do nothing`,
    values: [topic, partitions, grow],
  };
}

export interface HeadRow {
  readonly compacted: boolean;
  readonly partition: number;
  readonly start_offset: string;
  readonly next_offset: string;
}

export function listHeads(topic: string): Statement {
  return {
    name: 'topic_log_list_heads',
    text: `
      select t.compacted, h.partition, h.start_offset, h.next_offset
      from topic_log.topic t
      join topic_log.partition_head h using (topic_id)
      where t.name = $1
      order by h.partition`,
    values: [topic],
  };
}

export interface NewBatch {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly maxTimestamp: number;
  /** Only in compacted topics. */
  readonly key: Buffer | null;
  readonly bytes: Buffer;
}

export interface AppendedRow {
  readonly next_offset: string;
  readonly compact_at: string;
}

/**
 * Locks the partition's head row, assigns offsets and stores the batch; listeners wake at commit. A
 * partition that does not exist fails on `not null` (23502), also where `commit` was already sent.
 */
export function appendBatch(batch: NewBatch): Statement {
  return {
    name: 'topic_log_append_batch',
    text: `
      with head as (
        update topic_log.partition_head h
        set next_offset = h.next_offset + $3::bigint
        from topic_log.topic t
        where t.name = $1 and h.topic_id = t.topic_id and h.partition = $2
        returning h.topic_id, h.next_offset, h.compact_at
      ), stored as (
        insert into topic_log.batch
          (topic_id, partition, base_offset, next_offset, max_timestamp, key, byte_count, bytes)
        select
          (select topic_id from head), $2, (select next_offset - $3::bigint from head),
          (select next_offset from head), $4::bigint, $5::bytea, length($6::bytea), $6::bytea
        returning 1
      )
      select head.next_offset, head.compact_at,
        pg_notify('${NOTIFY_CHANNEL}', concat_ws(' ', $2, head.next_offset, $1))
      from head, stored`,
    values: [batch.topic, batch.partition, batch.count, batch.maxTimestamp, batch.key, batch.bytes],
  };
}

/**
 * Marks an append as done, in the append's own transaction. A repetition after an unanswered commit fails
 * on `append_pkey` (23505), even when the first attempt reaches the server after the second.
 */
export function markAppend(appendId: string): Statement {
  return {
    name: 'topic_log_mark_append',
    text: `
      insert into topic_log.append (append_id)
      values ($1::uuid)`,
    values: [appendId],
  };
}

export const APPEND_MARK = 'append_pkey';

/** Ids begin with their time, so those before `oldest` are the head of the index. */
export function forgetAppends(oldest: string): Statement {
  return {
    name: 'topic_log_forget_appends',
    text: `
      delete from topic_log.append
      where append_id < $1::uuid`,
    values: [oldest],
  };
}

/** Holds appends to the topic back until the transaction ends; in order, as every lock on heads. */
export function lockHeads(topic: string): Statement {
  return {
    name: 'topic_log_lock_heads',
    text: `
      select h.partition
      from topic_log.topic t
      join topic_log.partition_head h using (topic_id)
      where t.name = $1
      order by h.partition
      for update of h`,
    values: [topic],
  };
}

export interface PageRow {
  readonly start_offset: string;
  readonly end_offset: string;
  readonly base_offset: string | null;
  readonly bytes: Buffer | null;
}

/**
 * Batches that reach into [from, to), up to `maxBytes` and at least one, with the partition's bounds of
 * the same snapshot, so that what retention removed in between is noticed.
 */
export function readPage(
  at: { readonly topic: string; readonly partition: number },
  range: { readonly from: number; readonly to: number },
  maxBytes: number,
): Statement {
  return {
    name: 'topic_log_read_page',
    text: `
      select h.start_offset, h.next_offset as end_offset, page.base_offset, page.bytes
      from topic_log.topic t
      join topic_log.partition_head h using (topic_id)
      left join lateral (
        select sized.base_offset, sized.bytes
        from (
          select
            candidate.base_offset, candidate.bytes,
            sum(candidate.byte_count) over (order by candidate.base_offset) - candidate.byte_count as before
          from (
            select b.base_offset, b.bytes, b.byte_count
            from topic_log.batch b
            where b.topic_id = h.topic_id
              and b.partition = h.partition
              and b.base_offset >= coalesce((
                select max(first.base_offset)
                from topic_log.batch first
                where first.topic_id = h.topic_id
                  and first.partition = h.partition
                  and first.base_offset <= $3::bigint
              ), 0)
              and b.base_offset < $4::bigint
              and b.next_offset > $3::bigint
            order by b.base_offset
            limit 2000
          ) candidate
        ) sized
        where sized.before < $5::bigint
      ) page on true
      where t.name = $1 and h.partition = $2
      order by page.base_offset`,
    values: [at.topic, at.partition, range.from, range.to, maxBytes],
  };
}

export interface FirstBatchRow {
  readonly partition: number;
  readonly start_offset: string;
  readonly next_offset: string;
  readonly base_offset: string | null;
  readonly bytes: Buffer | null;
}

/** The first batch of each partition that holds a record from `at` on. */
export function firstBatchesSince(topic: string, at: number): Statement {
  return {
    name: 'topic_log_first_batches_since',
    text: `
      select h.partition, h.start_offset, h.next_offset, first.base_offset, first.bytes
      from topic_log.topic t
      join topic_log.partition_head h using (topic_id)
      left join lateral (
        select b.base_offset, b.bytes
        from topic_log.batch b
        where b.topic_id = h.topic_id and b.partition = h.partition and b.max_timestamp >= $2::bigint
        order by b.base_offset
        limit 1
      ) first on true
      where t.name = $1
      order by h.partition`,
    values: [topic, at],
  };
}

/**
 * The newest batch that starts at or before the offset. Looked up beside the head, not joined with it: a join sorts
 * every batch there is, by a plan made when there were none.
 */
export function batchAt(topic: string, partition: number, offset: number): Statement {
  return {
    name: 'topic_log_batch_at',
    text: `
      select h.partition, h.start_offset, h.next_offset, b.base_offset, b.bytes
      from topic_log.topic t
      join topic_log.partition_head h using (topic_id)
      cross join lateral (
        select newest.base_offset, newest.bytes
        from topic_log.batch newest
        where newest.topic_id = h.topic_id and newest.partition = h.partition
          and newest.base_offset <= $3::bigint
        order by newest.base_offset desc
        limit 1
      ) b
      where t.name = $1 and h.partition = $2`,
    values: [topic, partition, offset],
  };
}

export function moveStart(topic: string, partition: number, offset: number): Statement {
  return {
    name: 'topic_log_move_start',
    text: `
      update topic_log.partition_head h
      set start_offset = greatest(h.start_offset, least($3::bigint, h.next_offset))
      from topic_log.topic t
      where t.name = $1 and h.topic_id = t.topic_id and h.partition = $2
      returning h.start_offset`,
    values: [topic, partition, offset],
  };
}

/** Drops the batches that lie wholly before the start of their partition. */
export function deleteBeforeStart(topic: string, partition: number): Statement {
  return {
    name: 'topic_log_delete_before_start',
    text: `
      delete from topic_log.batch b
      using topic_log.topic t, topic_log.partition_head h
      where t.name = $1
        and h.topic_id = t.topic_id and h.partition = $2
        and b.topic_id = h.topic_id and b.partition = h.partition
        and b.base_offset < h.start_offset and b.next_offset <= h.start_offset`,
    values: [topic, partition],
  };
}

/** Keeps the newest record of each key. Locks the head row, so that it never meets an append. */
export function compact(topic: string, partition: number): Statement {
  return {
    name: 'topic_log_compact',
    text: `
      with head as (
        select h.topic_id, h.partition, h.next_offset
        from topic_log.topic t
        join topic_log.partition_head h using (topic_id)
        where t.name = $1 and h.partition = $2
        for update of h
      ), versions as (
        select
          b.topic_id, b.partition, b.base_offset,
          lead(b.base_offset) over (partition by b.key order by b.base_offset) as replaced_at
        from topic_log.batch b
        join head using (topic_id, partition)
      ), deleted as (
        delete from topic_log.batch b
        using versions v
        where b.topic_id = v.topic_id and b.partition = v.partition and b.base_offset = v.base_offset
          and v.replaced_at is not null
        returning 1
      )
      update topic_log.partition_head h
      set compact_at = head.next_offset + greatest(
        1000, (select count(*) from versions) - (select count(*) from deleted))
      from head
      where h.topic_id = head.topic_id and h.partition = head.partition`,
    values: [topic, partition],
  };
}

export function deleteBatchesOfTopic(topic: string): Statement {
  return {
    name: 'topic_log_delete_batches_of_topic',
    text: `
      delete from topic_log.batch b
      using topic_log.topic t
      where t.name = $1 and b.topic_id = t.topic_id`,
    values: [topic],
  };
}

/** Removes the topic and, by cascade, its heads. */
export function deleteTopic(topic: string): Statement {
  return {
    name: 'topic_log_delete_topic',
    text: `
      delete from topic_log.topic
      where name = $1`,
    values: [topic],
  };
}

/** A new epoch; older producers of the id fail from here on. Waits for an append of theirs to end. */
export function openProducer(transactionalId: string): Statement {
  return {
    name: 'topic_log_open_producer',
    text: `
      insert into topic_log.producer as p (transactional_id, epoch)
      values ($1, 1)
      on conflict (transactional_id) do update set epoch = p.epoch + 1
      returning epoch`,
    values: [transactionalId],
  };
}

export const PRODUCER_FENCE = 'producer_is_current';

/** Fails on constraint `producer_is_current` when the epoch is no longer the newest. Locks the producer row. */
export function fenceProducer(transactionalId: string, epoch: number): Statement {
  return {
    name: 'topic_log_fence_producer',
    text: `
      insert into topic_log.producer as p (transactional_id, epoch, is_current)
      values ($1, $2::bigint, true)
      on conflict (transactional_id) do update set is_current = (p.epoch = $2::bigint)`,
    values: [transactionalId, epoch],
  };
}

export function mirrorOffset(
  group: string,
  topic: string,
  at: { readonly partition: number; readonly offset: number },
): Statement {
  return {
    name: 'topic_log_mirror_offset',
    text: `
      insert into topic_log.mirrored_offset (group_name, topic, partition, next_offset)
      values ($1, $2, $3, $4::bigint)
      on conflict (group_name, topic, partition)
      do update set next_offset = excluded.next_offset, mirrored_at = now()`,
    values: [group, topic, at.partition, at.offset],
  };
}
