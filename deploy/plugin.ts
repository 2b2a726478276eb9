import type { Serverless } from './framework.ts';
import type { Offline } from './offline/index.ts';
import { settingsIn } from './offline/settings.ts';

/**
 * What serverless.yml needs beside the framework: bundles of the functions before they are packaged, and on a laptop
 * the services that they use in AWS.
 */
export default class HydrantPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: Serverless) {
    let offline: Offline | undefined;

    const { service, serviceDir: root } = serverless;
    const functions = Object.keys(service.functions);

    async function bundleForLambda(): Promise<void> {
      const { bundle } = await import('./bundle.ts');
      const runsOn = service.provider.architecture === 'arm64' ? 'arm64' : 'x64';
      await bundle({ root, into: root, functions, runsOn });
    }

    async function start(): Promise<void> {
      const { bundle } = await import('./bundle.ts');
      const { startOffline } = await import('./offline/index.ts');
      const settings = settingsIn(serverless);
      await bundle({ root, into: settings.state, functions, runsOn: 'this machine' });
      offline = await startOffline(service, settings);
    }

    this.hooks = {
      'before:package:createDeploymentArtifacts': bundleForLambda,
      'before:deploy:function:packageFunction': bundleForLambda,
      'before:offline:start:init': start,
      'after:offline:start:init': async () => offline?.ready(),
      'before:offline:start:end': async () => offline?.stop(),
      'before:offline:start': async () => {
        throw new Error('Say `serverless offline start`, or `npm run offline`: only these stop as they should.');
      },
    };
  }
}
