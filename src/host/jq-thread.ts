import { parentPort } from 'node:worker_threads';
import { extractHere } from '../processors/metadata-extraction.ts';
import { type JqRequest, READY } from './jq-worker.ts';

/** What `jqWorker` runs on its threads: answers each request with an outcome for each of its records. */
parentPort?.on('message', ({ query, records }: JqRequest) => {
  void extractHere(query, records).then((outcomes) => parentPort?.postMessage(outcomes));
});
parentPort?.postMessage(READY);
