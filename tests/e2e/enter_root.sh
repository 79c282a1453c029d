#!/bin/sh
# enter_root.sh ROOT DIST SOCKETS USER:GROUP COMMAND...: replace this process by COMMAND inside ROOT.
# Read-only but for /tmp and the folder of sockets; with go-plugin's variables and no other.
set -eu
if [ "${IN_NAMESPACE:-}" != 1 ]; then
  exec env IN_NAMESPACE=1 unshare --mount --propagation private /bin/sh "$0" "$@"
fi
root=$1 dist=$2 sockets=$3 user=$4
shift 4
mount --bind "$root" "$root"
mount --bind "$dist" "$root/plugin"
mount -o remount,bind,ro "$root/plugin"
mount --bind "$sockets" "$root/sockets"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec env -i grafana_plugin_type=datasource PLUGIN_PROTOCOL_VERSIONS=2 PLUGIN_MIN_PORT=10000 PLUGIN_MAX_PORT=25000 \
  PLUGIN_UNIX_SOCKET_DIR=/sockets $(command -v chroot) --userspec="$user" "$root" "$@"
