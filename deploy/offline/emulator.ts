/** Stands in for one of AWS's services on this machine. */
export interface Emulator {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Somebody else's, where the variables say one is that AWS's own clients read; otherwise a new one. */
export async function givenOr(service: string, start: () => Promise<Emulator>): Promise<Emulator> {
  const endpoint = endpointOf(service);
  return endpoint === undefined ? start() : { endpoint, close: async () => {} };
}

export function endpointOf(service: string): string | undefined {
  return process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
}
