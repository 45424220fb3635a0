# ./dev pack: packages of what ./dev publish left. Sourced by ./dev.
#
# The same sources give the same bytes: every time stamp is that of the last commit, files are sorted, owners are fixed, and
# archives are compressed by one thread.

pack_packages=(dpkg-dev rpm xz-utils man-db)

command_pack() {
    install_packages "${pack_packages[@]}"
    [ "${1:-}" = --no-publish ] || publish
    [ -x "$artifacts/nodeagent/kubelet" ] || die "there is nothing in artifacts/nodeagent: run ./dev publish, or ./dev pack without --no-publish"
    local reference=$artifacts/reference/NodeAgent.Reference
    [ -x "$reference" ] && [ "${1:-}" = --no-publish ] || publish_reference

    export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
    : "${SOURCE_DATE_EPOCH:=$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/CHANGELOG.md")}"
    version=${NODEAGENT_PACKAGE_VERSION:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")}
    kubernetes=$(sed -n 's:.*<KubernetesVersion>\(.*\)</KubernetesVersion>.*:\1:p' "$root/Directory.Build.props")
    packages=${NODEAGENT_PACKAGES:-$artifacts/packages}
    work=$(mktemp -d "${TMPDIR:-/tmp}/nodeagent-pack.XXXXXX")
    stage=$work/stage
    mkdir -p "$packages" "$stage"
    (umask 022 && stage_files "$reference")
    pack_deb
    pack_rpm
    pack_tarball
    rm -rf "$work"
    say "packages:"
    (cd "$packages" && ls -l "nodeagent_${version}_amd64.deb" "nodeagent-${version}-1.x86_64.rpm" "nodeagent-$version-linux-amd64.tar.gz" | awk '{ printf "      %6.1f MB  %s\n", $5 / 1e6, $9 }')
}

publish_reference() {
    dotnet publish "$root/tools/Reference" -c Release -o "$artifacts/reference" --nologo -v q
}

# The tree that all three packages have.
stage_files() {
    local reference=$1 name
    install -d "$stage"/etc/{default,kubernetes/{kubelet.conf.d,manifests}} "$stage"/usr/{bin,lib/{nodeagent,systemd/system,sysctl.d,modules-load.d}} \
        "$stage"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d,doc/nodeagent,man/man5,man/man8,lintian/overrides,nodeagent}
    cp -r "$artifacts/nodeagent/." "$stage/usr/lib/nodeagent/"
    find "$stage/usr/lib/nodeagent" \( -name '*.pdb' -o -name '*.xml' \) -delete
    find "$stage/usr/lib/nodeagent" -type f -exec chmod 644 {} +
    chmod 755 "$stage"/usr/lib/nodeagent/{kubelet,kube-scheduler,kube-proxy}
    [ ! -e "$stage/usr/lib/nodeagent/createdump" ] || chmod 755 "$stage/usr/lib/nodeagent/createdump"
    for name in kubelet kube-scheduler kube-proxy; do
        ln -s "../lib/nodeagent/$name" "$stage/usr/bin/$name"
        install -m 644 "$root/systemd/$name.service" "$stage/usr/lib/systemd/system/"
        install -m 644 "$root/packaging/config/default-$name" "$stage/etc/default/$name"
    done
    install -m 644 "$root"/packaging/config/{kubelet,kube-proxy,scheduler}-config.yaml "$stage/etc/kubernetes/"
    install -m 644 "$root/packaging/config/sysctl.conf" "$stage/usr/lib/sysctl.d/50-nodeagent.conf"
    install -m 644 "$root/packaging/config/modules-load.conf" "$stage/usr/lib/modules-load.d/nodeagent.conf"
    install -D -m 644 "$root/systemd/kubelet.service.d/10-kubeadm.conf" "$stage/usr/share/nodeagent/kubelet.service.d/10-kubeadm.conf"
    cp -r "$root/packaging/join" "$root/packaging/rbac" "$root/packaging/prometheus" "$stage/usr/share/nodeagent/"
    find "$stage/usr/share/nodeagent" -type f -exec chmod 644 {} +
    local script
    for script in "$stage"/usr/share/nodeagent/join/nodeagent-*; do
        [[ $script = *.service ]] || { chmod 755 "$script" && ln -s "../share/nodeagent/join/$(basename "$script")" "$stage/usr/bin/$(basename "$script")"; }
    done
    stage_reference "$reference"
    install -m 644 "$root/packaging/deb/copyright" "$stage/usr/share/doc/nodeagent/copyright"
    gzip -9n <"$root/CHANGELOG.md" >"$stage/usr/share/doc/nodeagent/changelog.gz"
    install -m 644 "$root/README.md" "$stage/usr/share/doc/nodeagent/"
    touch_all "$stage"
}

# What is written from the tables of options.
stage_reference() {
    local reference=$1 generated=$work/generated page
    "$reference" man "$generated" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)"
    "$reference" completion "$generated"
    for page in "$generated"/*.[58]; do
        gzip -9n <"$page" >"$stage/usr/share/man/man${page##*.}/$(basename "$page").gz"
    done
    local name
    for name in kubelet kube-scheduler kube-proxy; do
        install -m 644 "$generated/$name.bash" "$stage/usr/share/bash-completion/completions/$name"
        install -m 644 "$generated/_$name" "$stage/usr/share/zsh/vendor-completions/"
        install -m 644 "$generated/$name.fish" "$stage/usr/share/fish/vendor_completions.d/"
    done
}

touch_all() {
    find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
}

pack_deb() {
    local tree=$work/deb script
    cp -a "$stage" "$tree"
    install -m 644 "$root/packaging/deb/lintian-overrides" "$tree/usr/share/lintian/overrides/nodeagent"
    printf 'nodeagent (%s) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- The NodeAgent authors <nodeagent@example.org>  %s\n' "$version" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
        gzip -9n >"$tree/usr/share/doc/nodeagent/changelog.gz"
    gzip -9n <"$root/CHANGELOG.md" >"$tree/usr/share/doc/nodeagent/NEWS.gz"
    install -d -m 755 "$tree/DEBIAN"
    local size
    size=$(find "$tree" -path "$tree/DEBIAN" -prune -o \( -type f -printf '%s\n' \) -o -printf '1024\n' | awk '{ s += int(($1 + 1023) / 1024) } END { print s }')
    sed -e "s/@VERSION@/$version/; s/@KUBERNETES@/$kubernetes/g; s/@SIZE@/$size/" "$root/packaging/deb/control" >"$tree/DEBIAN/control"
    (cd "$tree" && find etc -type f | LC_ALL=C sort | sed 's:^:/:') >"$tree/DEBIAN/conffiles"
    for script in postinst prerm postrm; do
        install -m 755 "$root/packaging/deb/$script" "$tree/DEBIAN/$script"
    done
    (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum | sed 's: \./: :') >"$tree/DEBIAN/md5sums"
    chmod 644 "$tree"/DEBIAN/{control,conffiles,md5sums}
    touch_all "$tree"
    dpkg-deb --root-owner-group --threads-max=1 -Zxz -z1 --build "$tree" "$packages/nodeagent_${version}_amd64.deb" >>"$log_dir/pack.log" 2>&1 ||
        die "dpkg-deb failed; the end of $log_dir/pack.log says: $(tail -n 5 "$log_dir/pack.log")"
}

pack_rpm() {
    local top=$work/rpm
    mkdir -p "$top"
    cp -a "$stage" "$work/rpm-stage"
    rm -rf "$work/rpm-stage/usr/share/lintian"
    # Fedora's places for what has others in Debian.
    mkdir -p "$work/rpm-stage/usr/share/zsh/site-functions"
    mv "$work/rpm-stage/usr/share/zsh/vendor-completions"/* "$work/rpm-stage/usr/share/zsh/site-functions/"
    rmdir "$work/rpm-stage/usr/share/zsh/vendor-completions"
    touch_all "$work/rpm-stage"
    (
        cd "$work/rpm-stage"
        find . \( -type f -o -type l \) -printf '/%P\n' | LC_ALL=C sort | sed -e 's:^/etc/:%config(noreplace) /etc/:'
        printf '%%dir %s\n' /usr/lib/nodeagent /usr/share/nodeagent /etc/kubernetes /etc/kubernetes/kubelet.conf.d /etc/kubernetes/manifests
    ) >"$work/files"
    sed -e "s/@VERSION@/${version//[-~+]/_}/; s/@KUBERNETES@/$kubernetes/g; s:@STAGE@:$work/rpm-stage:; s:@FILES@:$work/files:" "$root/packaging/rpm/nodeagent.spec" | sed '/^#/d' >"$work/nodeagent.spec"
    rpmbuild -bb --quiet --target x86_64 \
        --define "_topdir $top" --define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" \
        --define "clamp_mtime_to_source_date_epoch 1" --define "_build_id_links none" --define "debug_package %{nil}" \
        --define "__os_install_post %{nil}" --define "_binary_payload w3.gzdio" --define "_dbpath $top/db" --define "_rpmdir $top/out" \
        "$work/nodeagent.spec" >>"$log_dir/pack.log" 2>&1 || die "rpmbuild failed; the end of $log_dir/pack.log says: $(tail -n 5 "$log_dir/pack.log")"
    mv "$top"/out/x86_64/*.rpm "$packages/nodeagent-${version}-1.x86_64.rpm"
}

pack_tarball() {
    local name=nodeagent-$version-linux-amd64
    cp -a "$stage" "$work/$name"
    rm -rf "$work/$name/usr/share/lintian"
    touch_all "$work/$name"
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --format=ustar --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" | gzip -n -3 >"$packages/$name.tar.gz"
}
