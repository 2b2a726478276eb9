import type { Destination } from '../../core/destination.ts';
import { eachRecord } from '../../core/records.ts';
import type { Adapters } from '../../core/route.ts';
import type { DestinationKind } from '../../core/streams.ts';

/** What a destination that is no bucket would have been sent. */
export interface Sent {
  readonly kind: DestinationKind;
  readonly records: number;
  /** Before any encoding. */
  readonly bytes: number;
  /** The first records. */
  readonly rows: readonly string[];
}

export interface NotedSends {
  /** In place of each adapter that is no bucket's, one that takes everything and sends nothing. */
  adapt(own: Adapters): Adapters;
  /** Undefined when nothing would have been sent. */
  sent(): Sent | undefined;
}

export function notedSends(rowsMost: number): NotedSends {
  const rows: string[] = [];
  let total: Omit<Sent, 'rows'> | undefined;

  function noting(kind: DestinationKind): Destination {
    return {
      async deliver(slice) {
        let { records, bytes } = total ?? { records: 0, bytes: 0 };
        for await (const block of slice.read()) {
          for (const record of eachRecord(block)) {
            if (rows.length === rowsMost) break;
            rows.push(Buffer.from(record).toString().trimEnd());
          }
          records += block.lengths.length;
          bytes += block.data.length;
        }
        total = { kind, records, bytes };
        return { bytes };
      },
    };
  }

  return {
    adapt: ({ s3, others }) => ({ s3, others: new Map(Array.from(others.keys(), (kind) => [kind, noting(kind)])) }),
    sent: () => total && { ...total, rows },
  };
}
