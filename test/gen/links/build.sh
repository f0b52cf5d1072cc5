#!/usr/bin/env bash
# Compiles the objects that are linked: build.sh. Needs clang 14, 19 and 22, and libbpf's and Linux's headers.
set -e
cd "$(dirname "$0")"
build() { # CLANG ARCH FROM TO [-DWRONG=N]
  "clang-$1" -target "$2" -O2 -g "-ffile-prefix-map=$PWD=." -I"/usr/include/$(uname -m)-linux-gnu" $5 -c "$3.bpf.c" -o "$4.clang-$1.o"
  llvm-strip -g "$4.clang-$1.o"
}
for name in link_one link_two; do
  for clang in 14 19 22; do build $clang bpfel $name $name; done
  build 19 bpfeb $name $name-eb
done
for wrong in 1 2 3 4 5 6 7 8 9 10; do build 19 bpfel link_wrong link_wrong_$wrong -DWRONG=$wrong; done
