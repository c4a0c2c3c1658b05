-- Up to here every live range of the stream is loaded: what lag counts from, what the mirrored Kafka group
-- shows, and where the search for a failed range starts. Moved forward under the cursor's row lock.
alter table tidegate.stream_cursor add column done_offset bigint not null default 0;
update tidegate.stream_cursor set done_offset = next_offset;
