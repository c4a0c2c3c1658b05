import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { findFreePort, findProgram } from '../../standalone/src/services/index.ts';
import { type KafkaServer, startKafka } from './kafka.ts';

export const KAFKA_USER = { username: 'app', password: 'app-secret' } as const;

export interface SecuredKafka extends KafkaServer {
  /** `host:port` of the listener with TLS and SASL; `brokers` has neither. */
  readonly secured: string;
  /** PEM of its authority. */
  readonly ca: string;
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const KEY_PASSWORD = 'changeit';

/** A Kafka that one user may sign in to by every mechanism we speak, over TLS with a certificate of its own. */
export async function startSecuredKafka(folder: string): Promise<SecuredKafka> {
  const secured = `localhost:${await findFreePort()}`;
  const { keyStore, ca } = makeCertificate(folder);
  const server = await startKafka({
    folder,
    listener: { name: 'SECURED', protocol: 'SASL_SSL', address: secured },
    settings: [
      `sasl.enabled.mechanisms=${MECHANISMS.join(',')}`,
      ...MECHANISMS.map(loginOf),
      `listener.name.secured.ssl.keystore.location=${keyStore}`,
      `listener.name.secured.ssl.keystore.password=${KEY_PASSWORD}`,
      'listener.name.secured.ssl.keystore.type=PKCS12',
    ],
    formatting: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${KAFKA_USER.username},password=${KAFKA_USER.password}]`,
    ]),
  });
  return { ...server, secured, ca };
}

function loginOf(mechanism: (typeof MECHANISMS)[number]): string {
  const name = `listener.name.secured.${mechanism.toLowerCase()}.sasl.jaas.config`;
  const security = 'org.apache.kafka.common.security';
  const { username, password } = KAFKA_USER;
  return mechanism === 'PLAIN'
    ? `${name}=${security}.plain.PlainLoginModule required user_${username}="${password}";`
    : `${name}=${security}.scram.ScramLoginModule required;`;
}

/** With the tool that every Java brings. */
function makeCertificate(folder: string): { keyStore: string; ca: string } {
  mkdirSync(folder, { recursive: true });
  const keyStore = path.join(folder, 'server.p12');
  const keytool = findProgram(['keytool']) ?? 'keytool';
  const store = ['-keystore', keyStore, '-storepass', KEY_PASSWORD, '-alias', 'broker'];
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1'];
  const key = ['-keyalg', 'RSA', '-keysize', '2048', '-validity', '7', '-storetype', 'PKCS12'];
  execFileSync(keytool, ['-genkeypair', ...store, ...names, ...key], { stdio: 'pipe' });
  const ca = execFileSync(keytool, ['-exportcert', '-rfc', ...store], { encoding: 'utf8' });
  return { keyStore, ca };
}
