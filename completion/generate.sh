#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Print the completion for a shell, made of what the programs' --help says:
#
#     generate.sh bash|zsh POWERCUT
#
# POWERCUT is the program.
set -eu

shell=$1
powercut=$2
separator=$(printf '\037')      # between fields, which may be empty

# The commands, a line each, with the words that may follow: `kernel list fetch`.  `import|export` are two of them.
commands ()
{
    "$powercut" --help | sed -n 's/^\(usage:\|      \) powercut \([a-z][a-z|-]*\) \([a-z|-]*\).*/\2 \3/p' |
        awk '{ count = split ($1, names, "|"); gsub (/\|/, " ", $2); for (i = 1; i <= count; i++) print names[i], $2 }'
}

# The command $1 as it is, and with each of its words behind a slash.
spellings ()
{
    commands | awk -v name="$1" '$1 == name { print name; for (i = 2; i <= NF; i++) print name "/" $i }'
}

# The options of the command $1 and its words, a line each: name, argument (empty if it takes none), help.
options ()
{
    for spelling in $(spellings "$1"); do
        case $spelling in
            */*) "$powercut" "${spelling%/*}" "${spelling#*/}" --help ;;
            *) "$powercut" "$spelling" --help ;;
        esac
    done | sed -n "s/^  \(-.,\|   \) --\([a-z-]*\)=*\([^ ]*\)  *\(.*\)/\2$separator\3$separator\4/p" |
        awk -F "$separator" '!seen[$1]++'
}

# What may stand for the argument $2 of the option $1, whose help is $3: words, and what is known only where it is asked
# for: `FILES` for any file, `KERNELS` for those that can be booted, `FILESYSTEMS` for those that can be made, `CASES` for
# those that are installed.  `LIST` says that there may be many, with commas between them.  Words are written small in ARGUMENT, names of things in capitals; some are in the help.
values ()
{
    {
        case $1 in
            fs) echo FILESYSTEMS ;;
            filter) echo CASES ;;
            kernel) printf 'KERNELS\nFILES\n' ;;
            from | to | kind | flavour | suite | accel | background) printf '%s\n' "$3" | named_values ;;
        esac
        case $2 in *,...) echo LIST ;; esac
        printf '%s\n' "$2" | tr '|' '\n' |
            sed -n -e '/^[a-z][a-z-]*$/p' -e 's/^\(FILE\|DIR\|LOG\|IMG\|IMAGE\|SOCKET\|OUT\|NEW\|BUNDLE\|PATH\)$/FILES/p'
    } | sort -u | tr '\n' ' '
}

# The words that the help of an option enumerates: `a`, `b` or c, between commas, quotes or with `or` before them.
named_values ()
{
    sed -n -e '/^[a-z][a-z0-9-]*$/p' -e 's/\[[^]]*\]//g' -e 's/([^)]*)//g' -e 's/;.*//' -e "s/'s / /g" \
        -e "s/[\`',:]/ , /g" -e 's/ \(or\|and\) / , /g' -e '/ , /p' | tr ',' '\n' |
        sed -n -e 's/^ *\(list\|fetch\) //' -e 's/ *alone *$//' -e 's/^ *\([a-z][a-z0-9-]*\) *$/\1/p'
}

# For each command a line `COMMAND) OPTIONS`, an option with an argument ended by `=`; then the values of each option.
bash_tables ()
{
    echo '_powercut_options ()'
    echo '{'
    echo '    case $1 in'
    commands | while read -r command words; do
        printf "        %s) echo '%s' ;;\n" "$command" "$(options "$command" | awk -F "$separator" '{ printf "%s--%s%s", sep, $1, $2 == "" ? "" : "="; sep = " " }')"
    done
    echo '    esac'
    echo '}'
    echo
    echo '_powercut_words ()'
    echo '{'
    echo '    case $1 in'
    commands | while read -r command words; do
        [ -z "$words" ] || printf "        %s) echo '%s' ;;\n" "$command" "$words"
    done
    echo '    esac'
    echo '}'
    echo
    echo '_powercut_values ()'
    echo '{'
    echo '    case $1 in'
    commands | while read -r command words; do
        options "$command" | while IFS=$separator read -r name argument help; do
            values=$(values "$name" "$argument" "$help")
            [ -z "$values" ] || printf "        '%s --%s') echo '%s' ;;\n" "$command" "$name" "${values% }"
        done
    done
    echo '    esac'
    echo '}'
    echo
    printf "_powercut_commands='%s'\n" "$(commands | awk '{ printf "%s%s", sep, $1; sep = " " }')"
}

# A text between single quotes.
quoted ()
{
    printf '%s' "$1" | sed "s/'/'\\\\''/g"
}

# The options of a command as _arguments takes them.
zsh_arguments ()
{
    options "$1" | while IFS=$separator read -r name argument help; do
        help=$(printf '%s' "$help" | sed 's/[][\\:]/\\&/g')
        values=$(values "$name" "$argument" "$help")
        case $values in
            '') action=' ' ;;
            FILES\ ) action=_files ;;
            *) action=" _powercut_values ${values% }" ;;
        esac
        if [ -z "$argument" ]; then
            printf "        '--%s[%s]'" "$name" "$(quoted "$help")"
        else
            printf "        '*--%s=[%s]:%s:%s'" "$name" "$(quoted "$help")" "$(printf '%s' "$argument" | sed 's/[][\\:]/\\&/g')" "$action"
        fi
        echo ' \'
    done
}

zsh_functions ()
{
    commands | while read -r command words; do
        printf '_powercut_%s ()\n{\n    _arguments -S \\\n' "$command"
        zsh_arguments "$command"
        if [ -n "$words" ]; then
            printf "        '1:command:(%s)' '*:file:_files'\n" "$words"
        else
            echo "        '*:file:_files'"
        fi
        printf '}\n\n'
    done
    printf '_powercut_commands=(%s)\n' "$(commands | awk '{ printf "%s%s", sep, $1; sep = " " }')"
}

here=$(dirname "$0")
case $shell in
    bash)
        echo '# SPDX-License-Identifier: BSD-3-Clause'
        echo '# Completion of powercut and replay for bash; made of their --help.'
        bash_tables
        cat "$here/complete.bash"
        ;;
    zsh)
        echo '#compdef powercut replay'
        echo '# SPDX-License-Identifier: BSD-3-Clause'
        echo '# Completion of powercut and replay for zsh; made of their --help.'
        zsh_functions
        cat "$here/complete.zsh"
        ;;
esac
