/** What each shell runs to complete `pipe`. All of them ask `pipe complete`, which knows the answers. */

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export const bashScript = `# pipe: completion for bash
_pipe_complete() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null))
}
complete -o nospace -o nosort -F _pipe_complete pipe 2>/dev/null ||
  complete -o nospace -F _pipe_complete pipe
`;

/** https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export const zshScript = `#compdef pipe
# pipe: completion for zsh
_pipe() {
  local -a whole whole_texts part part_texts
  local word text
  while IFS=$'\\t' read -r word text; do
    if [[ $word == *[=/,] ]]; then
      part+=("$word")
      part_texts+=("$word\${text:+  -- $text}")
    else
      whole+=("$word")
      whole_texts+=("$word\${text:+  -- $text}")
    fi
  done < <("\${(Q)words[1]}" complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( $#part )) && compadd -l -S '' -d part_texts -a -- part
  (( $#whole )) && compadd -l -d whole_texts -a -- whole
  return 0
}
if [[ $funcstack[1] == _pipe ]]; then
  _pipe "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }
  compdef _pipe pipe
fi
`;

/** https://fishshell.com/docs/current/completions.html */
export const fishScript = `# pipe: completion for fish
function __pipe_complete
    set -l words (commandline -opc)
    set -l command $words[1]
    set -e words[1]
    $command complete fish $words (commandline -ct) 2>/dev/null
end
complete -c pipe -e
complete -c pipe -f -a '(__pipe_complete)'
`;
