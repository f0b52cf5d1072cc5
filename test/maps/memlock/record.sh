#!/bin/sh
# What each map takes (bpftool map show: memlock), of many types, sizes and flags: run as root on a freshly booted
# Debian 6.18 with four CPUs, bpftool 7.8.0 and a bpffs on /sys/fs/bpf; prints a line for each map:
#   TYPE KEY VALUE ENTRIES FLAGS ELEMENTS MEMLOCK
# for test/maps/memlock/recorded.txt.
all() {
  for value in 1 4 8 13 64 4096; do
    for entries in 1 3 4 100 1024 1025; do
      for flags in 0 1024 4096; do echo "array 4 $value $entries $flags 0"; done
      echo "percpu_array 4 $value $entries 0 0"
      for key in 1 4 8 13 40; do
        for type in hash percpu_hash lru_hash lru_percpu_hash; do echo "$type $key $value $entries 0 0"; done
        for type in hash percpu_hash; do
          for elements in 0 1 3; do
            [ $elements -gt $entries ] && continue
            # A line of a batch has room for 4096 words.
            [ $value = 4096 ] && [ $elements -gt 0 ] && continue
            echo "$type $key $value $entries 1 $elements"
          done
        done
        for type in lru_hash lru_percpu_hash; do echo "$type $key $value $entries 2 0"; done
      done
    done
  done
  for entries in 1 3 100 1025; do
    for type in prog_array perf_event_array cgroup_array; do echo "$type 4 4 $entries 0 0"; done
    echo "perf_event_array 4 4 $entries 2048 0"
    echo "array_of_maps 4 4 $entries 0 0"
    for key in 1 4 13; do
      echo "hash_of_maps $key 4 $entries 0 0"
      for elements in 0 1; do echo "hash_of_maps $key 4 $entries 1 $elements"; done
    done
  done
  echo "array 4 8 1000000 0 0"
  echo "hash 4 8 1000000 0 0"
  echo "hash 4 8 1000000 1 3"
  echo "lru_hash 4 8 1000000 0 0"
}
all > /tmp/all
bpftool map create /sys/fs/bpf/inner type array key 4 value 8 entries 4 name inner
while read -r type key value entries flags elements; do
  inner=
  case $type in *_of_maps) inner="inner_map pinned /sys/fs/bpf/inner" ;; esac
  {
    echo "map create /sys/fs/bpf/m type $type key $key value $value entries $entries name m flags $flags $inner"
    n=0
    while [ $n -lt "$elements" ]; do
      k=$n
      i=1
      while [ $i -lt "$key" ]; do k="$k 0"; i=$((i + 1)); done
      v=$n
      i=1
      while [ $i -lt "$value" ]; do v="$v 0"; i=$((i + 1)); done
      case $type in *_of_maps) v="pinned /sys/fs/bpf/inner" ;; esac
      echo "map update pinned /sys/fs/bpf/m key $k value $v"
      n=$((n + 1))
    done
    echo "map show pinned /sys/fs/bpf/m"
  } > /tmp/batch
  memlock=$(bpftool batch file /tmp/batch | sed -n 's/.*memlock \([0-9]*\)B.*/\1/p')
  echo "$type $key $value $entries $flags $elements $memlock"
  rm -f /sys/fs/bpf/m
done < /tmp/all
