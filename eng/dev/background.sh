# Work beside other work. Sourced by ./dev.
#
# A shell forgets how a job ended when another process gets the job's id, which takes a build of some minutes: the end is kept in a file.

# Runs a command in the background, with its output in NAME.log.
beside() {
    local name=$1
    shift
    rm -f "$log_dir/$name.ended"
    (
        trap 'echo $? >"$log_dir/$name.ended"' EXIT
        "$@"
    ) >"$log_dir/$name.log" 2>&1 &
}

# Waits until nothing runs in the background, and fails unless NAME ended well.
ended_well() {
    wait
    [ "$(cat "$log_dir/$1.ended" 2>/dev/null)" = 0 ]
}

# Ends what still runs when this shell does.
end_background() {
    jobs -rp | xargs -r kill 2>/dev/null || true
}
