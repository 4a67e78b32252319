
_powercut ()
{
    if [[ $service == replay ]]; then
        _powercut_replay
    elif (( CURRENT == 2 )); then
        compadd -- $_powercut_commands --help --version
    elif (( ${_powercut_commands[(Ie)${words[2]}]} )); then
        local command=${words[2]}
        shift words
        (( CURRENT-- ))
        _powercut_$command
    fi
}

_powercut "$@"
