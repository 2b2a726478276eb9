import { type Tables, unknownTable } from '../../src/formats/conversion/stream-table.ts';

/** For streams that convert nothing. */
export const noTables: Tables = async (reference) => {
  throw unknownTable(reference, 'This host has no tables.');
};
