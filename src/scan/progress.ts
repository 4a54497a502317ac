import type { Context } from '../context.ts';
import { progress } from '../terminal/progress.ts';
import { counted, size } from './report/table.ts';
import type { Session } from './session.ts';

const UPDATE_MS = 200;

/** A line on the terminal with what was looked at so far and how fast, while `work` runs. */
export async function withProgress<T>(ctx: Context, session: Session, work: () => Promise<T>): Promise<T> {
  const line = progress(ctx, 'looking');
  const begun = performance.now();
  const show = () => {
    const { files, objects, bytes } = session.scanned;
    const seconds = Math.max(0.1, (performance.now() - begun) / 1_000);
    const found = session.findings.size > 0 ? `, ${counted(session.findings.size, 'credential')} found` : '';
    const what = objects > 0 ? `${counted(files, 'file')}, ${counted(objects, 'git object')}` : counted(files, 'file');
    line.update(`${what}, ${size(bytes)}, ${size(bytes / seconds)}/s${found}`);
  };
  const timer = setInterval(show, UPDATE_MS);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    line.stop();
  }
}
