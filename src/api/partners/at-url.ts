import { invalidArgument } from '../invalid.ts';
import type { Partner } from './partner.ts';
import { PARTNERS } from './partners.ts';

/** Whose endpoint a URL is; undefined when it is nobody's that has a preset. */
export function partnerAt(url: string): Partner | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  return PARTNERS.find(({ place }) => place.test(hostname + pathname));
}

/** Of an HTTP endpoint's configuration, what a partner has a say in. */
export interface PartnerConfig {
  readonly url: string;
  /** Absent without one, and where it is in a secret. */
  readonly accessKey: string | undefined;
  readonly hasSecret: boolean;
  readonly attributes: ReadonlyMap<string, string>;
  readonly sizeInMBs: number | undefined;
}

/**
 * Refuses what the partner would refuse, each time it is sent. AWS finds out by delivering; the words are ours, and say
 * what to do.
 */
export function checkPartner(partner: Partner, config: PartnerConfig): void {
  const { name, path, urlForms, accessKey, attributes, size } = partner;
  if (path !== undefined && !path.test(new URL(config.url).pathname)) {
    throw invalidArgument(
      `${name} does not take records at the path of this URL. Its form is ${urlForms.join(' or ')}.`,
    );
  }
  if (accessKey !== undefined && !config.hasSecret) checkKey(name, accessKey, config.accessKey);
  for (const { name: needed, is, example, isRequired } of attributes) {
    if (!isRequired || config.attributes.get(needed)) continue;
    throw invalidArgument(
      `${name} needs the common attribute ${needed}, ${is}, such as ${example}: ` +
        'add it to RequestConfiguration.CommonAttributes.',
    );
  }
  if (config.sizeInMBs !== undefined && config.sizeInMBs > size.most) {
    throw invalidArgument(
      `${name} takes requests of at most ${size.most} MB: BufferingHints.SizeInMBs must be ${size.most} or less.`,
    );
  }
}

function checkKey(name: string, key: NonNullable<Partner['accessKey']>, given: string | undefined): void {
  const { is, pattern, described } = key;
  if (!given) {
    throw invalidArgument(
      `${name} needs ${is}: give it as EndpointConfiguration.AccessKey, ` +
        'or as the api_key of a secret with SecretsManagerConfiguration.',
    );
  }
  // The key itself is not said.
  if (pattern !== undefined && !pattern.test(given)) {
    throw invalidArgument(`EndpointConfiguration.AccessKey must be ${is} of ${name}, ${described}.`);
  }
}
