import type { ErrorResponse } from '@tidegate/web/contract';

import type { CliConfig } from './config.ts';
import { CliError, EXIT, type ExitCode } from './errors.ts';

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  409: EXIT.conflict,
  422: EXIT.invalid,
};

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Calls the HTTP API; what goes wrong becomes a `CliError` with the right exit code. */
export class ApiClient {
  readonly #config: CliConfig;

  constructor(config: CliConfig) {
    this.#config = config;
  }

  get<T>(path: string, query: Query = {}): Promise<T> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (Array.isArray(value)) for (const one of value) search.append(name, String(one));
      else if (value !== undefined) search.set(name, String(value));
    }
    return this.#call('GET', search.size === 0 ? path : `${path}?${search.toString()}`);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call('POST', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#call('PATCH', path, body);
  }

  async delete(path: string): Promise<void> {
    await this.#call('DELETE', path);
  }

  /** Address of a page of the console. */
  consoleUrl(path: string): string {
    return new URL(path, this.#config.apiUrl).href;
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { apiUrl, token } = this.#config;
    const authorization = `Bearer ${token}`;
    const request =
      body === undefined
        ? { method, headers: { authorization } }
        : {
            method,
            headers: { authorization, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          };
    const response = await fetch(new URL(path, apiUrl), request).catch((cause: unknown) => {
      throw new CliError(EXIT.unreachable, `${apiUrl} does not answer: is Tidegate running?`, {
        cause,
      });
    });
    if (response.status === 204) return undefined as T;
    if (response.ok) return (await response.json()) as T;
    const { detail } = (await response
      .json()
      .catch(() => ({ detail: response.statusText }))) as ErrorResponse;
    throw new CliError(EXIT_OF_STATUS[response.status] ?? EXIT.unexpected, toSentence(detail));
  }
}

function toSentence(detail: ErrorResponse['detail']): string {
  if (typeof detail === 'string') return detail;
  return detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
}
