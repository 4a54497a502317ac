import { describe, expect, test } from 'vitest';
import { WORKSPACE } from '../support/standin/index.ts';
import { usageScene } from '../usage/scene.ts';

async function scene() {
  const found = await usageScene();
  found.api.limits.ownRates.set(WORKSPACE.id, { requests_per_minute: 100 });
  return found;
}

describe('console limits', () => {
  test('shows what the organization and its workspaces have, beside what grants here allow', async () => {
    const { run } = await scene();
    await run(['grant', 'create', '--key', 'ci', '--label', 'robot', '--rpm', '60', '--budget', '5/day']);
    const { code, stdout } = await run(['console', 'limits', '--json']);
    const { limits, grants } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(limits).toEqual([
      {
        workspaceId: null,
        workspace: null,
        spend: [{ usd: 5_000, period: 'monthly', enabled: true }],
        rates: [
          { group: 'Haiku', type: 'requests_per_minute', value: 4_000 },
          { group: 'Haiku', type: 'output_tokens_per_minute', value: 800_000 },
          { group: 'Sonnet', type: 'requests_per_minute', value: 2_000 },
          { group: 'Opus', type: 'requests_per_minute', value: 1_000 },
        ],
      },
      {
        workspaceId: WORKSPACE.id,
        workspace: WORKSPACE.name,
        spend: [],
        rates: [{ group: 'Haiku', type: 'requests_per_minute', value: 100 }],
      },
    ]);
    expect(grants).toMatchObject([{ label: 'robot', key: 'ci', rpm: 60, budget: { usd: 5, per: 'day' } }]);
    expect(JSON.stringify(grants)).not.toContain('hash');
  });

  test('shows them to a person as a table', async () => {
    const { run } = await scene();
    await run(['grant', 'create', '--key', 'ci', '--label', 'robot', '--rpm', '60']);
    const { stdout } = await run(['console', 'limits']);
    expect(stdout).toMatch(/^organization +spend +\$5,000\.00 a month$/m);
    expect(stdout).toMatch(/^organization +Haiku +4,000 requests per minute$/m);
    expect(stdout).toMatch(/^Apps +Haiku +100 requests per minute$/m);
    expect(stdout).toMatch(/^robot +grant for ci +every model, 60 requests\/minute, /m);
  });

  test.each([WORKSPACE.name, WORKSPACE.id])('sets what the workspace %s may cost', async (workspace) => {
    const { api, run } = await scene();
    api.limits.mayWrite = true;
    const { code, stdout, stderr } = await run(['console', 'limits', workspace, '250.50/month', '--yes', '--json']);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ workspaceId: WORKSPACE.id, spend: [{ usd: 250.5, period: 'monthly' }] });
    expect(api.limits.spend).toContainEqual({ workspaceId: WORKSPACE.id, amount: '25050', period: 'monthly' });
    const { events } = JSON.parse((await run(['audit', 'show', '--json'])).stdout);
    expect(events.at(-1)).toMatchObject({
      command: 'console',
      detail: `the spend limit of ${WORKSPACE.id} to 250.5/month`,
    });
  });

  test('says where the service does not allow it', async () => {
    const { run } = await scene();
    const { code, stderr } = await run(['console', 'limits', WORKSPACE.id, '250/month', '--yes']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('the service does not let this organization do it here yet');
    expect(stderr).toContain('hint: set it in the Console: ');
  });

  test.each([
    [['console', 'limits', 'Apps'], 2],
    [['console', 'limits', 'Apps', '5/day', '--yes'], 2],
    [['console', 'limits', 'Apps', '0.001/month', '--yes'], 2],
    [['console', 'limits', 'Nowhere', '5/month', '--yes'], 2],
    [['console', 'limits', 'Apps', '5/month'], 2],
  ])('%j is refused', async (argv, code) => {
    const { api, run } = await scene();
    api.limits.mayWrite = true;
    expect((await run(argv)).code).toBe(code);
    expect(api.limits.spend).toHaveLength(1);
  });
});
