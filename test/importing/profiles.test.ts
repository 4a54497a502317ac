import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TestMachine } from '../support/host.ts';
import { requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

/**
 * A profile as people have it, in latin1 so that any byte can be written. A line with `<<K` holds the key in the place of
 * `%`; the line below it, which begins with `>>`, is what must stand there afterwards. Everything else must not change.
 */
interface Profile {
  readonly what: string;
  readonly file: string;
  readonly text: string;
  /** With which shell the result must still be read without an error. */
  readonly shell?: 'bash' | 'zsh' | 'fish';
}

const NOTE = '# ANTHROPIC_API_KEY is kept by claude-keys: claude-keys exec anthropic -- COMMAND';
const K = (before: string, after: string) => `<<K${before}\n>>${after}`;
const EXPORT = K('export ANTHROPIC_API_KEY=%', NOTE);

const OH_MY_ZSH = `# If you come from bash you might have to change your $PATH.
# export PATH=$HOME/bin:$HOME/.local/bin:/usr/local/bin:$PATH
export ZSH="$HOME/.oh-my-zsh"
ZSH_THEME="robbyrussell"
# zstyle ':omz:update' mode auto
HIST_STAMPS="mm/dd/yyyy"
plugins=(git docker
  kubectl)
source $ZSH/oh-my-zsh.sh
${EXPORT}
alias ll='ls -la'
`;
const STARSHIP = `autoload -U compinit && compinit
zstyle ':completion:*' matcher-list 'm:{a-z}={A-Za-z}'
setopt EXTENDED_GLOB
files=(*(N.om[1,3]))
${K("export ANTHROPIC_API_KEY='%'", NOTE)}
eval "$(starship init zsh)"
`;
const NVM = `export NVM_DIR="$HOME/.nvm"
[ -s "$NVM_DIR/nvm.sh" ] && \\. "$NVM_DIR/nvm.sh"  # This loads nvm
${K('export ANTHROPIC_API_KEY="%"', NOTE)}
[ -s "$NVM_DIR/bash_completion" ] && \\. "$NVM_DIR/bash_completion"
`;
const CONDA = `# >>> conda initialize >>>
# !! Contents within this block are managed by 'conda init' !!
__conda_setup="$('/opt/conda/bin/conda' 'shell.bash' 'hook' 2> /dev/null)"
if [ $? -eq 0 ]; then
    eval "$__conda_setup"
else
    if [ -f "/opt/conda/etc/profile.d/conda.sh" ]; then
        . "/opt/conda/etc/profile.d/conda.sh"
    else
        export PATH="/opt/conda/bin:$PATH"
    fi
fi
unset __conda_setup
# <<< conda initialize <<<
${EXPORT}
`;
const DEBIAN = `case $- in
    *i*) ;;
      *) return;;
esac
HISTCONTROL=ignoreboth
shopt -s histappend
if [ -z "\${debian_chroot:-}" ] && [ -r /etc/debian_chroot ]; then
    debian_chroot=$(cat /etc/debian_chroot)
fi
PS1='\${debian_chroot:+($debian_chroot)}\\[\\033[01;32m\\]\\u@\\h\\[\\033[00m\\]:\\w\\$ '
${EXPORT}
alias alert='notify-send --urgency=low -i "$([ $? = 0 ] && echo terminal || echo error)" "$(history|tail -n1|sed -e '\\''s/^\\s*[0-9]\\+\\s*//;s/[;&|]\\s*alert$//'\\'')"'
`;

const PROFILES: readonly Profile[] = [
  { what: 'oh-my-zsh', file: '.zshrc', shell: 'zsh', text: OH_MY_ZSH },
  { what: 'starship, zstyle and glob qualifiers', file: '.zshrc', shell: 'zsh', text: STARSHIP },
  { what: 'nvm', file: '.bashrc', shell: 'bash', text: NVM },
  { what: 'conda', file: '.bashrc', shell: 'bash', text: CONDA },
  { what: "Debian's own", file: '.bashrc', shell: 'bash', text: DEBIAN },
  { what: 'CRLF', file: '.bash_profile', text: `A=1\r\n${K('export ANTHROPIC_API_KEY=%\r', `${NOTE}\r`)}\nB=2\r\n` },
  { what: 'no final newline', file: '.profile', shell: 'bash', text: `A=1\n${EXPORT}` },
  { what: 'the key alone, without a newline', file: '.zshenv', shell: 'zsh', text: EXPORT },
  {
    what: 'tabs',
    file: '.bashrc',
    shell: 'bash',
    text: `if true; then\n\tA=1\n${K('\t\texport\tANTHROPIC_API_KEY=%\t', `\t\t${NOTE}\t`)}\nfi\t\n`,
  },
  {
    what: 'bytes that are no UTF-8',
    file: '.zshrc',
    text: `# caf\xe9 \xff\xfe\x80\nPS1='\xc3\x28'\n${EXPORT}\n\xa0\n`,
  },
  { what: 'a byte order mark', file: '.profile', text: `\xef\xbb\xbf# profile\n${EXPORT}\n` },
  {
    what: 'a byte order mark before the key',
    file: '.profile',
    text: `<<K\xef\xbb\xbfexport ANTHROPIC_API_KEY=%\n>>\xef\xbb\xbf${NOTE}\nA=1\n`,
  },
  {
    what: 'here-documents',
    file: '.bashrc',
    shell: 'bash',
    text: `cat <<'EOF' > /dev/null\nit's "open\nEOF\ncat <<-END\n\tdon't\n\tEND\n${EXPORT}\n`,
  },
  {
    what: 'several assignments in one line',
    file: '.bashrc',
    shell: 'bash',
    text: `${K('export EDITOR=vim ANTHROPIC_API_KEY=% PAGER="less -R"', 'export EDITOR=vim PAGER="less -R"')}\nA=1\n`,
  },
  {
    what: 'other code in the same line',
    file: '.bashrc',
    shell: 'bash',
    text: `${K('umask 022; export ANTHROPIC_API_KEY=%; A=1 # mine', 'umask 022; A=1 # mine')}\n`,
  },
  {
    what: 'the only command of a branch',
    file: '.zprofile',
    shell: 'zsh',
    text: `if [[ -n $SSH_TTY ]]; then\n${K('  export ANTHROPIC_API_KEY=%', `  : ${NOTE}`)}\nfi\n`,
  },
  {
    what: 'a function',
    file: '.bashrc',
    shell: 'bash',
    text: `work() {\n${K('  export ANTHROPIC_API_KEY=%', `  : ${NOTE}`)}\n}\n`,
  },
  {
    what: 'an alias',
    file: '.bash_aliases',
    shell: 'bash',
    text: `alias g='git'\n${K("alias ai='ANTHROPIC_API_KEY=% aider'", "alias ai='aider'")}\n`,
  },
  {
    what: 'a comment behind it, and one that was commented out',
    file: '.zshrc',
    shell: 'zsh',
    text: `${K('export ANTHROPIC_API_KEY=% # from work', `${NOTE} # from work`)}\n${K('# export ANTHROPIC_API_KEY="%"', NOTE)}\n`,
  },
  {
    what: 'fish',
    file: '.config/fish/config.fish',
    shell: 'fish',
    text: `if status is-interactive\n    set -g fish_greeting "it's"\n${K('    set -gx ANTHROPIC_API_KEY %', `    ${NOTE}`)}\nend\nfish_add_path ~/bin\n`,
  },
  {
    what: 'fish, in conf.d',
    file: '.config/fish/conf.d/keys.fish',
    shell: 'fish',
    text: `${K("set -x ANTHROPIC_API_KEY '%'", NOTE)}\nset -x A (echo 'b)')\n`,
  },
  {
    what: 'PowerShell',
    file: '.config/powershell/Microsoft.PowerShell_profile.ps1',
    text: `Import-Module posh-git\r\n$x = @"\r\nit's\r\n"@\r\n${K('$env:ANTHROPIC_API_KEY = "%"', NOTE)}\nfunction prompt { "PS> " }\r\n`,
  },
  {
    what: 'environment.d',
    file: '.config/environment.d/keys.conf',
    text: `A=1\n${K('ANTHROPIC_API_KEY=%', NOTE)}\n`,
  },
  {
    what: '.env',
    file: '.env',
    text: `# db\nDB_URL=postgres://u:p@h/d\n\n${K('ANTHROPIC_API_KEY=%', NOTE)}\nX="a b"\n`,
  },
];

function withKey(text: string, key: string): Buffer {
  return Buffer.from(
    text
      .replace(/(?<=^|\n)>>[^\n]*\n?/g, '')
      .replace(/(?<=^|\n)<<K/g, '')
      .replaceAll('%', key),
    'latin1',
  );
}

function withoutKey(text: string): Buffer {
  return Buffer.from(text.replace(/(?<=^|\n)<<K[^\n]*\n/g, '').replace(/(?<=^|\n)>>/g, ''), 'latin1');
}

describe('import --remove touches only the lines it must', () => {
  test.each(PROFILES)('$what', async ({ file, text, shell }) => {
    const machine = new TestMachine();
    const path = join(machine.home, file);
    mkdirSync(dirname(path), { recursive: true });
    const key = makeKey();
    // Without the line that is left out, the text may lack its last newline, as the one that is expected does.
    const content = /\n$/.test(text)
      ? withKey(text, key)
      : Buffer.from(withKey(text, key).toString('latin1').replace(/\n$/, ''), 'latin1');
    writeFileSync(path, content);
    const result = await machine.run(['import', '--remove', '--yes', '--no-verify'], { cwd: dirname(machine.home) });
    expect(result.stderr).toContain('Removed from');
    expect(result.code).toBe(0);
    expect(readFileSync(path, 'latin1')).toBe(withoutKey(text).toString('latin1'));
    expect(machine.keychain.slots.get('anthropic')?.reveal()).toBe(key);
    expect(filesHolding(machine.home, key)).toEqual([]);
    if (shell !== undefined && requireTools(shell)) execFileSync(shell, ['-n', path]);
  });

  test('a profile that is a link stays one, and what it leads to is rewritten', async () => {
    const machine = new TestMachine();
    const key = makeKey();
    mkdirSync(join(machine.home, 'dotfiles'));
    const real = join(machine.home, 'dotfiles', 'zshrc');
    writeFileSync(real, `A=1\nexport ANTHROPIC_API_KEY=${key}\n`);
    symlinkSync(join('dotfiles', 'zshrc'), join(machine.home, '.zshrc'));
    const result = await machine.run(['import', '--remove', '--yes', '--no-verify']);
    expect(result.code).toBe(0);
    expect(readFileSync(join(machine.home, '.zshrc'), 'utf8')).toBe(`A=1\n${NOTE}\n`);
    expect(readdirSync(join(machine.home, 'dotfiles'))).toEqual(['zshrc']);
    expect(filesHolding(machine.home, key)).toEqual([]);
  });
});

function filesHolding(folder: string, key: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').includes(key));
}
