import net from 'node:net';
import tls from 'node:tls';

import type { ISocketFactory } from 'kafkajs';

import { watchSilence } from './silent-broker.ts';

/** A broker that vanished without a word is noticed after this and a few probes of the system. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/** Sockets for kafkajs: without Nagle's delay, and quiet about its repeated closing of a dead one. */
export const openKafkaSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const address = { host, port };
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  // kafkajs hands over no options when encryption is off, whatever its types say.
  const encrypted = Boolean(ssl);
  const socket = encrypted
    ? tls.connect({ ...address, ...servername, ...ssl }, onConnect)
    : net.connect(address, onConnect);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  // Every attempt to reach a broker that is away adds a listener to its closed socket.
  socket.setMaxListeners(0);
  watchSilence(socket, `${host}:${port}`);
  return socket;
};
