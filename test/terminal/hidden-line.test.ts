import { describe, expect, test } from 'vitest';
import { HiddenLine } from '../../src/terminal/hidden-line.ts';

const ESC = '\u001b';
const paste = (text: string) => `${ESC}[200~${text}${ESC}[201~`;

describe('a hidden line', () => {
  test.each<[what: string, sent: string[], verdict: string, value: string]>([
    ['characters', ['a', 'bc'], 'more', 'abc'],
    ['Enter', ['abc\r'], 'submit', 'abc'],
    ['Enter on an empty line, as at the head of a paste', ['\r', '\nabc\r'], 'submit', 'abc'],
    ['what follows Enter is dropped', ['abc\rdef\r'], 'submit', 'abc'],
    ['a backspace removes a whole character', ['ab😀', '\u007f', '\b'], 'more', 'a'],
    ['a backspace too many', ['a\u007f\u007fb'], 'more', 'b'],
    ['Ctrl-U and Ctrl-W clear', ['abc\u0015def\u0017g'], 'more', 'g'],
    ['Ctrl-C', ['abc\u0003'], 'cancel', 'abc'],
    ['Ctrl-D on an empty line', ['\u0004'], 'cancel', ''],
    ['Ctrl-D behind something', ['abc\u0004'], 'more', 'abc'],
    ['arrows, function keys and Alt are ignored', [`a${ESC}[D${ESC}OP${ESC}[15~${ESC}[1;5C${ESC}xb`], 'more', 'ab'],
    ['other control characters are ignored', ['a\u0000\u0001\tb'], 'more', 'ab'],
    ['a sequence in parts', [`a${ESC}`, '[', '1;5', 'Db'], 'more', 'ab'],
    ['a paste', [paste('abc')], 'more', 'abc'],
    ['a paste that ends a line', [paste('abc\r')], 'submit', 'abc'],
    ['a paste of two lines', [paste('abc\r\ndef\n\n')], 'submit', 'abc\ndef'],
    ['a paste in parts', [`${ESC}[20`, '0~ab', `c\r${ESC}[2`, '01~'], 'submit', 'abc'],
    ['a paste of line ends alone', [paste('\r\r')], 'more', ''],
    ['Enter behind a paste', [paste('abc'), '\r'], 'submit', 'abc'],
  ])('%s', (_, sent, verdict, value) => {
    const line = new HiddenLine();
    const verdicts = sent.map((text) => line.feed(text));
    expect({ verdict: verdicts.at(-1), value: line.value }).toEqual({ verdict, value });
  });

  test('a lone escape is the Escape key once nothing follows it', () => {
    const line = new HiddenLine();
    expect(line.feed(`abc${ESC}`)).toBe('more');
    expect(line.undecided).toBe(true);
    expect(line.settle()).toBe('cancel');
  });

  test('a sequence that never ends is forgotten', () => {
    const line = new HiddenLine();
    line.feed(`a${ESC}[1`);
    expect(line.settle()).toBe('more');
    line.feed('b');
    expect(line.value).toBe('ab');
  });
});
