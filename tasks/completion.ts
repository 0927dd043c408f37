import { defineTask } from '../lib/task/define.ts';
import { bashScript, fishScript, zshScript } from './completion-scripts.ts';

export const completionBash = defineTask({
  name: 'completion:bash',
  summary: 'Print the script that completes pipe in bash: names, options, values, files',
  usage: `What is offered comes from the tasks and the store of the folder you are in. For every new shell:

  echo 'source <(pipe completion:bash)' >> ~/.bashrc

or, which starts faster, once and after an update of pipe:

  mkdir -p ~/.local/share/bash-completion/completions
  pipe completion:bash > ~/.local/share/bash-completion/completions/pipe

Usage:
  completion:bash`,
  async *show() {
    yield bashScript;
  },
});

export const completionZsh = defineTask({
  name: 'completion:zsh',
  summary: 'Print the script that completes pipe in zsh: names, options, values, files',
  usage: `What is offered comes from the tasks and the store of the folder you are in. For every new shell:

  echo 'source <(pipe completion:zsh)' >> ~/.zshrc

or, which starts faster, as _pipe in a folder of $fpath, once and after an update of pipe:

  mkdir -p ~/.zfunc
  pipe completion:zsh > ~/.zfunc/_pipe

Usage:
  completion:zsh`,
  async *show() {
    yield zshScript;
  },
});

export const completionFish = defineTask({
  name: 'completion:fish',
  summary: 'Print the script that completes pipe in fish: names, options, values, files',
  usage: `What is offered comes from the tasks and the store of the folder you are in. Once, and after an update of pipe:

  mkdir -p ~/.config/fish/completions
  pipe completion:fish > ~/.config/fish/completions/pipe.fish

Usage:
  completion:fish`,
  async *show() {
    yield fishScript;
  },
});
