import { posixShell } from './posix.ts';

export const sh = posixShell('sh');
