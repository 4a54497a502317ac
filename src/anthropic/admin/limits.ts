import { NANOS_PER_DOLLAR, type Nanos } from '../prices.ts';
import { type Admin } from './admin.ts';
import { nanosOfCents } from './analytics.ts';
