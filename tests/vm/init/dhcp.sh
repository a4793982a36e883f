#!/bin/busybox sh
# A guest that knows nothing of OpenNebula: it takes the address and the default route that DHCP gives it, and asks the service
# once a second.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for driver in $(cat /drivers/dhcp); do insmod "/drivers/$driver.ko"; done

cat >/run/lease <<'EOF'
#!/bin/sh
test "$1" = bound || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router"
EOF
chmod +x /run/lease
ip link set eth0 up
for device in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$device/rp_filter; done
udhcpc -q -i eth0 -s /run/lease
echo "$ ip route"
ip route
while :; do
    echo "by=[$(timeout 5 wget -q -O - http://169.254.16.9:5030/who 2>&1)]"
    sleep 1
done
