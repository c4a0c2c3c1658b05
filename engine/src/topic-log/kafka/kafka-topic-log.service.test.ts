import { describeWith, serviceAddress } from '../../../../test/services/services.ts';
import { describeTopicLogContract } from '../contract/topic-log-contract.ts';
import { openTopicLog } from '../open-topic-log.ts';

describeWith(['kafka'], 'Kafka topic log', () => {
  describeTopicLogContract('kafka', {
    open: () =>
      openTopicLog({
        kind: 'kafka',
        brokers: serviceAddress('kafka').split(','),
        patienceMs: 300,
      }),
    largestRecordBytes: 20 * 1024 * 1024,
  });
});
