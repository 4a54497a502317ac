/** What a colour says. */
export type Tone = 'good' | 'warn' | 'bad' | 'faint' | 'strong' | 'plain';

export type Paint = (tone: Tone, text: string) => string;

/** Colours by meaning; chalk is loaded only where there are colours. */
export async function paintFor(color: boolean): Promise<Paint> {
  if (!color) return (_, text) => text;
  const { Chalk } = await import('chalk');
  // Whether there is colour was decided by `ui`; the sixteen basic ones follow the person's own theme.
  const chalk = new Chalk({ level: 1 });
  const styles: Readonly<Record<Tone, (text: string) => string>> = {
    good: chalk.green,
    warn: chalk.yellow,
    bad: chalk.red,
    faint: chalk.dim,
    strong: chalk.bold,
    plain: (text) => text,
  };
  return (tone, text) => styles[tone](text);
}
