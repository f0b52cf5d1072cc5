#!/usr/bin/env bash
# Records what bpftool prints here: record.sh. Needs clang, root, a kernel with BPF, and bpftool 7.8.0 as $BPFTOOL.
# Objects go beside this file; answers into values.json (typed map dumps), signatures.txt (of functions) and
# NAME.{raw,c,unsorted,json,pretty}.
set -e
cd "$(dirname "$0")"
: "${BPFTOOL:=bpftool}"
PINS=/sys/fs/bpf/btf-recorded
for s in odd dup values signatures; do clang-19 -g -O2 -target bpfel -c ../src/$s.c -o $s.o; done
clang-19 -g -O2 -target bpfeb -c ../src/odd.c -o odd-eb.o
bpf-gcc -gbtf -O1 -c ../src/odd.c -o odd-gcc.o
# struct s { int a, b; } whose offsets, 2^31 and 704 bits, wrap as C's int.
words() { for word; do printf "\\x$(printf %02x $((word & 255)))\\x$(printf %02x $((word >> 8 & 255)))\\x$(printf %02x $((word >> 16 & 255)))\\x$(printf %02x $((word >> 24)))"; done; }
{
  words 0x1eb9f 24 0 52 52 11
  words 1 0x1000000 4 0x1000020 5 0x4000002 96 7 1 0x80000000 9 1 704
  printf '\0int\0s\0a\0b\0'
} > wrapped.o
for o in odd dup odd-eb odd-gcc wrapped; do
  $BPFTOOL btf dump file $o.o > $o.raw
  $BPFTOOL btf dump file $o.o format c > $o.c.txt
  $BPFTOOL btf dump file $o.o format c unsorted > $o.unsorted.txt
  $BPFTOOL -j btf dump file $o.o > $o.json
  $BPFTOOL -p btf dump file $o.o > $o.pretty.json
done
mkdir -p $PINS
trap 'rm -rf $PINS' EXIT
$BPFTOOL prog loadall values.o $PINS/p pinmaps $PINS/m
$BPFTOOL prog load signatures.o $PINS/signatures
$BPFTOOL prog dump xlated pinned $PINS/signatures | grep '):$' > signatures.txt
fill() { # SIZE SEED: bytes in hex, the same each time
  awk -v n="$1" -v s="$2" 'BEGIN { x = s; for (i = 0; i < n; i++) { x = (x * 1103515245 + 12345) % 2147483648; printf "%02x ", int(x / 65536) % 256 } }'
}
{
  echo '['
  sep=
  for m in $PINS/m/m_*; do
    size=$($BPFTOOL -j map show pinned $m | sed 's/.*"bytes_value":\([0-9]*\).*/\1/')
    type=$($BPFTOOL btf dump map pinned $m value | sed 's/^\[\([0-9]*\)\].*/\1/;q')
    for try in 1 2 text low; do
      case $try in
        text) one=$(printf '61 62 63 00 %.0s' $(seq $size) | cut -c1-$((size * 3))) two=$(printf '41 7e 20 22 %.0s' $(seq $size) | cut -c1-$((size * 3))) ;;
        low) one=$(printf '01 00 00 00 %.0s' $(seq $size) | cut -c1-$((size * 3))) two=$(printf '00 %.0s' $(seq $size)) ;;
        *) one=$(fill $size $try) two=$(fill $size $((try + 77))) ;;
      esac
      $BPFTOOL map update pinned $m key hex 00 00 00 00 value hex $one
      $BPFTOOL map update pinned $m key hex 01 00 00 00 value hex $two
      printf '%s{"type":%s,"values":["%s","%s"],' "$sep" "$type" "$one" "$two"
      $BPFTOOL map dump pinned $m > /tmp/plain.$$ 2> /tmp/err.$$ || true
      printf '"plain":"%s","json":' "$(base64 -w0 < /tmp/plain.$$)"
      printf '"%s"}\n' "$($BPFTOOL -j map dump pinned $m 2> /dev/null | base64 -w0)"
      rm -f /tmp/plain.$$ /tmp/err.$$
      sep=,
    done
  done
  echo ']'
} > values.json
