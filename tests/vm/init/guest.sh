#!/bin/busybox sh
# The guest: configures itself from its context as OpenNebula's packages do, then asks OneGate for its own name once a
# second, and says on the console what it is told.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for driver in $(cat /drivers/guest); do insmod "/drivers/$driver.ko"; done

# TOKEN = "YES" in the template puts the token on the context's disk, beside the variables.
mount -o ro "$(findfs LABEL=CONTEXT)" /mnt
. /mnt/context.sh
mkdir -p /run/one-context
(
    umask 077
    printf 'export %s="%s"\n' \
        TOKENTXT "$(cat /mnt/token.txt)" VMID "$VMID" ONEGATE_ENDPOINT "$ONEGATE_ENDPOINT" >/run/one-context/one_env
)
umount /mnt

device=$(grep -lix "$ETH0_MAC" /sys/class/net/*/address | cut -d / -f 5)
ip address add "$ETH0_IP/24" dev "$device"
ip link set "$device" up
onegate=${ONEGATE_ENDPOINT#http://}
onegate=${onegate%:*}
case $onegate in 169.254.*) ip route replace "$onegate" dev "$device" ;; esac

. /run/one-context/one_env
ask() {
    # Not "-T": busybox 1.35 crashes on it.
    timeout 5 wget -q -O - --header "X-ONEGATE-TOKEN: $2" --header "X-ONEGATE-VMID: $VMID" "$ONEGATE_ENDPOINT$1" 2>&1
}
# Below its heading, the only processor's line: how many neighbours it has met, and how many it has looked for in vain.
counts() { sed -n 2p /proc/net/stat/arp_cache | tr -s ' ' | cut -d ' ' -f 2,7; }

echo "$ grep ONEGATE_ENDPOINT /run/one-context/one_env"
grep ONEGATE_ENDPOINT /run/one-context/one_env
echo "$ ip route show to $onegate"
ip route show to "$onegate"
echo "with a wrong token: $(ask /vm wrong)"
number=0
while :; do
    number=$((number + 1))
    name=$(ask /vm "$TOKENTXT" | sed -n 's/.*"NAME":"\([^"]*\)".*/\1/p')
    by=$(ask /who "$TOKENTXT")
    neighbour=$(ip neigh show to "$onegate" | sed 's/.*lladdr \([^ ]*\).* \([A-Z]*\) *$/\1 \2/')
    echo "request $number: name=[$name] by=[$by] neighbour=[$neighbour] counts=[$(counts)]"
    sleep 1
done
