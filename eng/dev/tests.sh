# ./dev test. Sourced by ./dev.

# What takes minutes: an installed cluster, nodes with systemd and the .deb in each, and nodes short of disk.
apart='FullyQualifiedName~Cluster.Tests.Installed|FullyQualifiedName~Prometheus.ScrapeTests|FullyQualifiedName~Cluster.Tests.NodePressure'
not_apart=$(sed 's/~/!~/g; s/|/\&/g' <<<"$apart")

command_test() {
    local filter='' unit_only=''
    while [ $# -gt 0 ]; do
        case $1 in
        --unit) unit_only=1 ;;
        --filter)
            filter=${2:?--filter needs an expression}
            shift
            ;;
        *) die "unknown option of test: $1" ;;
        esac
        shift
    done

    local failed=0
    rm -rf "$artifacts/test-results"
    build || die "the build failed"
    # Nothing of it is needed by what follows, and publishing does not keep two cores busy.
    beside format check_format
    if [ -n "$unit_only" ]; then
        run_tests "Category!=Cluster${filter:+&($filter)}" 2 || failed=1
    else
        need_root "to run containers and to program iptables"
        install_packages "${cluster_packages[@]}" "${test_packages[@]}"
        kube_binaries
        publish
        export NODEAGENT_BIN=$artifacts/nodeagent NODEAGENT_KUBE_BIN=$kube_bin
        # Control planes and engines are short of processor here, not of memory: a third of a kubectl's time is collecting garbage.
        export GOGC=400
        # These are for those who ask, and get the host for themselves.
        if [ -n "${NODEAGENT_TEST_INSTALLED:-}" ]; then
            command_pack --no-publish
        else
            say "leaving out the tests of an installed cluster and of nodes short of disk (Cluster.Tests.Installed, Prometheus.ScrapeTests, Cluster.Tests.NodePressure), which take ten minutes more: NODEAGENT_TEST_INSTALLED=1 runs them"
        fi
        run_tests "${filter:+($filter)&}$not_apart" 1 || failed=1
        if [ -n "${NODEAGENT_TEST_INSTALLED:-}" ]; then
            test_project Cluster.Tests "${filter:+($filter)&}($apart)" Installed || failed=1
        fi
        if [ "$failed" != 0 ] && run_again; then
            failed=0
        fi
    fi
    ended_well format || {
        cat "$log_dir/format.log"
        failed=1
    }
    print_sums "$failed"
}

check_format() {
    # Style and naming rules are checked by the build itself.
    dotnet format "$root/NodeAgent.sln" whitespace --verify-no-changes --no-restore
}

# The cluster tests wait for much of their time: what they leave of two cores is for the other projects, which stand back behind them.
run_tests() {
    local filter=$1 others_at_once=$2 name failures=$artifacts/test-results/failures
    mkdir -p "$artifacts/test-results"
    : >"$failures"
    beside others other_tests "$filter" "$others_at_once" "$failures"
    test_project Cluster.Tests "$filter" || echo Cluster.Tests >>"$failures"
    ended_well others || echo others >>"$failures"
    for name in $(other_projects); do
        cat "$log_dir/$name.log"
    done
    [ ! -s "$failures" ]
}

other_tests() {
    local filter=$1 at_once=$2 failures=$3 name
    renice -n 15 "$BASHPID" >/dev/null
    for name in $(other_projects); do
        while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do sleep 0.1; done
        { test_project "$name" "$filter" >"$log_dir/$name.log" 2>&1 || echo "$name" >>"$failures"; } &
    done
    wait
}

other_projects() {
    basename --multiple --suffix=.csproj "$root"/tests/*.Tests/*.csproj | grep -v '^Cluster.Tests$'
}

# A project's tests that a filter leaves; the results' file has the project's name unless another is given.
test_project() {
    local name=$1 filter=$2 results=${3:-$1}
    say "testing: $results"
    dotnet test "$root/tests/$name/$name.csproj" -c Release --no-build --nologo ${filter:+--filter "$filter"} \
        --logger "console;verbosity=minimal" --logger "trx;LogFileName=$results.trx" --results-directory "$artifacts/test-results"
}

# Real components on a busy host are late at times: a cluster test that failed is run once more, alone, and named. Its first
# failure stays in the output. Failures in more than three classes are no accident, and unit tests have no second try.
run_again() {
    local results=$artifacts/test-results kind file name names filter='' count failed_again=''
    names=$(for kind in Cluster.Tests Installed; do failed_tests "$results/$kind.trx"; done | sort -u)
    [ -n "$names" ] && [ "$(sed 's/\.[^.]*$//' <<<"$names" | sort -u | wc -l)" -le 3 ] || return 1
    for file in "$results"/*.trx; do
        case $(basename "$file" .trx) in
        Cluster.Tests | Installed) ;;
        *) [ -z "$(failed_tests "$file")" ] || return 1 ;;
        esac
    done
    for name in $names; do
        filter="${filter:+$filter|}FullyQualifiedName=$name"
        echo "failed once, run again: $name"
    done
    test_project Cluster.Tests "$filter" Again || failed_again=1
    mkdir -p "$results/again"
    mv "$results/Again.trx" "$results/again/"
    [ -z "$failed_again" ] || return 1
    # The sums count each test once, by how it ended.
    count=$(cat "$results/Cluster.Tests.trx" "$results/Installed.trx" 2>/dev/null | grep -c '<UnitTestResult [^>]*outcome="Failed"')
    [ "$(counter "$(grep -o '<Counters [^>]*>' "$results/again/Again.trx")" passed)" -ge "$count" ] || return 1
    passed_again=$count
}

# Methods, without a theory's arguments.
failed_tests() {
    { grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*>' "$1" 2>/dev/null || true; } | sed 's/.*testName="\([^"(]*\).*/\1/'
}

# The last line of the output: true sums over all result files. A failure outside the tests counts as one failed.
print_sums() {
    local outside=$1 passed=${passed_again:-0} failed=$((-${passed_again:-0})) skipped=0 file line
    for file in "$artifacts"/test-results/*.trx; do
        [ -e "$file" ] || continue
        line=$(grep -o '<Counters [^>]*>' "$file" | head -n 1)
        passed=$((passed + $(counter "$line" passed)))
        failed=$((failed + $(counter "$line" failed) + $(counter "$line" error) + $(counter "$line" timeout)))
        skipped=$((skipped + $(counter "$line" total) - $(counter "$line" passed) - $(counter "$line" failed) - $(counter "$line" error) - $(counter "$line" timeout)))
        grep -o '<UnitTestResult [^>]*outcome="NotExecuted"[^>]*>' "$file" | sed 's/.*testName="\([^"]*\)".*/skipped: \1/' || true
    done
    if [ "$outside" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
        echo "something beside the tests failed: see above"
    fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

counter() {
    echo "$1" | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p" | grep . || echo 0
}
