import { copyCommandProblem } from '../../formats/copy-command.ts';
import { invalidArgument } from '../invalid.ts';
import { redshiftDestinationConfiguration, redshiftDestinationUpdate } from '../shapes/redshift.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkIntermediateS3, checkSourceBackup, completeS3, completeSourceBackup, throwBroken } from './s3.ts';
import { checkSecret, usesSecret } from './secrets.ts';

export const redshift = destinationRules({
  configuration: redshiftDestinationConfiguration,
  update: redshiftDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration } = config;
    return {
      ...config,
      RetryOptions: { DurationInSeconds: 3600, ...config.RetryOptions },
      S3Configuration: completeS3(config.S3Configuration),
      ...completeSourceBackup(config),
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, { RoleArn: config.RoleARN }),
      }),
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
    };
  },

  check(config, scope) {
    // Redshift's COPY reads these two.
    const format = config.S3Configuration.CompressionFormat ?? 'UNCOMPRESSED';
    if (format !== 'UNCOMPRESSED' && format !== 'GZIP') {
      throw invalidArgument(
        'Only the following compression formats are allowed when using Redshift: [UNCOMPRESSED, GZIP]',
      );
    }
    // AWS finds out when COPY runs, and its retry duration is over.
    throwBroken(copyCommandProblem(config.CopyCommand));
    checkIntermediateS3(config.S3Configuration);
    checkSecret(config.SecretsManagerConfiguration, scope);
    if (!usesSecret(config.SecretsManagerConfiguration)) {
      if (config.Username === undefined) {
        throw invalidArgument('Redshift Database Username is required for Redshift Destination');
      }
      if (config.Password === undefined) {
        throw invalidArgument('Redshift Database Password is required for Redshift Destination');
      }
    }
    checkProcessing(config.ProcessingConfiguration, { partitions: false });
    checkSourceBackup(config);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});
