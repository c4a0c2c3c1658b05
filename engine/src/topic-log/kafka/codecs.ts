import { gunzipSync } from 'node:zlib';

import { decompress as decompressZstd } from 'fzstd';

import { TopicLogError } from '../errors.ts';
import type { RecordBatch } from '../record-batch/decode-record-batch.ts';
import { snappyCodec } from './kafkajs-internals.ts';
import { decodeLz4Frame } from './lz4-frame.ts';

const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The records of a batch as the producer wrote them. Throws `CODEC_MISSING` or `RECORD_CORRUPT`. */
export async function decompressRecords({
  codec,
  records,
  baseOffset,
}: RecordBatch): Promise<Buffer> {
  try {
    switch (codec) {
      case 0:
        return records;
      case 1:
        return gunzipSync(records);
      case 2:
        return await snappyCodec.decompress(records);
      case 3:
        return decodeLz4Frame(records);
      case 4:
        return viewOf(decompressZstd(records));
      default:
        throw new TopicLogError(
          'CODEC_MISSING',
          `the batch at offset ${baseOffset} uses codec ${codec}, known are ${CODEC_NAMES.join(', ')}: ` +
            'set another compression.type at the producer',
        );
    }
  } catch (error) {
    if (error instanceof TopicLogError) throw error;
    throw new TopicLogError(
      'RECORD_CORRUPT',
      `the ${CODEC_NAMES[codec] ?? ''} batch at offset ${baseOffset} cannot be decompressed: check the log`,
      { details: { baseOffset }, cause: error },
    );
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
