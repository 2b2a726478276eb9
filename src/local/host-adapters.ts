import { join } from 'node:path';
import { destinations } from '../../destinations/index.ts';
import type { Clusters } from '../../destinations/opensearch/clusters.ts';
import type { Warehouses } from '../../destinations/redshift/warehouse.ts';
import type { ApiSettings } from '../api/context.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Adapters } from '../core/route.ts';
import type { EncryptionKeys } from '../formats/encryption.ts';
import type { Alarm } from '../host/alarm.ts';
import { refusalOfUrl } from '../host/endpoint-url.ts';
import { hostTables } from '../host/glue/host-tables.ts';
import { redshiftDataApi } from '../host/redshift/data-api.ts';
import { secretsManager } from '../host/secrets-manager.ts';
import { folderObjects } from '../objects/folder.ts';
import { s3Objects } from '../objects/s3.ts';
import { conversionThreads } from './conversion/threads.ts';
import { heldSecrets } from './held-secrets.ts';
import type { HydrantOptions } from './hydrant-options.ts';
import type { RedshiftSettings } from './redshift-settings.ts';

export interface HostAdaptersPorts {
  readonly clusters: Clusters;
  readonly objectKeys: EncryptionKeys;
  readonly now: () => number;
  readonly alarm: Alarm;
}

export interface HostAdapters {
  readonly adapters: Adapters;
  /** What can be delivered here, for the API to refuse what cannot. */
  readonly settings: Pick<ApiSettings, 'hasAdapter' | 'encryptedBy' | 'refusesUrl' | 'tables'>;
  /** Before the attempts end: one may wait for a table, or for a secret. */
  closeLookUps(): void;
  /** After them. */
  closeThreads(): Promise<void>;
}

/** Everything that batches are delivered with, on this machine. */
export async function hostAdapters(options: HydrantOptions, ports: HostAdaptersPorts): Promise<HostAdapters> {
  const { clusters, objectKeys, now, alarm } = ports;
  const { destinations: own = {}, adapt = (each) => each, plainHttp = false, files } = options;
  const { folders = [] } = files ?? {};
  const objects = options.objects ?? (await objectsOf(options));
  const schemas = hostTables({ own: options.tables ?? {}, ...(options.glue && { glue: options.glue }), now, alarm });
  const kept = options.secretsManager && secretsManager(options.secretsManager, { now, alarm });
  const conversions = conversionThreads();
  const adapters = adapt(
    destinations({
      ...{ now, own, clusters, objects, files },
      stdout: options.stdout === true ? process.stdout : undefined,
      secrets: heldSecrets(options.secrets ?? {}, kept),
      tables: schemas.tables,
      converter: conversions.converter,
      encryptionKeys: objectKeys,
      ...(options.redshift && { redshift: warehousesOf(options.redshift) }),
    }),
  );
  return {
    adapters,
    settings: {
      hasAdapter: (kind) => kind === 'ExtendedS3' || adapters.others.has(kind),
      encryptedBy(kmsKeyArn) {
        if (objectKeys(kmsKeyArn) !== undefined) return 'Hydrant';
        return objects.encryptsWithKms ? 'the store' : undefined;
      },
      refusesUrl: (url) =>
        refusalOfUrl(url, { plainHttp, own: Object.keys(own), folders, hasStdout: options.stdout === true }),
      tables: schemas.tables,
    },
    closeLookUps() {
      schemas.close();
      kept?.close();
    },
    closeThreads: conversions.close,
  };
}

function warehousesOf({ endpoint, ...rest }: RedshiftSettings): Warehouses {
  return { ...rest, statements: redshiftDataApi(endpoint === undefined ? {} : { endpoint }) };
}

async function objectsOf({ s3, dataFolder }: HydrantOptions): Promise<ObjectStore> {
  return s3 ? s3Objects(s3) : folderObjects({ folder: join(dataFolder, 'buckets') });
}
