import type { Reminder } from './reminders.ts';

/**
 * Reminders as an iCalendar file (RFC 5545): one event each, in UTC, with an alarm at its time. The same reminder has
 * the same UID each time, so that a calendar that takes the file again changes its event and adds none.
 */
export function toCalendar(reminders: readonly Reminder[], now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//claude-keys//remind//EN',
    'CALSCALE:GREGORIAN',
    ...reminders.flatMap((reminder) => event(reminder, now)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function event({ at, key, what, message, command }: Reminder, now: Date): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${what}-${key}-${at.slice(0, 10)}@claude-keys`,
    `DTSTAMP:${stamp(now.toISOString())}`,
    `DTSTART:${stamp(at)}`,
    'DURATION:PT30M',
    `SUMMARY:${escaped(message)}`,
    `DESCRIPTION:${escaped(command)}`,
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:PT0M',
    `DESCRIPTION:${escaped(message)}`,
    'END:VALARM',
    'END:VEVENT',
  ];
}

/** `2026-12-01T09:00:00.000Z` as `20261201T090000Z`. */
function stamp(iso: string): string {
  return `${iso.slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\n/g, '\\n');
}

/** A line has 75 bytes at most, and goes on behind a space. Names of keys and our words are ASCII. */
function folded(line: string): string {
  return line.match(/^.{1,75}|.{1,74}/g)?.join('\r\n ') ?? line;
}
