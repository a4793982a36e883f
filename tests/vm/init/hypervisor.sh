#!/bin/busybox sh
# The hypervisor: its disk is the system, and what it writes goes into memory. Then the test's own script is the first
# process.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for driver in $(cat /drivers/hypervisor); do insmod "/drivers/$driver.ko"; done

mount -o ro "$(findfs LABEL=SYSTEM)" /disk
mount -t tmpfs -o size=80% tmpfs /mnt
mkdir /mnt/upper /mnt/work
mount -t overlay -o lowerdir=/disk,upperdir=/mnt/upper,workdir=/mnt/work overlay /root
for folder in run tmp var/log var/tmp; do mount -t tmpfs tmpfs /root/$folder; done
for folder in proc sys dev; do mount --move /$folder /root/$folder; done
cp /bin/busybox /root/usr/local/bin/busybox
# It deletes what it leaves, and takes it for an initramfs only if this is there.
: >/init
exec switch_root /root /bin/sh -c 'cd /root; sh -e /start.sh 2>&1 || echo failed; exec sleep infinity'
