import type { LongOption } from '../../src/cli/getopt.ts'
import type { State } from './automaton.ts'

/** What the two scripts are made of. */
export interface Grammar {
  states: readonly State[]
  words: ReadonlyMap<string, readonly string[]>
  long: readonly LongOption[]
  /** As getopt has them. */
  letters: string
}

const head = (what: string) => `# Completion of bpftool's commands in ${what}.
# Made by \`npm run completions\` from the tables and usage texts of the program; changes here are lost.
`

function stateCases(states: readonly State[]): string {
  return states
    .map(({ keywords, any }, i) => {
      const keys = keywords.map(({ word, once, to }) => `${word}${once ? '!' : ''}:${to}`).join(' ')
      const parts = [keys && `keys='${keys}'`, any && `lists='${any.lists.join(' ')}' next=${any.to}`]
      const text = parts.filter(Boolean).join(' ')
      return text === '' ? undefined : `  ${i}) ${text} ;;\n`
    })
    .filter((line) => line !== undefined)
    .join('')
}

function wordCases(words: Grammar['words']): string {
  return [...words].map(([name, list]) => `  ${name}) printf '%s\\n' ${list.join(' ')} ;;\n`).join('')
}

/** Letters and long options that the next word belongs to. */
function withValue({ long, letters }: Grammar): { letters: string; long: string[] } {
  return {
    letters: [...letters].filter((_, i) => letters[i + 1] === ':').join(''),
    long: long.filter(({ takesValue }) => takesValue).map(({ name }) => `--${name}`),
  }
}

/** Every option there is; the last letter of getopt's means nothing. */
function options({ long, letters }: Grammar): string {
  const short = [...letters.slice(0, -1).replaceAll(':', '')].map((letter) => `-${letter}`)
  return [...short, ...long.map(({ name }) => `--${name}`)].join(' ')
}

/**
 * What both shells run: variables `tool` (the command as it was typed), `cur` (the word to complete) and `ask` (options
 * that choose the machine) are the caller's.
 */
function core(grammar: Grammar): string {
  const value = withValue(grammar)
  return `
# What may come in a state: keywords with the state that each leads to (! after those that come once), lists of other
# words and the state that those lead to.
_bpftool_state() {
  keys= lists= next=
  case $1 in
${stateCases(grammar.states)}  esac
}

# Reads the words before the one to complete. Sets keys, lists, and option to one whose value is to come.
_bpftool_walk() {
  [ -n "\${ZSH_VERSION-}" ] && setopt local_options sh_word_split
  local word pair key found seen=' '
  option=
  _bpftool_state 0
  for word in "$@"; do
    if [ -n "$option" ]; then
      [ "$word" = = ] && continue
      case $option in --state | --kernel) ask+=("$option" "\${word/#\\~\\//$HOME/}") ;; esac
      option=
      continue
    fi
    case $word in
    ${value.long.join(' | ')} | -[!-]*[${value.letters}] | -[${value.letters}]) option=$word && continue ;;
    --state=* | --kernel=*) ask+=("$word") && continue ;;
    -?*) continue ;;
    esac
    found=
    for pair in $keys; do
      key=\${pair%:*}
      [ "$word" = "\${key%!}" ] && found=$pair && break
    done
    if [ -z "$found" ] && ! { [ "$lists" = byte ] && _bpftool_is_byte "$word"; }; then
      for pair in $keys; do
        case $pair in "$word"*) found=$pair && break ;; esac
      done
    fi
    if [ -n "$found" ]; then
      case $found in *!:*) seen="$seen\${found%!:*} " ;; esac
      _bpftool_state "\${found##*:}"
    else
      _bpftool_state "\${next:-none}"
    fi
  done
  found=
  for pair in $keys; do
    key=\${pair%:*}
    case $seen in *" \${key%!} "*) ;; *) found="$found \${key%!}" ;; esac
  done
  keys=$found
}

_bpftool_is_byte() {
  case $1 in *[!0-9a-fA-FxX]* | '' | ?????*) return 1 ;; esac
}

_bpftool_ask() {
  "$tool" "\${ask[@]}" "$@" 2>/dev/null
}

# The values of a key in what a command answers as JSON.
_bpftool_values() {
  local key=$1
  shift
  _bpftool_ask -j "$@" | grep -o "\\"$key\\":\\"\\{0,1\\}[^\\",}]*" | sed 's/^[^:]*:"\\{0,1\\}//'
}

# Paths of the simulated machine that begin as the word does.
_bpftool_pins() {
  local name dir=/sys/fs/bpf/
  case $dir in "$cur"*) [ "$cur" = $dir ] || { echo $dir && return; } ;; esac
  case $cur in */*) dir=\${cur%/*}/ ;; *) return ;; esac
  _bpftool_ask fs ls "$dir" | while IFS= read -r name; do printf '%s\\n' "$dir$name"; done
}

# The words of a list, one in a line; files are the shell's own business.
_bpftool_list() {
  case $1 in
${wordCases(grammar.words)}  options) printf '%s\\n' ${options(grammar)} ;;
  prog-id) _bpftool_values id prog show ;;
  prog-tag) _bpftool_values tag prog show ;;
  prog-name) _bpftool_values name prog show ;;
  map-id) _bpftool_values id map show ;;
  map-name) _bpftool_values name map show ;;
  link-id) _bpftool_values id link show ;;
  btf-id) _bpftool_values id btf show ;;
  struct_ops-id) _bpftool_values id struct_ops show ;;
  struct_ops-name) _bpftool_values name struct_ops show ;;
  kernel) _bpftool_values name kernel list ;;
  pid) _bpftool_values pid process list ;;
  device) echo lo ;;
  pin) _bpftool_pins ;;
  esac
}

# The lists that complete the value of an option.
_bpftool_option_lists() {
  case $1 in --state) echo directory ;; --kernel) echo kernel ;; *) echo file ;; esac
}
`
}

export function bashScript(grammar: Grammar): string {
  return `${head('bash')}${core(grammar)}
_bpftool_add() {
  local line
  while IFS= read -r line; do
    case $line in "$cur"*) COMPREPLY+=("$line") ;; esac
  done
}

_bpftool() {
  local tool=$1 cur=\${COMP_WORDS[COMP_CWORD]} keys lists next option list key
  local -a ask
  ask=()
  COMPREPLY=()
  _bpftool_walk "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  [ "$cur" = = ] && cur=
  if [ -n "$option" ]; then
    keys= lists=$(_bpftool_option_lists "$option")
  elif [[ $cur == -* ]]; then
    keys= lists=options
  fi
  for key in $keys; do [[ $key == "$cur"* ]] && COMPREPLY+=("$key"); done
  for list in $lists; do
    case $list in
    file) _bpftool_add < <(compgen -f -- "$cur") ;;
    object) _bpftool_add < <(compgen -d -- "$cur"; compgen -f -X '!*.o' -- "$cur") ;;
    directory) _bpftool_add < <(compgen -d -- "$cur") ;;
    *) _bpftool_add < <(_bpftool_list "$list") ;;
    esac
    case $list in file | object | directory) type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null ;; esac
  done
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -F _bpftool bpftool
`
}

export function zshScript(grammar: Grammar): string {
  return `#compdef bpftool
${head('zsh')}${core(grammar)}
_bpftool() {
  local tool=$words[1] cur=$PREFIX keys lists next option list
  local -a ask found
  _bpftool_walk "\${(@)words[2,CURRENT-1]}"
  if [[ $cur == --(state|kernel|base-btf)=* ]]; then
    option=\${cur%%=*}
    compset -P '*='
    cur=$PREFIX
  fi
  if [[ -n $option ]]; then
    keys= lists=$(_bpftool_option_lists $option)
  elif [[ $cur == -* ]]; then
    keys= lists=options
  fi
  compadd -- \${=keys}
  for list in \${=lists}; do
    case $list in
    file) _files ;;
    object) _files -g '*.o' ;;
    directory) _files -/ ;;
    *)
      found=(\${(f)"$(_bpftool_list $list)"})
      compadd -S '' -- \${(M)found:#*/}
      compadd -- \${found:#*/}
      ;;
    esac
  done
}

_bpftool "$@"
`
}
