// Grafana Loki: records as lines of one log stream, labelled with the stream's common attributes.
// A stream's URL is loki://host:3100 (or loki://host:3100?tls); its access key is `user:password` where Loki wants one.
import { defineDestination } from 'hydrant';

export default defineDestination({
  limits: { records: 5_000, bytes: 1024 * 1024 },

  async deliver(slice, signal) {
    const values = [];
    for await (const { data, arrivedAt } of slice.records()) {
      values.push([`${arrivedAt}000000`, Buffer.from(data).toString().trimEnd()]);
    }
    const labels = { delivery_stream: slice.stream.name, ...slice.attributes };
    const response = await fetch(
      `${slice.url.search === '?tls' ? 'https' : 'http'}://${slice.url.host}/loki/api/v1/push`,
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(slice.accessKey && { Authorization: `Basic ${Buffer.from(slice.accessKey).toString('base64')}` }),
        },
        body: JSON.stringify({ streams: [{ stream: labels, values }] }),
        signal,
      },
    );
    if (response.ok) return;
    // Loki's own limits (429) and faults (5xx) pass; what it calls a bad request (400) never gets better.
    const message = `Loki answered ${response.status}: ${(await response.text()).slice(0, 500)}`;
    throw Object.assign(new Error(message), {
      code: `Loki.${response.status}`,
      retryable: response.status !== 400,
      isTooLarge: response.status === 413,
    });
  },
});
