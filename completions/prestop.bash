# bash: source this file, or put it into /usr/share/bash-completion/completions as "prestop".
_prestop() {
  mapfile -t COMPREPLY < <(compgen -W "$(prestop "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _prestop prestop
