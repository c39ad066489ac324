# bash: source this file, or put it into /usr/share/bash-completion/completions as "prestop".
_prestop() {
  local word=${COMP_LINE:0:COMP_POINT} shown
  word=${word##* }
  mapfile -t COMPREPLY < <(prestop "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
  # readline replaces only what stands behind the last : or = of a word.
  shown=${word%"${word##*[:=]}"}
  COMPREPLY=("${COMPREPLY[@]#"$shown"}")
}
complete -o default -F _prestop prestop
