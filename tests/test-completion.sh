#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The completions for bash and zsh know every option, complete names, values and files, and load without a message.
. "${srcdir:?run the tests with make check}/tests/functions.sh" || exit 1
requires zsh

export LC_ALL=C
cd "$tmp"
touch log.bin

# It works in a real completion alone.
compopt ()
{
  :
}

# completed LINE: what bash offers at the end of LINE, sorted
completed ()
{
  COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
  read -ra COMP_WORDS <<< "$1"
  [[ $1 != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _powercut
  [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

# same EXPECTED ACTUAL WHAT
same ()
{
  [ "$1" = "$2" ] || fail "$3: expected '$1' and got '$2'"
}

. "$builddir/completion/bash/powercut"
cmp "$builddir/completion/bash/powercut" "$builddir/completion/bash/replay"
[[ $(complete -p replay) == *_powercut* && $(complete -p powercut) == *_powercut* ]] || fail 'bash does not know the commands'
same '--html= ' "$(completed 'replay --ht')" 'an option'
same '--html= ' "$(completed "$builddir/replay/replay log.bin --ht")" 'an option behind an argument, of a program with a path'
same '--json-lines= --json= ' "$(completed 'powercut run --js')" 'two options'
same '--accel= --all-prefixes --atomic= --audit= ' "$(completed 'powercut replay --a')" 'options of a command'
same 'any none prefix ' "$(completed 'replay --tear=')" 'values'
same 'prefix ' "$(completed 'replay --tear=p')" 'a value'
same '--tear=prefix ' "$(COMP_WORDBREAKS=' ' completed 'replay --tear=p')" \
  'a value where = is part of words'
same 'blklogwrites dm-log-writes nbd-datalog ' "$(completed 'powercut import --from=')" 'values that the help of an option names'
same 'dm-log-writes ' "$(completed 'powercut export --to=')" 'one value'
same 'cloud full uml ' "$(completed 'powercut kernel fetch --flavour=')" 'values between quotes'
same 'nbd virtio ' "$(completed 'powercut run --bus=')" 'buses'
same 'none sync ' "$(completed 'powercut run --settle=')" 'values beside a number'
same 'commit,writeback ' "$(completed 'powercut record --background=commit,w')" 'several values'
same 'write,trim ' "$(completed 'replay --list --kind=write,tr')" 'the last of several values'
same 'log.bin ' "$(completed 'powercut show lo')" 'a file'

# File systems are those that can be made here, kernels those that can be booted.
mkdir bin cache
touch bin/mkfs.onefs bin/mkfs.otherfs
chmod +x bin/mkfs.*
same 'onefs otherfs ' "$(PATH=$tmp/bin:$PATH completed 'powercut run --fs=o')" 'file systems'
same 'onefs,otherfs ' "$(PATH=$tmp/bin:$PATH completed 'powercut matrix --fs=onefs,ot')" 'several file systems'
cat > bin/powercut << 'END'
#!/bin/sh
case $* in
'kernel list') printf 'RELEASE SIZE\n6.1.0-9-cloud 1 MiB\nlots 2 MiB\n' ;;
'corpus list') printf 'link-of-file\n    what it is\nlink-of-folder\n    what this is\n' ;;
esac
END
chmod +x bin/powercut
same 'log.bin lots ' "$(PATH=$tmp/bin:$PATH completed 'replay --kernel=lo')" 'kernels and files'
same 'link-of-file link-of-folder ' "$(PATH=$tmp/bin:$PATH completed "$tmp/bin/powercut corpus run --filter=link")" 'cases'
same '6.1.0-9-cloud ' "$(PATH=$tmp/bin:$PATH completed "$tmp/bin/powercut run --kernel=6")" 'a kernel'
same 'log.bin ' "$(completed 'replay --json=lo')" 'a file of an option'
same 'fetch list ' "$(completed 'powercut kernel ')" 'words of a command'
same 'record replay run ' "$(completed 'powercut r')" 'commands'
same '' "$(completed 'powercut frobnicate --x')" 'no such command'
same 'record replay run ' "$(completed 'powercut help r')" 'commands after help'

# Every option of --help, of every command of --help.
"$powercut" --help | sed -n 's/^\(usage:\|      \) powercut \([a-z|]*\) .*/\2/p' | tr '|' '\n' > commands
[ "$(wc -l < commands)" -ge 6 ] || fail "commands: $(cat commands)"
while read -r command; do
  [[ $command != corpus && $command != help ]] || continue    # options are those of the words after them
  "$powercut" "$command" --help < /dev/null | sed -n 's/^  \(-.\|  \)[, ] \(--[a-z-]*=*\).*/\2/p' | sort | tr '\n' ' ' > wanted
  same "$(cat wanted)" "$(completed "powercut $command --")" "options of $command"
  zsh=$(sed -n "/^_powercut_$command ()/,/^}/p" "$builddir/completion/zsh/_powercut")
  while read -r option; do
    [[ $zsh == *"--${option#--}["* ]] || fail "zsh: $command $option"
  done < <(tr ' ' '\n' < wanted | sed '/^$/d')
done < commands

for word in run list add; do
  for option in $("$powercut" corpus "$word" --help | sed -n 's/^  \(-.\|  \)[, ] \(--[a-z-]*=*\).*/\2/p'); do
    [[ " $(completed "powercut corpus $word --")" == *" $option "* ]] || fail "corpus $word $option"
  done
done
same 'log.bin ' "$(completed 'powercut corpus run l')" 'a file behind a word of a command'

# zsh: what is typed, with tabs in it, is run as a line, by functions in place of the programs.
cat > try.zsh << 'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= ; unsetopt zle_bracketed_paste 2> /dev/null; stty -echo; cd $PWD; fpath=($1 \$fpath); autoload -U compinit"
# What the shell echoes of this must not be taken for what it answers.
zpty -w shell 'compinit -u -D; replay () { print -r -- "GO""T<$*>" }; powercut () { print -r -- "GO""T<$*>" }; path=($PWD/bin $path); print REA""DY'
zpty -m -r shell output '*READY*'
for line in $argv[2,-1]; do
    zpty -w -n shell "$line"$'\n'
    zpty -r -m shell output '*GOT<*>*'
    print -r -- ${${output##*GOT<}%%>*}
done
zpty -d shell
END
timeout 60 zsh -f try.zsh "$builddir/completion/zsh" $'replay --ht\tx' $'replay --tear=p\t' $'powercut sho\t' \
  $'powercut run --jun\tx' $'powercut kernel fe\t' $'powercut help sho\t' $'replay --json=lo\t' $'replay log.b\t' \
  $'powercut run --fs=one\t' $'powercut matrix --fs=onefs,oth\t' $'replay --kind=write,tri\t' $'powercut import --from=blk\t' \
  > zsh.out 2> zsh.err < /dev/null || fail "zsh: $(cat zsh.out zsh.err)"
same "--html=x|--tear=prefix|show|run --junit=x|kernel fetch|help show|--json=log.bin|log.bin|run --fs=onefs|matrix --fs=onefs,otherfs|\
--kind=write,trim|import --from=blklogwrites|" "$(tr '\n' '|' < zsh.out)" 'zsh'
