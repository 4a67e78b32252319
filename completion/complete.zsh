
# The words that may be the value of an option, and what is known only now: files, kernels, file systems.  LIST: many.
_powercut_values ()
{
    local -a words
    local word list=0 files=0

    for word; do
        case $word in
            LIST) list=1 ;;
            FILES) files=1 ;;
            KERNELS) words+=(${(f)"$(powercut kernel list 2> /dev/null < /dev/null | sed -n '2,$s/ .*//p')"}) ;;
            CASES) words+=(${(f)"$(powercut corpus list 2> /dev/null < /dev/null | sed '/^ /d')"}) ;;
            FILESYSTEMS)
                words+=(${^path}/mkfs.*(N) /usr/sbin/mkfs.*(N) /sbin/mkfs.*(N))
                words=(${(u)words##*mkfs.})
                ;;
            [a-z]*) words+=($word) ;;
        esac
    done
    if (( list )); then
        _values -s , value $words
    else
        compadd -- $words
        (( ! files )) || _files
    fi
}

_powercut ()
{
    if [[ $service == replay ]]; then
        _powercut_replay
    elif (( CURRENT == 2 )) || [[ "$words[2] $CURRENT" == 'help 3' ]]; then
        compadd -- $_powercut_commands --help --version
    elif (( ${_powercut_commands[(Ie)${words[2]}]} )); then
        local command=${words[2]}
        shift words
        (( CURRENT-- ))
        _powercut_$command
    fi
}

_powercut "$@"
