#!/bin/sh
# Starts a one-node Ceph cluster in memory with its S3 gateway on 127.0.0.1:<port> and waits for a signal, then stops and forgets it all.
# Debian: apt-get install --no-install-recommends radosgw ceph-mon ceph-mgr ceph-osd ceph-common
# Usage: radosgw.sh <empty folder> <port> <monitor port> <access key> <secret key>
set -eu
folder=$1 port=$2 monitor=$3 access=$4 secret=$5
cd "$folder"
mkdir -p mon mgr osd run
fsid=$(cat /proc/sys/kernel/random/uuid)
key=$(head -c 32 /dev/urandom | base64)

cat > ceph.conf <<CONF
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$monitor
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
mon data = $folder/mon
mgr data = $folder/mgr
osd data = $folder/osd
run dir = $folder/run
admin socket =
pid file =
log file = $folder/\$name.log
mon cluster log file = $folder/cluster.log
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 2
osd objectstore = memstore
memstore device bytes = 8589934592
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
rgw frontends = beast endpoint=127.0.0.1:$port
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = known-key=$key
CONF
export CEPH_CONF="$folder/ceph.conf"

children=
stop() {
  trap - INT TERM EXIT
  # shellcheck disable=SC2086 # one word a process
  kill -9 $children 2>/dev/null || true
}
trap 'stop; exit 0' INT TERM
trap stop EXIT
start() {
  "$@" > /dev/null 2>> "$folder/stderr.log" &
  children="$! $children"
}

monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor]" monmap > /dev/null
ceph-mon --mkfs -i a --monmap monmap --setuser "$(id -un)" --setgroup "$(id -gn)"
start ceph-mon -f -i a --setuser "$(id -un)" --setgroup "$(id -gn)"
start ceph-mgr -f -i x --setuser "$(id -un)" --setgroup "$(id -gn)"
osd=$(cat /proc/sys/kernel/random/uuid)
ceph --connect-timeout 30 osd new "$osd" > /dev/null
ceph-osd -i 0 --mkfs --osd-uuid "$osd" --setuser "$(id -un)" --setgroup "$(id -gn)" > /dev/null 2>> stderr.log
start ceph-osd -f -i 0 --setuser "$(id -un)" --setgroup "$(id -gn)"
radosgw-admin user create --uid=test --display-name=test --access-key="$access" --secret-key="$secret" > /dev/null 2>> stderr.log
start radosgw -f -n client.admin --setuser "$(id -un)" --setgroup "$(id -gn)"
wait
