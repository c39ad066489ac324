# fish: put this file into ~/.config/fish/completions.
function __prestop_suggestions
  set -l line (commandline -cp)
  prestop "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete -c prestop -f -a '(__prestop_suggestions)'
