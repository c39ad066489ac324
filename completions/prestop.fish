# fish: put this file into ~/.config/fish/completions.
complete -c prestop -f -a '(prestop "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
