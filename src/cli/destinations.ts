import type { Partner } from '../api/partners/partner.ts';
import { PARTNER_INTERVAL_S } from '../api/partners/partner.ts';
import { ConfigError } from '../core/errors.ts';
import { didYouMean } from '../local/did-you-mean.ts';
import { type Guide, guides, slug } from './destination-guide.ts';

export interface DestinationsOptions {
  /** Absent: all. */
  readonly name?: string;
  readonly asJson: boolean;
}

/** Prints the destinations there are, or one of them. */
export function runDestinations({ name, asJson }: DestinationsOptions): void {
  const all = guides();
  if (name === undefined) {
    process.stdout.write(asJson ? json(all.map(shown)) : listText(all));
    return;
  }
  const guide = all.find((each) => each.name === slug(name));
  if (guide === undefined) {
    const hint = didYouMean(
      slug(name),
      all.map((each) => each.name),
    );
    throw new ConfigError('name', `there is no destination ${name}; hydrant destinations lists them.${hint}`);
  }
  process.stdout.write(asJson ? json(shown(guide)) : guideText(guide));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** For programs: what of a partner is data, without patterns. */
function shown({ partner, ...guide }: Guide): object {
  if (partner === undefined) return guide;
  const { urlForms, accessKey, attributes, size, retryInSeconds, contentEncoding, notes, documentation } = partner;
  return {
    ...guide,
    partner: {
      ...{ urlForms, accessKey: accessKey?.is, attributes, sizeInMBs: size, intervalInSeconds: PARTNER_INTERVAL_S },
      ...{ retryInSeconds, contentEncoding, notes, documentation },
    },
  };
}

function listText(all: readonly Guide[]): string {
  const widest = Math.max(...all.map(({ name }) => name.length));
  const line = ({ name, summary }: Guide): string => `  ${name.padEnd(widest)}  ${summary}\n`;
  const [kinds, partners] = [all.filter(({ partner }) => !partner), all.filter(({ partner }) => partner)];
  return (
    `Destinations:\n${kinds.map(line).join('')}\n` +
    `Partners, by the URL of an HTTP endpoint:\n${partners.map(line).join('')}\n` +
    'hydrant destinations NAME shows one, with a stream for it.\n'
  );
}

function guideText({ title, configuredAs, summary, partner, stream }: Guide): string {
  const facts = partner ? partnerFacts(partner) : [summary];
  return `${title} (${configuredAs})\n${facts.map((fact) => `  ${fact}\n`).join('')}\n${json(stream)}`;
}

function partnerFacts(partner: Partner): readonly string[] {
  const { urlForms, accessKey, attributes, size, retryInSeconds, contentEncoding, notes, documentation } = partner;
  const hints = `${size.byDefault} MB or ${PARTNER_INTERVAL_S} s unless given, at most ${size.most} MB`;
  return [
    ...urlForms.map((url) => `URL: ${url}`),
    `Access key: ${accessKey === undefined ? 'none' : [accessKey.is, accessKey.described].filter(Boolean).join(' ')}`,
    ...attributes.map(
      ({ name, is, isRequired }) => `Common attribute ${name}${isRequired ? ' (required)' : ''}: ${is}`,
    ),
    `Buffer: ${hints}`,
    `Content encoding: ${contentEncoding} unless given`,
    ...(retryInSeconds === undefined ? [] : [`Retries: for ${retryInSeconds} s unless given`]),
    ...notes,
    documentation,
  ];
}
