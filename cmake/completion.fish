# Completion of cbench's command line for fish: the program itself says what may follow.
complete -c cbench -a '(cbench complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
