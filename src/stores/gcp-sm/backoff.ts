import { STATUS } from './failures.ts';

export const TIMEOUT_MS = 15_000;

/** The client's own backoff, for what may be asked twice: its default goes on for a minute. */
export const READING = {
  timeout: TIMEOUT_MS,
  retry: {
    retryCodes: [STATUS.unavailable, STATUS.resourceExhausted],
    backoffSettings: {
      initialRetryDelayMillis: 200,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: 2_000,
      initialRpcTimeoutMillis: TIMEOUT_MS,
      rpcTimeoutMultiplier: 1,
      maxRpcTimeoutMillis: TIMEOUT_MS,
      totalTimeoutMillis: 6_000,
    },
  },
};
