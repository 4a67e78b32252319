
# The powercut that belongs to the program that is being completed.
_powercut_program ()
{
    local program=${COMP_WORDS[0]}

    [[ ${program##*/} == powercut ]] || program=powercut
    "$program" "$@" 2> /dev/null
}

# The words that $@, of _powercut_values, stand for.
_powercut_expand ()
{
    local word directory

    for word; do
        case $word in
            FILES | LIST) ;;
            KERNELS) _powercut_program kernel list < /dev/null | sed -n '2,$s/ .*//p' ;;
            CASES) _powercut_program corpus list < /dev/null | sed '/^ /d' ;;
            FILESYSTEMS)
                local IFS=:
                for directory in $PATH /usr/sbin /sbin; do
                    compgen -G "$directory/mkfs.*" | sed 's/.*mkfs\.//'
                done | sort -u
                ;;
            *) echo "$word" ;;
        esac
    done
}

# What fits CURRENT, of the command $1; with `=` among the characters that divide words, bash replaces only what is behind it.
_powercut_complete ()
{
    local command=$1 current=$2 prefix='' option value values

    case $current in
        --*=*)
            option=${current%%=*} value=${current#*=}
            [[ $COMP_WORDBREAKS == *=* ]] || prefix=$option=
            values=$(_powercut_values "$command $option")
            if [[ $values == *LIST* && $value == *,* ]]; then
                prefix=$prefix${value%,*}, value=${value##*,}
            fi
            # shellcheck disable=SC2086
            mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$(_powercut_expand $values)" -- "$value")
            if [[ $values == *FILES* ]]; then
                compopt -o filenames 2> /dev/null
                mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$prefix" -f -- "$value")
            fi
            ;;
        -*)
            mapfile -t COMPREPLY < <(compgen -W "$(_powercut_options "$command")" -- "$current")
            [[ ${#COMPREPLY[@]} = 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2> /dev/null
            ;;
        *)
            values=$(_powercut_words "$command")
            if [[ -n $values && $COMP_CWORD = 2 ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
            else
                compopt -o filenames 2> /dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            fi
            ;;
    esac
    return 0
}

_powercut ()
{
    local line=${COMP_LINE:0:COMP_POINT}
    local current=${line##*[[:space:]]}

    if [[ ${COMP_WORDS[0]##*/} == replay ]]; then
        _powercut_complete replay "$current"
    elif [ "$COMP_CWORD" = 1 ] || [ "${COMP_WORDS[1]} $COMP_CWORD" = 'help 2' ]; then
        mapfile -t COMPREPLY < <(compgen -W "$_powercut_commands --help --version" -- "$current")
    else
        _powercut_complete "${COMP_WORDS[1]}" "$current"
    fi
}

complete -F _powercut powercut replay
