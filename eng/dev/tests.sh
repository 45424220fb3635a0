# ./dev test. Sourced by ./dev.

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
    check_format || failed=1
    if [ -n "$unit_only" ]; then
        run_tests "Category!=Cluster${filter:+&($filter)}" || failed=1
    else
        need_root "to run containers and to program iptables"
        install_packages "${cluster_packages[@]}" "${test_packages[@]}"
        kube_binaries
        publish
        # The installed cluster - nodes with systemd, the .deb in each - is for those who ask: it takes five minutes more.
        if [ -n "${NODEAGENT_TEST_INSTALLED:-}" ]; then
            command_pack --no-publish
        else
            say "leaving out the installed cluster's tests (Cluster.Tests.Installed, Prometheus.ScrapeTests), which take five minutes more: NODEAGENT_TEST_INSTALLED=1 runs them"
            filter="${filter:+($filter)&}FullyQualifiedName!~Cluster.Tests.Installed&FullyQualifiedName!~Prometheus.ScrapeTests"
        fi
        export NODEAGENT_BIN=$artifacts/nodeagent NODEAGENT_KUBE_BIN=$kube_bin
        run_tests "${filter:-}" || run_again || failed=1
    fi
    print_sums "$failed"
}

check_format() {
    say "checking the format"
    # Style and naming rules are checked by the build itself.
    dotnet format "$root/NodeAgent.sln" whitespace --verify-no-changes --no-restore
}

# Projects run one after the other: two cores are all there is, and the cluster tests want them.
run_tests() {
    local filter=$1 failed=0 project name
    for project in "$root"/tests/*.Tests/*.csproj; do
        name=$(basename "$project" .csproj)
        say "testing: $name"
        dotnet test "$project" -c Release --no-build --nologo ${filter:+--filter "$filter"} \
            --logger "console;verbosity=minimal" --logger "trx;LogFileName=$name.trx" --results-directory "$artifacts/test-results" || failed=1
    done
    return $failed
}

# Real components on a busy host are late at times: a cluster test that failed is run once more, alone, and named. Its first
# failure stays in the output. Failures in more than three classes are no accident, and unit tests have no second try.
run_again() {
    local result=$artifacts/test-results/Cluster.Tests.trx again=$artifacts/test-results/again/Cluster.Tests.trx names name filter=''
    names=$(failed_tests "$result" | sort -u)
    [ -n "$names" ] && [ "$(sed 's/\.[^.]*$//' <<<"$names" | sort -u | wc -l)" -le 3 ] || return 1
    for name in "$artifacts"/test-results/*.trx; do
        [ "$name" = "$result" ] || [ -z "$(failed_tests "$name")" ] || return 1
    done
    for name in $names; do
        filter="${filter:+$filter|}FullyQualifiedName=$name"
        echo "failed once, run again: $name"
    done
    dotnet test "$root/tests/Cluster.Tests/Cluster.Tests.csproj" -c Release --no-build --nologo --filter "$filter" \
        --logger "console;verbosity=minimal" --logger "trx;LogFileName=Cluster.Tests.trx" --results-directory "$(dirname "$again")" || return 1
    # The sums count each test once, by how it ended.
    local count
    count=$(grep -c '<UnitTestResult [^>]*outcome="Failed"' "$result")
    [ "$(counter "$(grep -o '<Counters [^>]*>' "$again")" passed)" -ge "$count" ] || return 1
    passed_again=$count
}

# Methods, without a theory's arguments.
failed_tests() {
    { grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*>' "$1" || true; } | sed 's/.*testName="\([^"(]*\).*/\1/'
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
