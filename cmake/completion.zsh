#compdef cbench
# Completion of cbench's command line for zsh: the program itself says what may follow.
local -a candidates
candidates=(${(f)"$(cbench complete -- ${words[2,CURRENT]} 2>/dev/null)"})
compadd -a candidates
_files
