/**
 * Kafka's record batch, version 2: what the Kafka adapter sends and receives, and what the PostgreSQL
 * adapter stores. All integers are big-endian, lengths inside records zigzag varints.
 *
 * The checksum covers everything from `ATTRIBUTES` on, so a log may set the base offset afterwards.
 */
export const LAYOUT = {
  BASE_OFFSET: 0,
  LENGTH: 8,
  LEADER_EPOCH: 12,
  MAGIC: 16,
  CRC: 17,
  ATTRIBUTES: 21,
  LAST_OFFSET_DELTA: 23,
  BASE_TIMESTAMP: 27,
  MAX_TIMESTAMP: 35,
  PRODUCER_ID: 43,
  PRODUCER_EPOCH: 51,
  BASE_SEQUENCE: 53,
  COUNT: 57,
  RECORDS: 61,
} as const;

/** `LENGTH` counts what follows it. */
export const LENGTH_PREFIX = LAYOUT.LENGTH + 4;

export const ATTRIBUTE = {
  CODEC_MASK: 0x07,
  LOG_APPEND_TIME: 0x08,
  TRANSACTIONAL: 0x10,
  CONTROL: 0x20,
} as const;
