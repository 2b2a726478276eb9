#!/usr/bin/env node
import { CommanderError } from 'commander';
import { program } from './cli/program.ts';
import { ApiError, ConfigError } from './core/errors.ts';

/** What was asked for cannot be done as it was put: a flag, a configuration, a data folder, an endpoint. */
const EXIT_USAGE = 2;
const EXIT_FAILURE = 1;

try {
  await program().parseAsync();
} catch (error) {
  // Not left to end by itself: other calls may be under way, and standard input open.
  process.exit(exitCodeOf(error));
}

/**
 * Says what went wrong: a sentence for what the operator or the service said, everything there is for a fault of ours.
 */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE; // has said it already
  if (error instanceof ConfigError) {
    process.stderr.write(`hydrant: ${error.message}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof ApiError) process.stderr.write(`hydrant: ${error.code}: ${error.message}\n`);
  else if (isOfNetwork(error)) process.stderr.write(`hydrant: ${error.message}\n`);
  else process.stderr.write(`hydrant: ${error instanceof Error ? error.stack : error}\n`);
  return EXIT_FAILURE;
}

/** Whether the system or the far side broke a call: ECONNRESET, HPE_INVALID_CONSTANT. ERR_… is a fault of ours. */
function isOfNetwork(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && !/^ERR_/.test(String(error.code));
}
