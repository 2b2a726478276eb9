/**
 * A Lambda function as Firehose calls it, with partition keys for `!{partitionKeyFromLambda:customer}`. It runs here and
 * in AWS as it is: every record that came in goes out with the same `recordId`, a result, and base64.
 */
export const handler = async (event) => ({ records: event.records.map(enrich) });

function enrich({ recordId, data, approximateArrivalTimestamp }) {
  try {
    const order = JSON.parse(Buffer.from(data, 'base64').toString());
    if (order.test === true) return { recordId, result: 'Dropped' };
    const day = new Date(approximateArrivalTimestamp).toISOString().slice(0, 10);
    const enriched = { ...order, total: order.price * order.quantity, receivedOn: day };
    return {
      recordId,
      result: 'Ok',
      // Firehose puts nothing between records, so each ends its own line.
      data: Buffer.from(`${JSON.stringify(enriched)}\n`).toString('base64'),
      metadata: { partitionKeys: { customer: order.customer, day } },
    };
  } catch (error) {
    console.error(`Record ${recordId} is no order: ${error.message}`);
    return { recordId, result: 'ProcessingFailed', data };
  }
}
