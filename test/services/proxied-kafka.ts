import { findFreePort } from '../../standalone/src/services/index.ts';
import { type CuttableProxy, startProxy } from '../cdc/cuttable-proxy.ts';
import { type KafkaServer, startKafka } from './kafka.ts';

/** A Kafka with a second listener whose clients reach it over a network that a test makes bad. */
export interface ProxiedKafka extends KafkaServer {
  readonly network: CuttableProxy;
  /** `host:port` there; `brokers` goes by another way. */
  readonly proxied: string;
}

export async function startProxiedKafka(folder: string): Promise<ProxiedKafka> {
  const behind = `127.0.0.1:${await findFreePort()}`;
  const network = await startProxy(`kafka://${behind}`);
  const proxied = new URL(network.through(`kafka://${behind}`)).host;
  const server = await startKafka({
    folder,
    listener: { name: 'PROXIED', protocol: 'PLAINTEXT', address: behind, advertised: proxied },
  });
  return { ...server, network, proxied };
}
