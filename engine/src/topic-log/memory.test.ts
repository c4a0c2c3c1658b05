import { describeTopicLogContract } from './contract/topic-log-contract.ts';
import { MemoryTopicLog, MemoryTopicStore } from './memory.ts';

const store = new MemoryTopicStore();

describeTopicLogContract('memory', {
  open: () => Promise.resolve(new MemoryTopicLog({ store })),
  largestRecordBytes: 20 * 1024 * 1024,
});
