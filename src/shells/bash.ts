import { posixShell } from './posix.ts';

export const bash = posixShell('bash');
