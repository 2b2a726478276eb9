import { Command } from 'commander';

/** `hydrant destinations`: says where records can be delivered to, and how a stream says so. */
export function destinationsCommand(): Command {
  return new Command('destinations')
    .description('List where records can be delivered to; with a name, show that destination and a stream for it.')
    .argument('[name]', 'one of the list, such as datadog')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { runDestinations } = await import('../destinations.ts');
      runDestinations({ ...(name !== undefined && { name }), asJson: json === true });
    });
}

const HELP = `
The stream that is shown is an input of CreateDeliveryStream, for the configuration file or any AWS client. A partner
has no destination of its own: an HTTP endpoint with the partner's URL gets what AWS's console would set for it.

Exit code: 0, 2 when there is no destination of that name.`;
